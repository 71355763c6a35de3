"""The summary of a run on several deployments, side by side, as lines for a terminal."""

from collections.abc import Iterator
from typing import Any

from pytest_threadcopy.report.cells import cut_middle, one_line, pad, shorten
from pytest_threadcopy.report.meaning import reached, word
from pytest_threadcopy.report.terminal.marks import MARKS, Line, Span, plain
from pytest_threadcopy.report.terminal.parts import (
    GROUP_CELLS,
    ID_CELLS,
    LEVEL_CELLS,
    TITLE_CELLS,
    fraction,
    identity,
    legend,
    letters,
    of_group,
    untestable,
    verdict_lines,
)
from pytest_threadcopy.requirements import GROUPS, Outcome, Verdict

Json = dict[str, Any]
_COLUMN_CELLS = 13
_LEAST_TITLE = 16
_NOT_RUN = "not run"


def summary_of_several(deployments: list[Json], cells: int) -> list[Line]:
    """Return what a run found of several deployments, in lines of at most so many cells."""
    named = dict(zip(labels(deployments), deployments, strict=True))
    lines = [line for label, one in named.items() for line in identity(one, label, cells)]
    rows = {
        label: reached(one)
        for label, one in named.items()
        if one["verdict"] not in (Verdict.NOT_IMPLEMENTED, Verdict.NO_VERDICT)
    }
    at_once = max(1, (cells - 2 - ID_CELLS - LEVEL_CELLS) // _COLUMN_CELLS)
    for start in range(0, len(rows), at_once):
        beside = dict(list(rows.items())[start : start + at_once])
        lines += [[], *_groups(beside, cells), *_differing(beside, cells)]
    lines += legend([row for own in rows.values() for row in own], cells)
    lines += untestable(rows, cells)
    return [*lines, [], *(line for label, one in named.items() for line in verdict_lines(one, label, cells))]


def labels(deployments: list[Json]) -> list[str]:
    """Return a short name for each deployment, no two alike."""
    names = [one_line(one["name"].removeprefix("https://").removeprefix("http://")) for one in deployments]
    short = [cut_middle(name, _COLUMN_CELLS - 1) for name in names]
    if len(set(short)) == len(short):
        return short
    return [shorten(f"{number} {name}", _COLUMN_CELLS - 1) for number, name in enumerate(names, 1)]


def _groups(rows: dict[str, list[Json]], cells: int) -> list[Line]:
    """Return a line for each group: how many passed on each deployment, and what did not."""
    title_cells = min(TITLE_CELLS, cells - 2 - GROUP_CELLS - _COLUMN_CELLS * len(rows))
    title_cells = title_cells if title_cells >= _LEAST_TITLE else 0
    lines = plain([" " * (2 + GROUP_CELLS + title_cells) + _columns(rows)])
    for group in dict.fromkeys(row["id"].partition("-")[0] for own in rows.values() for row in own):
        title = pad(GROUPS.get(group, ""), max(0, title_cells - 1))
        lines.append([Span(f"  {pad(group, GROUP_CELLS)}{title}{' ' * bool(title_cells)}")])
        for own in rows.values():
            lines[-1] += _cell(of_group(own, group))
    return lines


def _cell(rows: list[Json]) -> list[Span]:
    told = fraction(rows) or _NOT_RUN
    spans = [Span(f"{told} "), *letters(rows, _COLUMN_CELLS - len(told) - 2)]
    return [*spans, Span(" " * (_COLUMN_CELLS - sum(len(span.text) for span in spans)))]


def _differing(rows: dict[str, list[Json]], cells: int) -> Iterator[Line]:
    """Yield a line for each requirement that is broken somewhere, or did not end the same everywhere."""
    title_cells = cells - 2 - ID_CELLS - LEVEL_CELLS - _COLUMN_CELLS * len(rows)
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
        yield [Span(" " * (2 + ID_CELLS + LEVEL_CELLS) + _columns(rows))]
    for id_, by in told.items():
        row = sentences[id_]
        line = [Span(f"  {pad(id_, ID_CELLS)}{pad(row['level'], LEVEL_CELLS)}")]
        for label in rows:
            outcome = by.get(label, _NOT_RUN)
            colour = MARKS[Outcome(outcome)].colour if outcome in set(MARKS) else ""
            line.append(Span(pad(word(outcome), _COLUMN_CELLS), colour))
        if title_cells >= _LEAST_TITLE:
            line.append(Span(shorten(one_line(row["title"]), title_cells)))
        yield line


def _columns(labels_: dict[str, list[Json]]) -> str:
    return "".join(pad(label, _COLUMN_CELLS) for label in labels_)
