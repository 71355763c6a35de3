"""The summary of a run on one deployment, as lines for a terminal."""

from typing import Any

from pytest_threadcopy.report.document import ended, group_of, of_group, reached, was_tested
from pytest_threadcopy.report.terminal.marks import MARKS, Line, Span, plain
from pytest_threadcopy.report.terminal.parts import (
    GROUP_CELLS,
    TITLE_CELLS,
    fraction,
    identity,
    legend,
    letters,
    sentence,
    untestable,
    verdict_lines,
)
from pytest_threadcopy.report.verdict_text import learned
from pytest_threadcopy.requirements import GROUPS, WORST_FIRST, Level, Outcome
from pytest_threadcopy.text.terminal import one_line, pad, wrap

Json = dict[str, Any]
_COLUMN_CELLS = 7
_LEARNED_LINES = 4
_LETTERS_CELLS = 12
_HEADINGS = {
    Outcome.VIOLATED: ("violated", ": a MUST, tested and broken"),
    Outcome.STALE_WAIVER: ("waived, yet kept", ", which fails the run: remove the waiver"),
    Outcome.ERROR: ("in error", ": not tested; the errors above tell why"),
    Outcome.DEVIATED: ("deviated", ": a SHOULD or MAY, tested and broken"),
    Outcome.WAIVED: ("waived", ": broken, and known to be"),
}


def summary_of_one(deployment: Json, cells: int) -> list[Line]:
    """Return what a run found of its only deployment, in lines of at most so many cells."""
    lines = identity(deployment, "deployment", cells)
    lines += plain(
        wrap(one_line(learned(deployment["capabilities"])), cells, "  ", "  ", most=_LEARNED_LINES)
    )
    if was_tested(deployment):
        rows = reached(deployment)
        lines += [[], *_groups(rows, cells)]
        total = len(deployment["requirements"])
        lines += plain([f"  not run: {total - len(rows)} of {total} requirements"] * (len(rows) < total))
        for outcome in filter(_HEADINGS.get, WORST_FIRST):
            lines += _listed(ended(rows, outcome), outcome, cells)
        lines += untestable({"": rows}, cells)
    return [*lines, [], *verdict_lines(deployment, "verdict", cells)]


def _groups(rows: list[Json], cells: int) -> list[Line]:
    """Return a line for each group that the run came to: how many of each level passed, and what did not."""
    levels = [level for level in Level if any(row["level"] == level for row in rows)]
    left = cells - 2 - GROUP_CELLS - _COLUMN_CELLS * len(levels) - 2 - _LETTERS_CELLS
    title_cells = min(TITLE_CELLS, left)
    head = "".join(level.rjust(_COLUMN_CELLS) for level in levels)
    lines = plain([" " * (2 + GROUP_CELLS + title_cells) + head + "  not passed"])
    for group in dict.fromkeys(map(group_of, rows)):
        own = of_group(rows, group)
        counts = (fraction([row for row in own if row["level"] == level]) for level in levels)
        told = "".join(count.rjust(_COLUMN_CELLS) for count in counts)
        title = pad(GROUPS.get(group, ""), title_cells)
        lines.append([Span(f"  {pad(group, GROUP_CELLS)}{title}{told}  "), *letters(own, _LETTERS_CELLS)])
    return lines + legend(rows, cells)


def _listed(rows: list[Json], outcome: Outcome, cells: int) -> list[Line]:
    """Return the requirements that ended in an outcome, in one line each, under a heading."""
    if not rows:
        return []
    told, more = _HEADINGS[outcome]
    heading = [Span(f"{len(rows)} {told}", MARKS[outcome].colour), Span(more)]
    return [heading, *plain(sentence(row, cells) for row in rows)]
