"""The summary of a run as lines for a terminal, made from the report document."""

from typing import Any

from pytest_threadcopy.report.document import ended, obstacle, reached
from pytest_threadcopy.report.terminal.marks import MARKS, VERDICT_COLOURS, Line, Span
from pytest_threadcopy.report.terminal.one import summary_of_one
from pytest_threadcopy.report.terminal.several import labels, summary_of_several
from pytest_threadcopy.report.verdict_text import word
from pytest_threadcopy.requirements import OPEN
from pytest_threadcopy.text.terminal import one_line, shorten, width

Json = dict[str, Any]


def summary_lines(report: Json, cells: int) -> list[Line]:
    """Return what a run found.

    Args:
        report: The report document (``schemas/report.json``).
        cells: How much a line holds; at least 60.
    """
    deployments = report["deployments"]
    several = len(deployments) > 1
    lines = summary_of_several(deployments, cells) if several else summary_of_one(deployments[0], cells)
    return [_without_end_space(line) for line in lines]


def brief_lines(report: Json, cells: int) -> list[Line]:
    """Return what a run found where little is wanted, as with ``-q``: what is broken, and the verdict."""
    deployments = report["deployments"]
    several = len(deployments) > 1
    named = dict(zip(labels(deployments), deployments, strict=True))
    lines: list[Line] = []
    for outcome in OPEN:
        for label, one in named.items():
            where = f" on {label}" if several else ""
            for row in ended(reached(one), outcome):
                told = shorten(f" {row['id']}{where}: {one_line(row['title'])}", cells - len(outcome))
                lines.append([Span(word(outcome), MARKS[outcome].colour), Span(told)])
    for label, one in named.items():
        where = f" on {label}" if several else ""
        verdict = one["verdict"]
        line = [Span(f"verdict{where}: "), Span(word(verdict), VERDICT_COLOURS[verdict], bold=True)]
        if why := obstacle(one):
            left = cells - sum(width(span.text) for span in line)
            line.append(Span(shorten(f": {one_line(why)}", left)))
        lines.append(line)
    return lines


def _without_end_space(line: Line) -> Line:
    *before, last = line or [Span("")]
    last = last._replace(text=last.text.rstrip(" "))
    return [*before, last] if last.text or not before else _without_end_space(before)
