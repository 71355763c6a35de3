"""The summary of a run on several deployments, side by side, as lines for a terminal."""

from collections.abc import Iterator

from pytest_threadcopy.report.document import (
    Deployment,
    ResultRow,
    group_of,
    of_group,
    of_level,
    reached,
    was_tested,
)
from pytest_threadcopy.report.marks import OUTCOMES, word
from pytest_threadcopy.report.terminal.parts import (
    GROUP_CELLS,
    ID_CELLS,
    LEVEL_CELLS,
    TITLE_CELLS,
    Line,
    Span,
    fraction,
    identity,
    legend,
    letters,
    plain,
    untestable,
    verdict_lines,
)
from pytest_threadcopy.requirements import GROUPS, Level, Outcome
from pytest_threadcopy.text.terminal import cut_middle, one_line, pad, shorten

Rows = dict[str, list[ResultRow]]
"""The requirements that were reached, by the label of their deployment."""

_COLUMN_CELLS = 13
_LEAST_TITLE = 16
_LETTERS_CELLS = 6
_LEVEL_CELLS = {level: 1 + max(len(level), len("10/10")) for level in Level}
_NOT_RUN = "not run"


def summary_of_several(deployments: list[Deployment], cells: int) -> list[Line]:
    """Return the findings on several deployments in lines of at most ``cells`` cells."""
    named = by_label(deployments)
    lines = [line for label, one in named.items() for line in identity(one, label, cells)]
    rows = {label: reached(one["requirements"]) for label, one in named.items() if was_tested(one)}
    # Only so many deployments stand side by side that the sentence of a requirement has room.
    at_once = (cells - 2 - ID_CELLS - LEVEL_CELLS - _LEAST_TITLE) // _COLUMN_CELLS
    tested = list(rows.items())
    blocks = [dict(tested[start : start + at_once]) for start in range(0, len(tested), at_once)]
    groups = [_groups(block, cells, _levels_of(block)) for block in blocks]
    if not all(groups):
        groups = [_groups(block, cells, []) for block in blocks]
    for block, group_lines in zip(blocks, groups, strict=True):
        lines += [[], *group_lines, *_differing(block, cells)]
    lines += legend([row for results in rows.values() for row in results], cells)
    lines += untestable(rows, cells)
    return [*lines, [], *(line for label, one in named.items() for line in verdict_lines(one, label, cells))]


def by_label(deployments: list[Deployment]) -> dict[str, Deployment]:
    """Return the deployments by a short name, which no other deployment has."""
    names = [one_line(one["name"].removeprefix("https://").removeprefix("http://")) for one in deployments]
    labels = [cut_middle(name, _COLUMN_CELLS - 1) for name in names]
    if len(set(labels)) < len(labels):
        labels = [shorten(f"{number} {name}", _COLUMN_CELLS - 1) for number, name in enumerate(names, 1)]
    return dict(zip(labels, deployments, strict=True))


def _levels_of(rows: Rows) -> list[Level]:
    return [level for level in Level if any(of_level(results, level) for results in rows.values())]


def _groups(rows: Rows, cells: int, levels: list[Level]) -> list[Line]:
    """Return a line for each group that was reached on any deployment, with a cell for each deployment.

    A cell says how many requirements of each level passed, or, if ``levels`` is empty, how many passed in
    all. If the levels do not fit, return no line.
    """
    level_heads = "".join(level.rjust(_LEVEL_CELLS[level]) for level in levels)
    column = len(level_heads) + 1 + _LETTERS_CELLS if levels else _COLUMN_CELLS
    title_cells = min(TITLE_CELLS, cells - 2 - GROUP_CELLS - column * len(rows))
    if levels and title_cells < _LEAST_TITLE:
        return []
    margin = " " * (2 + GROUP_CELLS + title_cells)
    lines = plain([margin + " " * bool(levels) + _heads(rows, column)])
    lines += plain([margin + level_heads.ljust(column) * len(rows)] * bool(levels))
    for group in dict.fromkeys(group_of(row) for results in rows.values() for row in results):
        start = Span(f"  {pad(group, GROUP_CELLS)}{pad(GROUPS.get(group, ''), title_cells - 1)} ")
        columns = (_cell(of_group(results, group), levels, column) for results in rows.values())
        lines.append([start, *(span for spans in columns for span in spans)])
    return lines


def _heads(rows: Rows, column: int) -> str:
    """Return the labels of the deployments, each above its column."""
    return "".join(pad(label, column) for label in rows)


def _cell(rows: list[ResultRow], levels: list[Level], column: int) -> Line:
    """Return how many of some requirements passed, by level or in all, and how the others ended."""
    counts = "".join(fraction(of_level(rows, level)).rjust(_LEVEL_CELLS[level]) for level in levels)
    passed = (counts if levels else fraction(rows)) if rows else " " * bool(levels) + _NOT_RUN
    # A count by level begins with a space, and a total ends with one.
    spans = [Span(f"{passed} "), *letters(rows, column - len(passed) - (1 if levels else 2))]
    return [*spans, Span(" " * (column - sum(len(span.text) for span in spans)))]


def _differing(rows: Rows, cells: int) -> Iterator[Line]:
    """Yield a line for each requirement, except if it passed, or was untestable, on all deployments."""
    title_cells = cells - 2 - ID_CELLS - LEVEL_CELLS - _COLUMN_CELLS * len(rows)
    results: dict[str, dict[str, ResultRow]] = {}
    for label, on_deployment in rows.items():
        for row in on_deployment:
            results.setdefault(row["id"], {})[label] = row
    differing = [
        same
        for same in results.values()
        if {row["outcome"] for row in same.values()} not in ({Outcome.PASSED}, {Outcome.UNTESTABLE})
    ]
    if differing:
        yield []
        yield [Span(" " * (2 + ID_CELLS + LEVEL_CELLS) + _heads(rows, _COLUMN_CELLS))]
    for same in differing:
        *_, row = same.values()
        start = Span(f"  {pad(row['id'], ID_CELLS)}{pad(row['level'], LEVEL_CELLS)}")
        outcomes = (_outcome(same.get(label)) for label in rows)
        yield [start, *outcomes, Span(shorten(one_line(row["title"]), title_cells))]


def _outcome(row: ResultRow | None) -> Span:
    if not row:
        return Span(pad(_NOT_RUN, _COLUMN_CELLS))
    colour = "" if row["outcome"] == Outcome.PASSED else OUTCOMES[row["outcome"]].colour
    return Span(pad(word(row["outcome"]), _COLUMN_CELLS), colour)
