"""Whether two histories are equal, and how they differ. Knows JSON and nothing else."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from pytest_threadcopy.histories.alignment import Row, aligned_rows
from pytest_threadcopy.histories.difference import Difference
from pytest_threadcopy.histories.outlines import rows_of
from pytest_threadcopy.histories.side import History, Side
from pytest_threadcopy.schemas import Json

_SHOWN_DIFFERENCES = 5
_SHOWN_PATHS = 5
_MOVED = "(its place in the history)"


@dataclass
class Comparison:
    """The result of comparing two histories: true where they are equal.

    ``lengths`` counts the checkpoints of each history, and ``thread_ids`` says whose they are, if a state
    shows it. ``differences`` are the first few differences, ``more`` counts the others, and ``patterns`` are
    the places of all. ``hidden`` names what the original does not show, so that it was not compared.
    ``outlines`` are the checkpoints of each history as a report has them (``schemas/report.json``), and
    ``checkpoint_ns`` is their namespace, if outlines were asked for and neither history is too long. ``rows``
    says for each row of a picture of them which sides have a checkpoint there.
    """

    lengths: tuple[int, int] = (0, 0)
    thread_ids: tuple[str | None, str | None] = (None, None)
    differences: list[Difference] = field(default_factory=list)
    more: int = 0
    patterns: set[str] = field(default_factory=set)
    hidden: tuple[str, ...] = ()
    outlines: tuple[list[Json], list[Json]] | None = None
    checkpoint_ns: str = ""
    rows: list[tuple[bool, bool]] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether no difference was found."""
        return not self.differences

    def __bool__(self) -> bool:
        return self.equal

    def __str__(self) -> str:
        if self.equal:
            hidden = f" (the deployment hides {', '.join(self.hidden)})" if self.hidden else ""
            return f"the histories are equal: {self.lengths[0]} checkpoints compared{hidden}"
        if self.differences[0].kind == "empty":
            return self.differences[0].where
        count = len(self.differences) + self.more
        head = (
            f"the histories differ in {count} place{'s' * (count != 1)}"
            f" (original: {self.lengths[0]} checkpoints, copy: {self.lengths[1]}; newest first)"
        )
        tail = [f"... and {self.more} more"] if self.more else []
        return "\n".join([head, *map(str, self.differences), *tail])

    def add(self, differences: Iterable[Difference]) -> None:
        """Add the differences that a message has room for, and count the others."""
        for difference in differences:
            self.patterns.add(difference.pattern)
            if len(self.differences) < _SHOWN_DIFFERENCES:
                self.differences.append(difference)
            else:
                self.more += 1


class HistoriesDiffer(AssertionError):
    """Two histories are not equal; ``comparison`` says how."""

    def __init__(self, comparison: Comparison) -> None:
        super().__init__(str(comparison))
        self.comparison = comparison


def assert_histories_equal(
    original: History, copy: History, *, expect_empty: bool = False, same_thread: bool = False
) -> None:
    """Assert that ``copy`` is the history of a faithful copy of the thread whose history is ``original``.

    The arguments mean the same as in `compare_histories`.

    Raises:
        HistoriesDiffer: The histories are not equal; the message shows the first differences. It is an
            ``AssertionError``.
        TypeError: An argument is not a history.
    """
    __tracebackhide__ = True
    comparison = compare_histories(original, copy, expect_empty=expect_empty, same_thread=same_thread)
    if not comparison:
        raise HistoriesDiffer(comparison)


def compare_histories(
    original: History,
    copy: History,
    *,
    expect_empty: bool = False,
    same_thread: bool = False,
    unstable: Collection[str] = (),
    outlined: bool = False,
) -> Comparison:
    """Compare the history of a thread with that of its copy, newest checkpoint first.

    Two histories are equal if they have the same checkpoints in the same order, verbatim and with their JSON
    types. Only structural thread ids differ: each must be its own thread's id (contract, "Structural
    positions of a thread id"). Each history is read once, and neither argument is changed.

    Args:
        original: Thread states as any client returns them (a list, or another iterable), or a history that
            is read page by page, for example ``client.threads.history(thread_id)``.
        copy: The history of the copy, in either form.
        expect_empty: Both histories must be empty. Without this, two empty histories are a difference,
            since they prove nothing.
        same_thread: Both are histories of one thread, read at two times.
        unstable: Places (``Difference.pattern``) that are not compared, since the deployment answers
            differently there at each read; ``patterns`` of a comparison of two reads names them.
        outlined: Keep an outline of each checkpoint in ``outlines``, to draw both histories.

    Returns:
        The comparison, which is true if the histories are equal.

    Raises:
        TypeError: An argument is not a history: it is no iterable, or an item is no thread state.
    """
    a, b = Side(original, "original", outlined=outlined), Side(copy, "copy", outlined=outlined)
    result = Comparison(thread_ids=(a.thread_id, b.thread_id))
    if None not in result.thread_ids and same_thread != (a.thread_id == b.thread_id):
        whose = (
            f"two threads, {a.thread_id} and {b.thread_id}" if same_thread else f"one thread, {a.thread_id}"
        )
        result.add([Difference("thread id", f"thread id: these are histories of {whose}")])
    pairs: list[tuple[int, int]] = []
    for row in aligned_rows(a, b, unstable):
        result.add(row.differences)
        if outlined:
            _mark_outlines(row)
            pairs += _pair_of_outlines(row)
    result.add(a.strays + b.strays)
    result.lengths = (a.length, b.length)
    if not expect_empty and not any(result.lengths):
        where = "both histories are empty: nothing was compared, and nothing is proved"
        result.add([Difference("empty", where)])
    elif expect_empty and any(result.lengths) and result.equal:
        where = f"both histories should be empty, and have {a.length} checkpoints"
        result.add([Difference("length", where)])
    if a.length:
        shows = {"checkpoint ids": a.shows_ids, "parent links": a.shows_parents}
        result.hidden = tuple(name for name, is_shown in shows.items() if not is_shown)
    if a.outlines is not None and b.outlines is not None:
        result.outlines = (a.outlines, b.outlines)
        result.checkpoint_ns = a.checkpoint_ns or b.checkpoint_ns
        result.rows = rows_of(pairs, result.lengths)
    return result


def _mark_outlines(row: Row) -> None:
    """Mark the outlines of a row, and write into them the first paths that differ."""
    entries = [entry for entry in (row.left, row.right) if entry]
    strays = [stray for entry in entries for stray in entry.strays]
    # Both sides of a row get the same paths, even if only one of them holds the id of another thread.
    paths = [difference.path for difference in (*strays, *row.differences) if difference.path]
    for entry in entries:
        if entry.outline:
            places = [*entry.outline["differs"], *([_MOVED] if row.mark == "moved" else paths)]
            entry.outline["differs"] = list(dict.fromkeys(places))[:_SHOWN_PATHS]
            if row.mark != "same":
                entry.outline["mark"] = "alone" if row.mark == "alone" else "differs"


def _pair_of_outlines(row: Row) -> Iterator[tuple[int, int]]:
    """Yield the places of a checkpoint and its counterpart, if a row has these and both are outlined."""
    if row.mark != "moved" and row.left and row.right and row.left.outline and row.right.outline:
        yield row.left.place, row.right.place
