"""The picture of two compared histories: two trees of checkpoints side by side, the newest on top.

Each row has one checkpoint, beside its counterpart or beside a gap where the counterpart should be. Each
branch has a lane of its own, as in a graph of commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pytest_threadcopy.report.document import Checkpoint, Comparison

Checkpoints = Sequence[Checkpoint | None]
Pair = tuple[Checkpoint | None, Checkpoint | None]

MOST_LANES = 6
"""Branches beyond these share the last lane."""

MOST_ROWS = 150
"""Rows beyond these are counted, not drawn."""

_DRAWN_OF_A_SERIES = {"same": (1, 1), "differs": (5, 1), "alone": (4, 1), "moved": (4, 1)}
"""How many rows are drawn at the head and at the end of a series of similar rows."""

_WORTH_COLLAPSING = 3


@dataclass
class Cell:
    """One side of one row.

    ``lane`` is the lane of the checkpoint, or of the gap if ``checkpoint`` is None; ``up`` and ``down`` say
    whether the lane continues above and below. ``passing`` are the lanes of branches that pass the cell,
    ``joining`` those of branches that fork from it. ``lost`` is the id of a parent that the history lacks,
    ``fork_of`` the parent of a checkpoint that begins a branch.
    """

    checkpoint: Checkpoint | None
    lane: int = 0
    passing: set[int] = field(default_factory=set)
    joining: set[int] = field(default_factory=set)
    up: bool = False
    down: bool = False
    lost: str | None = None
    fork_of: Checkpoint | None = None

    @property
    def runs_straight(self) -> bool:
        """Whether no lane begins, ends or forks here."""
        return not self.checkpoint or (self.up and self.down and not self.joining and not self.lost)

    @property
    def is_remarkable(self) -> bool:
        """Whether the checkpoint is drawn even if both sides have it and its neighbours are left out."""
        one = self.checkpoint
        return one is not None and bool(
            one["interrupts"] or one["error"] or one["subgraph"] or one["source"] == "fork" or self.fork_of
        )


@dataclass
class Row:
    """A checkpoint on both sides or on one; or ``count`` similar rows, drawn as one.

    ``mark`` is the mark of the checkpoint, ``moved`` where the other side has it at another place, or
    ``more`` for all rows that are not drawn.
    """

    mark: str
    cells: tuple[Cell, Cell]
    count: int = 1

    @property
    def differs(self) -> list[str]:
        """The paths that differ."""
        return next((cell.checkpoint["differs"] for cell in self.cells if cell.checkpoint), [])

    @property
    def missing(self) -> int | None:
        """The side that lacks the checkpoint, if one does."""
        return next((index for index, cell in enumerate(self.cells) if not cell.checkpoint), None)


@dataclass
class Tree:
    """The picture: its rows, the number of lanes of each side, and which sides hide the parent links."""

    rows: list[Row]
    lanes: tuple[int, int]
    hidden: tuple[bool, bool]


def draw(comparison: Comparison) -> Tree:
    """Lay out the picture of a comparison."""
    pairs = _pairs(comparison)
    left, right = ([pair[i] for pair in pairs] for i in (0, 1))
    hidden = _hides_parents(left), _hides_parents(right)
    alike = hidden[0] == hidden[1] and all(a["parent"] == b["parent"] for a, b in pairs if a and b)
    # A branch has the same lane on both sides, also where one side lacks a part of the branch.
    merged = [a or b for a, b in pairs]
    columns = [_column(side, merged if alike else side) for side in (left, right)]
    rows = list(map(_row, *columns))
    lanes = [1 + max((max(cell.lane, *cell.passing, 0) for cell in column), default=0) for column in columns]
    return Tree(_collapsed(rows), (lanes[0], lanes[1]), hidden)


def _row(a: Cell, b: Cell) -> Row:
    """Return a row; a gap in it stands in the lane of the checkpoint that it faces."""
    if a.checkpoint and b.checkpoint:
        return Row(a.checkpoint["mark"], (a, b))
    gap, drawn = (a, b) if b.checkpoint else (b, a)
    gap.lane = drawn.lane
    is_alone = drawn.checkpoint is not None and drawn.checkpoint["mark"] == "alone"
    return Row("alone" if is_alone else "moved", (a, b))


def _pairs(comparison: Comparison) -> list[Pair]:
    """Return the rows of a comparison: a checkpoint of each side, or of one side and a gap."""
    left, right = (iter(side["checkpoints"]) for side in comparison["sides"])
    return [(next(left) if a else None, next(right) if b else None) for a, b in comparison["rows"]]


def _column(side: Checkpoints, layout: Checkpoints) -> list[Cell]:
    """Draw one side, in the lanes of the layout; a gap of the side is None."""
    cells = [Cell(one) for one in side]
    ids = {one["id"] for one in side if one}
    parents, lanes = _parents(side), _lanes(_parents(layout))
    for place, parent in parents.items():
        cell, checkpoint = cells[place], side[place]
        cell.lane = lanes[place]
        if parent is None:
            cell.lost = checkpoint["parent"] if checkpoint and checkpoint["parent"] not in ids else None
            continue
        cell.down = True
        for between in range(place + 1, parent):
            cells[between].passing.add(cell.lane)
        if lanes[parent] == cell.lane:
            cells[parent].up = True
        else:
            cells[parent].joining.add(cell.lane)
            cell.fork_of = side[parent]
    return cells


def _hides_parents(side: Checkpoints) -> bool:
    checkpoints = [one for one in side if one]
    return len(checkpoints) > 1 and not any(one["parent"] for one in checkpoints)


def _parents(side: Checkpoints) -> dict[int, int | None]:
    """Return the place of each checkpoint's parent. If the links are hidden, that is the next checkpoint."""
    checkpoints = {place: one for place, one in enumerate(side) if one}
    if _hides_parents(side):
        return dict(zip(checkpoints, [*list(checkpoints)[1:], None], strict=True))
    places = {one["id"]: place for place, one in checkpoints.items()} | {None: -1}
    links = ((place, places.get(one["parent"], -1)) for place, one in checkpoints.items())
    return {place: parent if parent > place else None for place, parent in links}


