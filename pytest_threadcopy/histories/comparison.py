"""When two histories are equal, and how they differ. Knows JSON and nothing else."""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import zip_longest

from pytest_threadcopy.histories.alignment import entry_differences, unaligned_differences
from pytest_threadcopy.histories.difference import Difference, StrictEquality, show_path, show_value
from pytest_threadcopy.histories.side import OWN, History, Side

SHOWN_DIFFERENCES = 5
"""How many differences a message tells in full before it counts the rest."""

REMEMBERED_IDS = 1000
"""How many checkpoint ids are kept to know a repeated one by; memory must not grow with the length."""


@dataclass
class Comparison:
    """What comparing two histories found: true where they are equal.

    ``lengths`` counts the checkpoints of each, ``thread_ids`` tells whose they are as far as that is seen,
    ``differences`` holds the first few differences, ``more``
    how many there were beyond those, ``patterns`` the places of all, and ``hidden`` what the original did
    not show, and nobody compared.
    """

    lengths: tuple[int, int] = (0, 0)
    thread_ids: tuple[str | None, str | None] = (None, None)
    differences: list[Difference] = field(default_factory=list)
    more: int = 0
    patterns: set[str] = field(default_factory=set)
    hidden: tuple[str, ...] = ()
    unstable: Collection[str] = ()

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

    def add(self, *found: Difference) -> None:
        """Keep the differences that are found at stable places, or only count them when enough are kept."""
        for difference in found:
            if difference.pattern and difference.pattern in self.unstable:
                continue
            self.patterns.add(difference.pattern)
            if len(self.differences) < SHOWN_DIFFERENCES:
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

    The arguments are those of `compare_histories`, which see.

    Raises:
        HistoriesDiffer: They are not equal; the message tells the first differences. An ``AssertionError``.
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
) -> Comparison:
    """Compare the history of a thread with that of its copy, newest checkpoint first.

    Equal means: the same checkpoints in the same order, verbatim and with their JSON types, but for the
    structural thread ids, each of which must be its own thread's (contract, "Structural positions").
    Neither argument is changed.

    Args:
        original: Thread states as any client returns them (a list, or another iterable), or a history that
            is read page by page, such as ``client.threads.history(thread_id)``.
        copy: The same of the copy.
        expect_empty: Both histories must be empty. Without it two empty histories are a difference,
            since they prove nothing.
        same_thread: Both are histories of one thread, read at two times.
        unstable: Places (``Difference.pattern``) that are not compared, since the deployment answers
            differently there at each read; ``patterns`` of a comparison of two reads names them.

    Raises:
        TypeError: An argument is not a history: no iterable, or an item that is no thread state.
    """
    sides = Side(original, "original"), Side(copy, "copy")
    result = Comparison(unstable=unstable)
    ids = result.thread_ids = sides[0].thread_id, sides[1].thread_id
    if None not in ids and same_thread != (ids[0] == ids[1]):
        whose = f"two threads, {ids[0]} and {ids[1]}" if same_thread else f"one thread, {ids[0]}"
        result.add(Difference("thread id", f"thread id: these are histories of {whose}"))
    entries = iter(sides[0]), iter(sides[1])
    equal = StrictEquality()
    passed: deque[str] = deque(maxlen=REMEMBERED_IDS)
    for a, b in zip_longest(*entries):
        if not (a and b) or (a.id != b.id and a.id is not None and b.id is not None):
            result.add(*unaligned_differences((a, entries[0]), (b, entries[1]), set(passed)))
            break
        if a.id:
            passed.append(a.id)
        if not equal(a.state, b.state):
            result.add(*entry_differences(a, b))
    for side in sides:
        for where, path, wrong in side.misplaced:
            seen = {"original": OWN, "copy": OWN, side.name: show_value(wrong)}
            result.add(Difference("thread id", where, show_path(path), **seen))
    result.lengths = (sides[0].length, sides[1].length)
    if result.lengths == (0, 0) and not expect_empty:
        result.add(
            Difference("empty", "both histories are empty: nothing was compared, and nothing is proved")
        )
    elif expect_empty and result.lengths != (0, 0) and result.equal:
        where = f"both histories should be empty, and have {result.lengths[0]} checkpoints"
        result.add(Difference("length", where))
    if sides[0].length:
        shown = (("checkpoint ids", sides[0].shows_ids), ("parent links", sides[0].shows_parents))
        result.hidden = tuple(what for what, is_shown in shown if not is_shown)
    return result
