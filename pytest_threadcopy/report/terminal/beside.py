"""Several deployments beside each other: a line for each group of requirements, as lines for a terminal."""

from itertools import chain
from typing import Any

from pytest_threadcopy.report.document import group_of, of_group
from pytest_threadcopy.report.terminal.marks import Line, Span, plain
from pytest_threadcopy.report.terminal.parts import GROUP_CELLS, TITLE_CELLS, fraction, letters
from pytest_threadcopy.requirements import GROUPS, Level
from pytest_threadcopy.text.terminal import pad

Json = dict[str, Any]
Rows = dict[str, list[Json]]
"""The requirements that were reached, by the deployment as the reader knows it."""

COLUMN_CELLS = 13
LEAST_TITLE = 16
NOT_RUN = "not run"
_LETTERS_CELLS = 6
_LEVEL_CELLS = {level: 1 + max(len(level), len("10/10")) for level in Level}


def columns(rows: Rows, cells: int = COLUMN_CELLS) -> str:
    """Return the names of the deployments, each above its column."""
    return "".join(pad(label, cells) for label in rows)


def totals(rows: Rows, cells: int) -> list[Line]:
    """Return a line for each group: how many passed on each deployment, and what did not."""
    title_cells = min(TITLE_CELLS, cells - 2 - GROUP_CELLS - COLUMN_CELLS * len(rows))
    lines = plain([" " * (2 + GROUP_CELLS + title_cells) + columns(rows)])
    for group, start in _groups(rows, title_cells).items():
        cells_of = (_total(of_group(own, group)) for own in rows.values())
        lines.append([start, *chain.from_iterable(cells_of)])
    return lines


def by_level(rows: Rows, cells: int) -> list[Line]:
    """Return the same with how many of each level passed; nothing where that does not fit."""
    levels = [level for level in Level if any(row["level"] == level for own in rows.values() for row in own)]
    column = sum(_LEVEL_CELLS[level] for level in levels) + 1 + _LETTERS_CELLS
    title_cells = min(TITLE_CELLS, cells - 2 - GROUP_CELLS - column * len(rows))
    if title_cells < LEAST_TITLE:
        return []
    margin = " " * (2 + GROUP_CELLS + title_cells)
    head = "".join(level.rjust(_LEVEL_CELLS[level]) for level in levels).ljust(column)
    lines = plain([f"{margin} {columns(rows, column)}", margin + head * len(rows)])
    for group, start in _groups(rows, title_cells).items():
        cells_of = (_by_level(of_group(own, group), levels, column) for own in rows.values())
        lines.append([start, *chain.from_iterable(cells_of)])
    return lines


def _groups(rows: Rows, title_cells: int) -> dict[str, Span]:
    """Return how the line of each group begins that the run came to on any deployment."""
    groups = dict.fromkeys(group_of(row) for own in rows.values() for row in own)
    return {
        group: Span(f"  {pad(group, GROUP_CELLS)}{pad(GROUPS.get(group, ''), title_cells - 1)} ")
        for group in groups
    }


def _total(rows: list[Json]) -> Line:
    told = fraction(rows) or NOT_RUN
    return _filled([Span(f"{told} "), *letters(rows, COLUMN_CELLS - len(told) - 2)], COLUMN_CELLS)


def _by_level(rows: list[Json], levels: list[Level], column: int) -> Line:
    if not rows:
        return _filled([Span(f" {NOT_RUN}")], column)
    counts = (
        fraction([row for row in rows if row["level"] == level]).rjust(_LEVEL_CELLS[level])
        for level in levels
    )
    return _filled([Span(f"{''.join(counts)} "), *letters(rows, _LETTERS_CELLS)], column)


def _filled(spans: Line, cells: int) -> Line:
    return [*spans, Span(" " * (cells - sum(len(span.text) for span in spans)))]
