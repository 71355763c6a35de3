"""Two histories side by side: a row for each checkpoint, its counterpart and their differences."""

import hashlib
import json
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, starmap, zip_longest
from typing import Literal, NamedTuple

from pytest_threadcopy.histories.difference import (
    Difference,
    StrictEquality,
    differences,
    show_path,
    show_pattern,
    show_value,
    show_values,
)
from pytest_threadcopy.histories.side import Entry

_HELD_STATES = 100
"""How many states of one side may wait for their counterparts; of any further state only a digest waits."""

_REMEMBERED_IDS = 1000
"""How many ids are remembered, to recognise one that repeats; memory must not grow with the length."""

_ID_PATH = "checkpoint.checkpoint_id"


class Row(NamedTuple):
    """A checkpoint of each history, or of only one.

    ``mark`` is ``same`` or ``differs`` for a checkpoint and its counterpart, and ``alone`` for one without.
    ``moved`` marks the row where the order first differs: ``left`` and ``right`` are then two checkpoints
    that stand at the same place, and each has a row with its own counterpart as well.
    """

    mark: Literal["same", "differs", "alone", "moved"]
    left: Entry | None
    right: Entry | None
    differences: Sequence[Difference] = ()


_Pair = tuple[Entry, Entry, Sequence[Difference]]


def aligned_rows(
    original: Iterable[Entry], copy: Iterable[Entry], unstable: Collection[str] = ()
) -> Iterator[Row]:
    """Read two histories once, in step, and yield the rows of their alignment.

    As long as the ids agree, each row is yielded as soon as it is read. From the first place where they do
    not agree, checkpoints are matched by their ids, and the rows follow when both histories are read: first
    the checkpoints without a counterpart, then the first one that moved, then the pairs.

    Places (``Difference.pattern``) that are ``unstable`` are not compared.
    """
    equal = StrictEquality()
    passed: deque[str] = deque(maxlen=_REMEMBERED_IDS)
    pairs = zip_longest(original, copy)
    for a, b in pairs:
        if not (a and b) or (a.id != b.id and a.id is not None and b.id is not None):
            yield from _Rest(set(passed), equal, unstable).rows(chain([(a, b)], pairs))
            return
        if a.id:
            passed.append(a.id)
        yield _beside(a, b, () if equal(a.state, b.state) else _differences(a, b, unstable))


class _Rest:
    """Matches the rest of two histories by checkpoint ids, or by place where a deployment hides the ids.

    ``passed`` are the newest ids of the part where both histories agree.
    """

    def __init__(self, passed: set[str], equal: StrictEquality, unstable: Collection[str]) -> None:
        self._passed = passed
        self._equal = equal
        self._unstable = unstable
        # The checkpoints that have no counterpart yet, by id or place, in the order of their history.
        self._waiting: tuple[dict[str | int, Entry], dict[str | int, Entry]] = ({}, {})
        self._counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        self._pairs: list[_Pair] = []

    def rows(self, rest: Iterable[tuple[Entry | None, Entry | None]]) -> Iterator[Row]:
        """Read the rest of both histories and yield its rows."""
        for entries in rest:
            for side, entry in enumerate(entries):
                if entry:
                    self._meet(side, entry)
        left, right = (list(waiting.values()) for waiting in self._waiting)
        both_new = self._passed.isdisjoint(chain(*self._counts))
        if both_new and not self._pairs and len(left) == len(right):
            for a, b in zip(left, right, strict=True):
                yield Row("differs", a, b, [_two_ids("checkpoint", a.where, a, b)])
            return
        yield from (Row("alone", entry, None, differing) for entry, differing in self._without_counterpart(0))
        yield from (Row("alone", None, entry, differing) for entry, differing in self._without_counterpart(1))
        self._pairs.sort(key=lambda pair: pair[0].place)
        in_order_of_copy = sorted(self._pairs, key=lambda pair: pair[1].place)
        for pair, copy_pair in zip(self._pairs, in_order_of_copy, strict=True):
            if pair is not copy_pair:
                a, b = pair[0], copy_pair[1]
                yield Row("moved", a, b, [_two_ids("order", f"the order differs from {a.where}", a, b)])
                break
        yield from starmap(_beside, self._pairs)

    def _meet(self, side: int, entry: Entry) -> None:
        """Compare a checkpoint with its counterpart, or let it wait for one."""
        if entry.id:
            self._counts[side][entry.id] += 1
        key = entry.place if entry.id is None else entry.id
        waiting, counterparts = self._waiting[side], self._waiting[1 - side]
        counterpart = counterparts.pop(key, None)
        if counterpart:
            a, b = (counterpart, entry) if side else (entry, counterpart)
            self._pairs.append((a, b, self._compare(a, b)))
            a.drop_state()
            b.drop_state()
            return
        if len(waiting) >= _HELD_STATES:
            entry.digest = _digest(entry)
            entry.drop_state()
        # A negative number is no place: the second of two with one id stays without a counterpart.
        waiting[-1 - entry.place if key in waiting else key] = entry

    def _compare(self, a: Entry, b: Entry) -> Sequence[Difference]:
        if a.state is not None and b.state is not None:
            return () if self._equal(a.state, b.state) else _differences(a, b, self._unstable)
        # One of them was dropped before its counterpart was read.
        digests = [entry.digest if entry.state is None else _digest(entry) for entry in (a, b)]
        equal = digests[0] == digests[1] is not None
        return () if equal else [Difference("checkpoint", f"differs: {a.where}")]

    def _without_counterpart(self, side: int) -> Iterator[tuple[Entry, list[Difference]]]:
        """Yield each checkpoint that one history has alone, or has more often, with its differences."""
        lacks = ("missing from the copy", "only in the copy")[side]
        history = ("original", "copy")[side]
        unreported = self._counts[side].copy()
        for entry in self._waiting[side].values():
            differing = []
            if entry.id not in self._counts[1 - side] and entry.id not in self._passed:
                differing.append(Difference("length", f"{lacks}: {entry.where}"))
            times = unreported.pop(entry.id or "", 0) + (entry.id in self._passed)
            if times > 1:
                where = f"checkpoint {entry.id} is {times} times in the {history}"
                differing.append(Difference("repeated", where))
            yield entry, differing


def _beside(a: Entry, b: Entry, differing: Sequence[Difference]) -> Row:
    return Row("differs" if differing or a.strays or b.strays else "same", a, b, differing)


def _two_ids(kind: str, where: str, a: Entry, b: Entry) -> Difference:
    return Difference(kind, where, _ID_PATH, show_value(a.id), show_value(b.id))


def _differences(a: Entry, b: Entry, unstable: Collection[str]) -> list[Difference]:
    """Return each difference between two states of one checkpoint, except those at unstable places."""
    differing = []
    for path, original, copy in differences(a.state, b.state):
        pattern = show_pattern(path)
        if not pattern or pattern not in unstable:
            values = show_values(original, copy)
            differing.append(Difference("checkpoint", a.where, show_path(path), *values, pattern=pattern))
    return differing


def _digest(entry: Entry) -> bytes | None:
    try:
        text = json.dumps(entry.state, sort_keys=True, default=repr)
    except (RecursionError, ValueError):  # deeper than json goes, or an integer longer than Python writes
        return None
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
