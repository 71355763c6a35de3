"""The parts of which the summary on a terminal is made."""

from collections.abc import Mapping
from typing import Any

from pytest_threadcopy.report.document import by_reason, ended, server
from pytest_threadcopy.report.terminal.marks import MARKS, VERDICT_COLOURS, Line, Span, plain
from pytest_threadcopy.report.verdict_text import meaning, word
from pytest_threadcopy.requirements import WORST_FIRST, Level, Outcome
from pytest_threadcopy.text.terminal import one_line, pad, shorten, width, wrap

Json = dict[str, Any]
GROUP_CELLS = 7
TITLE_CELLS = 38
ID_CELLS = 9
LEVEL_CELLS = 7
_MOST_LINES = 3
_LONGEST_MEANING = 6


def identity(deployment: Json, label: str, cells: int) -> list[Line]:
    """Return which deployment it is: its name, its address and its server."""
    name, url = deployment["name"], deployment["url"]
    shown = url if name == label or name in url else f"{name}, {url}"
    which = label if shown == label else f"{label}: {shown}"
    return plain(wrap(one_line(f"{which} ({server(deployment)})"), cells, hang="  ", most=_MOST_LINES))


def fraction(rows: list[Json]) -> str:
    """Return how many of some requirements passed; nothing where there is none."""
    return f"{len(ended(rows, Outcome.PASSED))}/{len(rows)}" if rows else ""


def letters(rows: list[Json], cells: int) -> list[Span]:
    """Return how many of some requirements did not pass, by the letter of each outcome, the worst first.

    A plus stands for those that do not fit.
    """
    counts = [(MARKS[one], len(ended(rows, one))) for one in WORST_FIRST if one in MARKS]
    spans = [Span(f"{count}{mark.letter} ", mark.colour) for mark, count in counts if count]
    dropped = False
    # The space after the last one is not needed, or is where the plus stands.
    while sum(len(span.text) for span in spans) > cells + (not dropped):
        spans.pop()
        dropped = True
    if spans:
        last = spans.pop()
        spans.append(last._replace(text=last.text.rstrip(" ")))
    return [*spans, Span("+")] if dropped else spans


def legend(rows: list[Json], cells: int) -> list[Line]:
    """Return which outcome is meant by each letter that occurs."""
    told = [f"{MARKS[one].letter} {word(one)}" for one in WORST_FIRST if one in MARKS and ended(rows, one)]
    return plain(wrap(", ".join(told), cells, "  ", "  "))


def sentence(row: Json, cells: int) -> str:
    """Return a requirement in one line: its id, its level, and its sentence as far as it fits.

    Of one that is waived, why it is in place of the sentence.
    """
    start = f"  {pad(row['id'], ID_CELLS)}{pad(row['level'], LEVEL_CELLS)}"
    told = row["reason"].partition(". Seen: ")[0] if row["outcome"] == Outcome.WAIVED else row["title"]
    return start + shorten(one_line(told), max(0, cells - width(start)))


def untestable(rows: Mapping[str, list[Json]], cells: int) -> list[Line]:
    """Return what could not be tested, each reason once, with what would make it testable.

    Args:
        rows: The requirements that were reached, by the deployment as the reader knows it.
        cells: How much a line holds.
    """
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, own in rows.items():
        for reason, same in by_reason(own).items():
            ids = tuple(row["id"] + " (MUST)" * (row["level"] == Level.MUST) for row in same)
            found.setdefault((reason, ids), []).append(name)
    count = len({id_ for _, ids in found for id_ in ids})
    lines: list[Line] = (
        [[Span(f"{count} untestable", MARKS[Outcome.UNTESTABLE].colour), Span(", and what it takes:")]]
        if count
        else []
    )
    for (reason, ids), names in found.items():
        where = f" on {' and '.join(names)}" if len(names) < len(rows) else ""
        told = one_line(f"{', '.join(ids)}{where}: {reason}")
        lines += plain(wrap(told, cells, "  ", "    ", most=_MOST_LINES))
    return lines


def verdict_lines(deployment: Json, label: str, cells: int) -> list[Line]:
    """Return the verdict on a deployment, and what it means."""
    verdict = deployment["verdict"]
    told = Span(word(verdict), VERDICT_COLOURS[verdict], bold=True)
    return [
        [Span(f"{label}: "), told],
        *plain(wrap(one_line(meaning(deployment)), cells, "  ", "  ", most=_LONGEST_MEANING)),
    ]
