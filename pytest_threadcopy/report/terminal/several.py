"""The summary of a run on several deployments, side by side, as lines for a terminal."""

from collections.abc import Iterator
from typing import Any

from pytest_threadcopy.report.document import reached, was_tested
from pytest_threadcopy.report.terminal.beside import (
    COLUMN_CELLS,
    LEAST_TITLE,
    NOT_RUN,
    Rows,
    by_level,
    columns,
    totals,
)
from pytest_threadcopy.report.terminal.marks import MARKS, Line, Span
from pytest_threadcopy.report.terminal.parts import (
    ID_CELLS,
    LEVEL_CELLS,
    identity,
    legend,
    untestable,
    verdict_lines,
)
from pytest_threadcopy.report.verdict_text import word
from pytest_threadcopy.requirements import Outcome
from pytest_threadcopy.text.terminal import cut_middle, one_line, pad, shorten

Json = dict[str, Any]


def summary_of_several(deployments: list[Json], cells: int) -> list[Line]:
    """Return what a run found of several deployments, in lines of at most so many cells."""
    named = dict(zip(labels(deployments), deployments, strict=True))
    lines = [line for label, one in named.items() for line in identity(one, label, cells)]
    rows = {label: reached(one) for label, one in named.items() if was_tested(one)}
    # So many that the sentence of what is broken stands beside them.
    at_once = (cells - 2 - ID_CELLS - LEVEL_CELLS - LEAST_TITLE) // COLUMN_CELLS
    tested = list(rows.items())
    blocks = [dict(tested[start : start + at_once]) for start in range(0, len(tested), at_once)]
    groups = [by_level(block, cells) for block in blocks]
    if not all(groups):
        groups = [totals(block, cells) for block in blocks]
    for block, told in zip(blocks, groups, strict=True):
        lines += [[], *told, *_differing(block, cells)]
    lines += legend([row for own in rows.values() for row in own], cells)
    lines += untestable(rows, cells)
    return [*lines, [], *(line for label, one in named.items() for line in verdict_lines(one, label, cells))]


def labels(deployments: list[Json]) -> list[str]:
    """Return a short name for each deployment, no two alike."""
    names = [one_line(one["name"].removeprefix("https://").removeprefix("http://")) for one in deployments]
    short = [cut_middle(name, COLUMN_CELLS - 1) for name in names]
    if len(set(short)) == len(short):
        return short
    return [shorten(f"{number} {name}", COLUMN_CELLS - 1) for number, name in enumerate(names, 1)]


def _differing(rows: Rows, cells: int) -> Iterator[Line]:
    """Yield a line for each requirement that is broken somewhere, or did not end the same everywhere."""
    title_cells = cells - 2 - ID_CELLS - LEVEL_CELLS - COLUMN_CELLS * len(rows)
    outcomes: dict[str, dict[str, str]] = {}
    sentences: dict[str, Json] = {}
    for label, own in rows.items():
        for row in own:
            outcomes.setdefault(row["id"], {})[label] = row["outcome"]
            sentences[row["id"]] = row
    told = {
        id_: by
        for id_, by in outcomes.items()
        if set(by.values()) not in ({Outcome.PASSED}, {Outcome.UNTESTABLE})
    }
    if told:
        yield []
        yield [Span(" " * (2 + ID_CELLS + LEVEL_CELLS) + columns(rows))]
    for id_, by in told.items():
        row = sentences[id_]
        line = [Span(f"  {pad(id_, ID_CELLS)}{pad(row['level'], LEVEL_CELLS)}")]
        for label in rows:
            outcome = by.get(label, NOT_RUN)
            colour = MARKS[Outcome(outcome)].colour if outcome in set(MARKS) else ""
            line.append(Span(pad(word(outcome), COLUMN_CELLS), colour))
        yield [*line, Span(shorten(one_line(row["title"]), title_cells))]
