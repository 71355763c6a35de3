"""When two histories are equal, and how they differ. Knows JSON and nothing else."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Any, NamedTuple, Protocol, runtime_checkable

from pytest_threadcopy.difference import StrictEquality, differences, show_path, show_value, show_values
from pytest_threadcopy.structural import (
    Path,
    State,
    checkpoint_id,
    rewrite_thread_ids,
    shows_parent,
    structural_thread_ids,
)

SHOWN_DIFFERENCES = 5
"""How many differences a message tells in full before it counts the rest."""

_OWN = "<its own thread's id>"


@runtime_checkable
class PagedHistory(Protocol):
    """A history that is read page by page, so that no more than a page of it is held."""

    @property
    def thread_id(self) -> str:
        """The thread whose history this is."""

    def pages(self) -> Iterator[list[State]]:
        """Yield the pages, newest checkpoint first; each call reads the history anew."""


History = PagedHistory | Iterable[State]


@dataclass(frozen=True)
class Difference:
    """One difference between two histories.

    ``kind`` is ``empty``, ``length``, ``order``, ``repeated``, ``thread id`` or ``checkpoint``; ``where``
    names the checkpoint, ``path`` the place in it, and the values are written as JSON, cut to be read.
    """

    kind: str
    where: str = ""
    path: str = ""
    original: str = ""
    copy: str = ""

    def __str__(self) -> str:
        lines = [self.where or self.kind]
        if self.path:
            lines += [f"  {self.path}"]
        if self.original or self.copy:
            lines += [f"    original: {self.original}", f"    copy:     {self.copy}"]
        return "\n".join(lines)


@dataclass
class Comparison:
    """What comparing two histories found: true where they are equal.

    ``lengths`` counts the checkpoints of each, ``differences`` holds the first few differences, ``more``
    how many there were beyond those, and ``hidden`` what the original did not show, and nobody compared.
    """

    lengths: tuple[int, int] = (0, 0)
    differences: list[Difference] = field(default_factory=list)
    more: int = 0
    hidden: tuple[str, ...] = ()

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

    def add(self, difference: Difference) -> None:
        """Keep ``difference``, or only count it when enough are kept."""
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
    original: History, copy: History, *, expect_empty: bool = False, same_thread: bool = False
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

    Raises:
        TypeError: An argument is not a history: no iterable, or an item that is no thread state.
    """
    sides = _Side(original, "original"), _Side(copy, "copy")
    result = Comparison()
    if not same_thread and sides[0].thread_id is not None and sides[0].thread_id == sides[1].thread_id:
        where = f"thread id: both histories are those of thread {sides[0].thread_id}"
        result.add(Difference("thread id", where))
    entries = iter(sides[0]), iter(sides[1])
    equal = StrictEquality()
    for a, b in zip_longest(*entries):
        if a and b and equal(a.state, b.state):
            continue
        if a and b and (a.id == b.id or a.id is None or b.id is None):
            _compare_states(result, a, b)
            continue
        _compare_unaligned(result, _rest(a, entries[0]), _rest(b, entries[1]))
        break
    for side in sides:
        for where, path, wrong in side.misplaced:
            seen = {"original": _OWN, "copy": _OWN, side.name: show_value(wrong)}
            result.add(Difference("thread id", where, show_path(path), **seen))
    result.lengths = (sides[0].length, sides[1].length)
    if result.lengths == (0, 0) and not expect_empty:
        result.add(Difference("empty", "both histories are empty: nothing was compared, and nothing is proved"))
    elif expect_empty and result.lengths != (0, 0) and result.equal:
        where = f"both histories should be empty, and have {result.lengths[0]} checkpoints"
        result.add(Difference("length", where))
    if sides[0].length:
        shown = (("checkpoint ids", sides[0].shows_ids), ("parent links", sides[0].shows_parents))
        result.hidden = tuple(what for what, is_shown in shown if not is_shown)
    return result


class _Entry(NamedTuple):
    """One checkpoint of one side, its structural thread ids taken out."""

    index: int
    state: dict[str, Any]

    @property
    def id(self) -> str | None:
        return checkpoint_id(self.state)

    @property
    def where(self) -> str:
        parts = [f"checkpoint {self.id}" if self.id else "checkpoint"]
        metadata = self.state.get("metadata")
        if isinstance(metadata, dict):
            parts += [f"{key} {metadata[key]}" for key in ("step", "source") if key in metadata]
        parts.append(f"next {show_value(self.state.get('next'))}")
        return f"history[{self.index}]: {', '.join(parts)}"


