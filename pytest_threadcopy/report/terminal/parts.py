"""The parts of which the summary on a terminal is made."""

from collections.abc import Mapping
from typing import Any

from pytest_threadcopy.report.cells import one_line, pad, shorten, width, wrap
from pytest_threadcopy.report.meaning import ended, meaning, word
from pytest_threadcopy.report.terminal.marks import MARKS, VERDICT_COLOURS, Line, Span, plain
from pytest_threadcopy.requirements import Outcome

Json = dict[str, Any]
GROUP_CELLS = 7
TITLE_CELLS = 38
ID_CELLS = 9
LEVEL_CELLS = 7
_MOST_LINES = 3
_LONGEST_MEANING = 5


def identity(deployment: Json, label: str, cells: int) -> list[Line]:
    """Return which deployment it is: its name, its address and its server."""
    server = " ".join(filter(None, deployment["server"].values()))
    name, url = deployment["name"], deployment["url"]
    shown = url if name == label or name in url else f"{name}, {url}"
    told = f"{label} ({server})" if shown == label else f"{label}: {shown} ({server})"
    return plain(wrap(one_line(told), cells, hang="  ", most=_MOST_LINES))


def of_group(rows: list[Json], group: str) -> list[Json]:
    """Return the requirements of a group."""
    return [row for row in rows if row["id"].partition("-")[0] == group]


def fraction(rows: list[Json]) -> str:
    """Return how many of some requirements passed; nothing where there is none."""
    return f"{len(ended(rows, Outcome.PASSED))}/{len(rows)}" if rows else ""


def letters(rows: list[Json], cells: int) -> list[Span]:
    """Return how many of some requirements did not pass, by the letter of each outcome, the worst first."""
    counts = [(mark, len(ended(rows, outcome))) for outcome, mark in MARKS.items()]
    spans: list[Span] = []
    for mark, count in counts:
        told = f"{' ' * bool(spans)}{count}{mark.letter}" if count else ""
        if told and sum(len(span.text) for span in spans) + len(told) <= cells:
            spans.append(Span(told, mark.colour))
    return spans


def legend(rows: list[Json], cells: int) -> list[Line]:
    """Return which outcome is meant by each letter that occurs."""
    told = [f"{mark.letter} {word(outcome)}" for outcome, mark in MARKS.items() if ended(rows, outcome)]
    return plain(wrap(", ".join(told), cells, "  ", "  "))


def sentence(row: Json, cells: int) -> str:
    """Return a requirement in one line: its id, its level, and its sentence as far as it fits."""
    start = f"  {pad(row['id'], ID_CELLS)}{pad(row['level'], LEVEL_CELLS)}"
    return start + shorten(one_line(row["title"]), max(0, cells - width(start)))


def untestable(rows: Mapping[str, list[Json]], cells: int) -> list[Line]:
    """Return what could not be tested, each reason once, with what would make it testable.

    Args:
        rows: The requirements that were reached, by the deployment as the reader knows it.
        cells: How much a line holds.
    """
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, own in rows.items():
        reasons: dict[str, list[str]] = {}
        for row in ended(own, Outcome.UNTESTABLE):
            reasons.setdefault(row["reason"], []).append(row["id"])
        for reason, same in reasons.items():
            found.setdefault((reason, tuple(same)), []).append(name)
    count = len({id_ for _, ids in found for id_ in ids})
    lines: list[Line] = (
        [[Span(f"{count} untestable", "yellow"), Span(", and what it takes:")]] if count else []
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
