"""Coloured lines for a terminal, and the parts of a summary."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pytest_threadcopy.report.document import Deployment, ResultRow, by_reason, ended, server_text
from pytest_threadcopy.report.marks import NOT_PASSED, OUTCOMES, VERDICTS, word
from pytest_threadcopy.report.verdict_text import meaning
from pytest_threadcopy.requirements import Level, Outcome
from pytest_threadcopy.text.terminal import one_line, pad, shorten, width, wrap

GROUP_CELLS = 7
TITLE_CELLS = 38
ID_CELLS = 9
LEVEL_CELLS = 7
_MOST_LINES = 3
_LONGEST_MEANING = 6


class Span(NamedTuple):
    """A piece of a line, and how a terminal shows it."""

    text: str
    colour: str = ""
    bold: bool = False


Line = list[Span]


def plain(lines: Iterable[str]) -> list[Line]:
    """Return lines of text without colour."""
    return [[Span(line)] for line in lines]


def identity(deployment: Deployment, label: str, cells: int) -> list[Line]:
    """Return the name, the address and the server of a deployment, after a label."""
    name, url = deployment["name"], deployment["url"]
    address = url if name == label or name in url else f"{name}, {url}"
    start = label if address == label else f"{label}: {address}"
    return plain(wrap(one_line(f"{start} ({server_text(deployment)})"), cells, hang="  ", most=_MOST_LINES))


def fraction(rows: list[ResultRow]) -> str:
    """Return how many of some requirements passed; empty where there are none."""
    return f"{len(ended(rows, Outcome.PASSED))}/{len(rows)}" if rows else ""


def letters(rows: list[ResultRow], cells: int) -> list[Span]:
    """Return how many of some requirements did not pass, by the letter of each outcome, the worst first.

    A plus stands for the letters that do not fit.
    """
    counts = [(OUTCOMES[one], len(ended(rows, one))) for one in NOT_PASSED]
    spans = [Span(f"{count}{mark.letter} ", mark.colour) for mark, count in counts if count]
    dropped = False
    # The last space makes room for the plus, or is cut.
    while sum(len(span.text) for span in spans) > cells + (not dropped):
        spans.pop()
        dropped = True
    if spans:
        last = spans.pop()
        spans.append(last._replace(text=last.text.rstrip(" ")))
    return [*spans, Span("+")] if dropped else spans


def legend(rows: list[ResultRow], cells: int) -> list[Line]:
    """Return lines that explain the letters of the outcomes that occur."""
    words = [f"{OUTCOMES[one].letter} {word(one)}" for one in NOT_PASSED if ended(rows, one)]
    return plain(wrap(", ".join(words), cells, "  ", "  "))


def heading(count: int, outcome: Outcome) -> Line:
    """Return the line above the requirements that ended in an outcome."""
    mark = OUTCOMES[outcome]
    return [Span(f"{count} {word(outcome)}", mark.colour), Span(f": {mark.meaning}")]


def sentence(row: ResultRow, cells: int) -> str:
    """Return a requirement in one line: its id, its level, and as much of its sentence as fits.

    The reason of a waiver stands in place of the sentence.
    """
    start = f"  {pad(row['id'], ID_CELLS)}{pad(row['level'], LEVEL_CELLS)}"
    text = row.get("waiver", row["reason"]) if row["outcome"] == Outcome.WAIVED else row["title"]
    return start + shorten(one_line(text), max(0, cells - width(start)))


def untestable(rows: Mapping[str, list[ResultRow]], cells: int) -> list[Line]:
    """Return the requirements that were untestable, with each reason once; ``rows`` are by deployment."""
    names_of: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, on_deployment in rows.items():
        for reason, same in by_reason(on_deployment).items():
            ids = tuple(row["id"] + " (MUST)" * (row["level"] == Level.MUST) for row in same)
            names_of.setdefault((reason, ids), []).append(name)
    count = len({id_ for _, ids in names_of for id_ in ids})
    lines = [heading(count, Outcome.UNTESTABLE)] if count else []
    for (reason, ids), names in names_of.items():
        where = f" on {' and '.join(names)}" if len(names) < len(rows) else ""
        text = one_line(f"{', '.join(ids)}{where}: {reason}")
        lines += plain(wrap(text, cells, "  ", "    ", most=_MOST_LINES))
    return lines


def verdict_line(deployment: Deployment, label: str) -> Line:
    """Return the verdict on a deployment, after a label."""
    verdict = deployment["verdict"]
    return [Span(f"{label}: "), Span(word(verdict), VERDICTS[verdict].colour, bold=True)]


def verdict_lines(deployment: Deployment, label: str, cells: int) -> list[Line]:
    """Return the verdict on a deployment, and its meaning."""
    text = wrap(one_line(meaning(deployment)), cells, "  ", "  ", most=_LONGEST_MEANING)
    return [verdict_line(deployment, label), *plain(text)]