class _Side:
    """One of the two histories, read once from newest to oldest."""

    def __init__(self, history: History, name: str) -> None:
        self.name = name
        self.length = 0
        self.misplaced: list[tuple[str, Path, Any]] = []
        self.shows_ids = self.shows_parents = False
        if isinstance(history, PagedHistory):
            self._states = chain.from_iterable(history.pages())
            self.thread_id: str | None = history.thread_id
        else:
            if isinstance(history, str | bytes | dict) or not isinstance(history, Iterable):
                raise TypeError(f"the {name} history must be a list of thread states, not {_kind(history)}")
            states = list(history)
            self._states = iter(states)
            # The newest state tells whose history this is; most of its positions win over a stray one.
            newest = states[0] if states and isinstance(states[0], dict) else {}
            found = Counter(str(thread_id) for _, thread_id in structural_thread_ids(newest))
            self.thread_id = found.most_common(1)[0][0] if found else None

    def __iter__(self) -> Iterator[_Entry]:
        for index, state in enumerate(self._states):
            if not isinstance(state, dict):
                raise TypeError(f"item {index} of the {self.name} history is no thread state but {_kind(state)}")
            self.length = index + 1
            yield self._entry(index, state)

    def _entry(self, index: int, state: State) -> _Entry:
        def own(path: Path, thread_id: Any) -> str:
            if thread_id != self.thread_id:
                self.misplaced.append((_Entry(index, dict(state)).where, path, thread_id))
            return _OWN

        self.shows_ids = self.shows_ids or checkpoint_id(state) is not None
        self.shows_parents = self.shows_parents or shows_parent(state)
        return _Entry(index, rewrite_thread_ids(state, own))


def _kind(value: object) -> str:
    keys = f" with the keys {', '.join(map(str, list(value)[:5]))}" if isinstance(value, dict) else ""
    return f"{type(value).__name__}{keys}"


def _compare_states(result: Comparison, a: _Entry, b: _Entry) -> None:
    for path, original, copy in differences(a.state, b.state):
        result.add(Difference("checkpoint", a.where, show_path(path), *show_values(original, copy)))


_HELD_STATES = 100
"""How many states are kept, for their paths, once two histories have lost step; others keep a fingerprint."""


@dataclass(frozen=True)
class _Mark:
    """A checkpoint after the two histories lost step."""

    index: int
    id: str | None
    where: str
    fingerprint: bytes
    entry: _Entry | None


def _rest(first: _Entry | None, others: Iterator[_Entry]) -> list[_Mark]:
    marks: list[_Mark] = []
    for entry in chain([first] if first else [], others):
        text = json.dumps(entry.state, sort_keys=True, default=repr)
        fingerprint = hashlib.blake2b(text.encode(), digest_size=16).digest()
        held = entry if len(marks) < _HELD_STATES else None
        marks.append(_Mark(entry.index, entry.id, entry.where, fingerprint, held))
    return marks


def _compare_unaligned(result: Comparison, left: list[_Mark], right: list[_Mark]) -> None:
    in_left, in_right = {mark.id: mark for mark in left}, {mark.id: mark for mark in right}
    common = in_left.keys() & in_right.keys()
    if not common and len(left) == len(right):
        for a, b in zip(left, right, strict=True):
            path = "checkpoint.checkpoint_id"
            result.add(Difference("checkpoint", a.where, path, show_value(a.id), show_value(b.id)))
        return
    for mark in left:
        if mark.id not in in_right:
            result.add(Difference("length", f"missing from the copy: {mark.where}"))
    for mark in right:
        if mark.id not in in_left:
            result.add(Difference("length", f"only in the copy: {mark.where}"))
    for name, marks in (("original", left), ("copy", right)):
        for known, times in Counter(mark.id for mark in marks).items():
            if times > 1 and known is not None:
                result.add(Difference("repeated", f"checkpoint {known} is {times} times in the {name}"))
    order = [[i for i in dict.fromkeys(mark.id for mark in marks) if i in common] for marks in (left, right)]
    moved = next(((a, b) for a, b in zip(*order, strict=True) if a != b), None)
    if moved:
        where = f"the order differs from {in_left[moved[0]].where}"
        result.add(Difference("order", where, "checkpoint.checkpoint_id", *map(show_value, moved)))
    for known in order[0]:
        a, b = in_left[known], in_right[known]
        if a.fingerprint == b.fingerprint:
            continue
        if a.entry and b.entry:
            _compare_states(result, a.entry, b.entry)
        else:
            result.add(Difference("checkpoint", f"differs: {a.where}"))
