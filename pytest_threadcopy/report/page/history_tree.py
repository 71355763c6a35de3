"""The picture of two compared histories: two trees of checkpoints side by side, a row for each checkpoint.

Newest first, as the deployment lists them. A branch has a lane of its own, as commits have in a graph of
versions; a row is one checkpoint, beside its counterpart or beside the gap where that should be.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from pytest_threadcopy.report.document import Checkpoint, Comparison

Shown = Sequence[Checkpoint | None]
Pair = tuple[Checkpoint | None, Checkpoint | None]

MOST_LANES = 6
"""Branches beyond these share the last lane."""

MOST_ROWS = 150
"""Rows beyond these are counted, not drawn."""

_SHOWN_OF_A_RUN = {"same": (1, 1), "differs": (5, 1), "alone": (4, 1), "moved": (4, 1)}
"""How many rows are drawn at the head and the end of a run of rows alike."""

_WORTH_COLLAPSING = 3


@dataclass
class Cell:
    """One side of one row.

    ``lane`` is that of its checkpoint, or of the gap where ``checkpoint`` is None. ``passing`` are the lanes
    of branches that pass it, ``joining`` those of branches that fork from it. ``up`` and ``down`` say
    whether its lane goes on; ``lost`` is a parent that the history lacks, ``fork_of`` the parent from which
    it makes a branch.
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
        """Whether nothing begins, ends or forks here."""
        return not self.checkpoint or (self.up and self.down and not self.joining and not self.lost)

    @property
    def is_remarkable(self) -> bool:
        """Whether the checkpoint is one to look at even where both sides have it."""
        one = self.checkpoint
        return one is not None and bool(
            one["interrupts"] or one["error"] or one["subgraph"] or one["source"] == "fork" or self.fork_of
        )


@dataclass
class Row:
    """A checkpoint on both sides, or on one; or ``count`` of them alike, of which only the number is told.

    ``mark`` is that of the checkpoint, ``moved`` where the other side has it at another place, or ``more``
    for the rows that are not drawn.
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
    """The picture: its rows, how many lanes each side takes, and which sides hide the parent links."""

    rows: list[Row]
    lanes: tuple[int, int]
    hidden: tuple[bool, bool]


def draw(comparison: Comparison) -> Tree:
    """Lay out the picture of a ``comparison`` of ``schemas/report.json``."""
    pairs = _aligned(*(side["checkpoints"] for side in comparison["sides"]))
    left, right = ([pair[i] for pair in pairs] for i in (0, 1))
    hidden = _hides_parents(left), _hides_parents(right)
    alike = hidden[0] == hidden[1] and all(a["parent"] == b["parent"] for a, b in pairs if a and b)
    # A branch has the same lane on both sides, also where one lacks a part of it.
    merged = [a or b for a, b in pairs]
    columns = [_column(shown, merged if alike else shown) for shown in (left, right)]
    rows = []
    for a, b in zip(*columns, strict=True):
        mark = (a.checkpoint or b.checkpoint or {})["mark"]
        if not (a.checkpoint and b.checkpoint):
            mark = "alone" if mark == "alone" else "moved"
            gap, other = (a, b) if b.checkpoint else (b, a)
            gap.lane = other.lane
        rows.append(Row(mark, (a, b)))
    lanes = [1 + max((max(cell.lane, *cell.passing, 0) for cell in column), default=0) for column in columns]
    return Tree(_collapsed(rows), (lanes[0], lanes[1]), hidden)


def _aligned(left: list[Checkpoint], right: list[Checkpoint]) -> list[Pair]:
    """Pair checkpoints by their ids; by their place where no id is on both sides, and none is alone."""
    ids = [[one["id"] for one in side] for side in (left, right)]
    by_place = ids[0] == ids[1] or (len(left) == len(right) and not {*ids[0]} & {*ids[1]} - {None})
    if by_place and not any(one["mark"] == "alone" for one in (*left, *right)):
        return list(zip(left, right, strict=True))
    pairs: list[Pair] = []
    for what, i, i_end, j, j_end in SequenceMatcher(None, ids[0], ids[1], autojunk=False).get_opcodes():
        if what == "equal":
            pairs += zip(left[i:i_end], right[j:j_end], strict=True)
        else:
            pairs += [(one, None) for one in left[i:i_end]] + [(None, one) for one in right[j:j_end]]
    return pairs


def _column(shown: Shown, layout: Shown) -> list[Cell]:
    """Draw one side, whose gaps are None, in the lanes that the checkpoints of a layout take."""
    cells = [Cell(one) for one in shown]
    ids = {one["id"] for one in shown if one}
    parents, lanes = _parents(shown), _lanes(_parents(layout))
    for place, parent in parents.items():
        cell, one = cells[place], shown[place]
        cell.lane = lanes[place]
        if parent is None:
            cell.lost = one["parent"] if one and one["parent"] not in ids else None
            continue
        cell.down = True
        for between in range(place + 1, parent):
            cells[between].passing.add(cell.lane)
        if lanes[parent] == cell.lane:
            cells[parent].up = True
        else:
            cells[parent].joining.add(cell.lane)
            cell.fork_of = shown[parent]
    return cells


def _hides_parents(shown: Shown) -> bool:
    checkpoints = [one for one in shown if one]
    return len(checkpoints) > 1 and not any(one["parent"] for one in checkpoints)


def _parents(shown: Shown) -> dict[int, int | None]:
    """Return where the parent of each checkpoint stands, below it; the next one where links are hidden."""
    there = {place: one for place, one in enumerate(shown) if one}
    if _hides_parents(shown):
        return dict(zip(there, [*list(there)[1:], None], strict=True))
    places = {one["id"]: place for place, one in there.items()} | {None: -1}
    links = ((place, places.get(one["parent"], -1)) for place, one in there.items())
    return {place: parent if parent > place else None for place, parent in links}


def _lanes(parents: dict[int, int | None]) -> dict[int, int]:
    """Give each checkpoint a lane: its parent's if it is the oldest child, else that of a new branch."""
    oldest_child = {parent: place for place, parent in parents.items()}  # the last of them is the oldest
    lanes: dict[int, int] = {}
    taken: list[list[tuple[int, int]]] = []  # of each lane, the rows from the tip of a branch to its foot
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
    """Put one row for what is alike in the middle of a long run of rows."""
    shown: list[Row] = []
    start = 0
    while start < len(rows):
        end = start + 1
        while end < len(rows) and _alike(rows[start], rows[end]):
            end += 1
        head, tail = _SHOWN_OF_A_RUN[rows[start].mark]
        run, start = rows[start:end], end
        count = len(run) - head - tail
        if count < _WORTH_COLLAPSING:
            shown += run
        else:
            shown += [*run[:head], Row(run[0].mark, run[head].cells, count), *run[-tail:]]
    if len(shown) > MOST_ROWS:
        rest = shown[MOST_ROWS:]
        shown[MOST_ROWS:] = [Row("more", rest[0].cells, sum(row.count for row in rest))]
    return shown


def _alike(a: Row, b: Row) -> bool:
    """Whether two rows can stand in one run: of one mark and one lane, with nothing to look at."""
    if a.mark != b.mark or a.missing != b.missing:
        return False
    for row in (a, b):
        if not all(cell.runs_straight for cell in row.cells):
            return False
        if row.mark == "same" and any(cell.is_remarkable for cell in row.cells):
            return False
    return all((x.lane, x.passing) == (y.lane, y.passing) for x, y in zip(a.cells, b.cells, strict=True))