def _lanes(parents: dict[int, int | None]) -> dict[int, int]:
    """Give each checkpoint a lane: the parent's if it is the oldest child, else the lane of a new branch."""
    oldest_child = {parent: place for place, parent in parents.items()}  # the last child is the oldest
    lanes: dict[int, int] = {}
    taken: list[list[tuple[int, int]]] = []  # for each lane, the first and last rows of its branches
    for place in reversed(parents):
        parent = parents[place]
        if parent is not None and oldest_child[parent] == place:
            lanes[place] = lanes[parent]
            continue
        tip = place
        while tip in oldest_child:
            tip = oldest_child[tip]
        foot = place if parent is None else parent
        lane = next(
            (i for i, spans in enumerate(taken) if all(foot < top or tip > end for top, end in spans)),
            len(taken),
        )
        lane = min(lane, MOST_LANES - 1)
        if lane == len(taken):
            taken.append([])
        taken[lane].append((tip, foot))
        lanes[place] = lane
    return lanes


def _collapsed(rows: list[Row]) -> list[Row]:
    """Replace the middle of each long series of similar rows by one row."""
    drawn: list[Row] = []
    start = 0
    while start < len(rows):
        end = start + 1
        while end < len(rows) and _similar(rows[start], rows[end]):
            end += 1
        head, tail = _DRAWN_OF_A_SERIES[rows[start].mark]
        series, start = rows[start:end], end
        count = len(series) - head - tail
        if count < _WORTH_COLLAPSING:
            drawn += series
        else:
            drawn += [*series[:head], Row(series[0].mark, series[head].cells, count), *series[-tail:]]
    if len(drawn) > MOST_ROWS:
        rest = drawn[MOST_ROWS:]
        drawn[MOST_ROWS:] = [Row("more", rest[0].cells, sum(row.count for row in rest))]
    return drawn


def _similar(a: Row, b: Row) -> bool:
    """Whether two rows belong to one series: the same mark and lanes, and nothing remarkable."""
    if a.mark != b.mark or a.missing != b.missing:
        return False
    for row in (a, b):
        if not all(cell.runs_straight for cell in row.cells):
            return False
        if row.mark == "same" and any(cell.is_remarkable for cell in row.cells):
            return False
    return all((x.lane, x.passing) == (y.lane, y.passing) for x, y in zip(a.cells, b.cells, strict=True))
