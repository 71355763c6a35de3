"""What becomes of two histories that lost step: checkpoints missing, added, repeated, moved or renamed."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Set
from itertools import chain
from typing import NamedTuple

from pytest_threadcopy.histories.difference import (
    Difference,
    differences,
    show_path,
    show_pattern,
    show_value,
    show_values,
)
from pytest_threadcopy.histories.side import Entry

_HELD_STATES = 100
"""How many states are kept, for their paths, once two histories have lost step; others keep a fingerprint."""

_ID_PATH = "checkpoint.checkpoint_id"

Rest = tuple[Entry | None, Iterator[Entry]]
"""What is left of one history: the checkpoint at which it lost step, unless it had ended, and the rest."""


class _Mark(NamedTuple):
    id: str | None
    where: str
    fingerprint: bytes | None
    entry: Entry | None


def entry_differences(a: Entry, b: Entry) -> Iterator[Difference]:
    """Yield each difference between two states that should be of the same checkpoint."""
    for path, original, copy in differences(a.state, b.state):
        values = show_values(original, copy)
        yield Difference("checkpoint", a.where, show_path(path), *values, pattern=show_pattern(path))


def unaligned_differences(original: Rest, copy: Rest, passed: Set[str]) -> Iterator[Difference]:
    """Yield each difference between what is left of two histories, checkpoints matched by their ids.

    ``passed`` are the ids just before, which both histories had in step.
    """
    left, right = _marks(original), _marks(copy)
    in_left, in_right = {mark.id: mark for mark in left}, {mark.id: mark for mark in right}
    common = in_left.keys() & in_right.keys()
    if not common and len(left) == len(right) and passed.isdisjoint([*in_left, *in_right]):
        for a, b in zip(left, right, strict=True):
            yield Difference("checkpoint", a.where, _ID_PATH, show_value(a.id), show_value(b.id))
        return
    for mark in left:
        if mark.id not in in_right and mark.id not in passed:
            yield Difference("length", f"missing from the copy: {mark.where}")
    for mark in right:
        if mark.id not in in_left and mark.id not in passed:
            yield Difference("length", f"only in the copy: {mark.where}")
    for name, marks in (("original", left), ("copy", right)):
        for repeated, count in Counter(mark.id for mark in marks if mark.id).items():
            times = count + (repeated in passed)
            if times > 1:
                yield Difference("repeated", f"checkpoint {repeated} is {times} times in the {name}")
    shared = [known for known in in_left if known in common]
    for a_id, b_id in zip(shared, (known for known in in_right if known in common), strict=True):
        if a_id != b_id:
            where = f"the order differs from {in_left[a_id].where}"
            yield Difference("order", where, _ID_PATH, show_value(a_id), show_value(b_id))
            break
    for known in shared:
        yield from _mark_differences(in_left[known], in_right[known])


def _mark_differences(a: _Mark, b: _Mark) -> Iterator[Difference]:
    if a.fingerprint != b.fingerprint or a.fingerprint is None:
        if a.entry and b.entry:
            yield from entry_differences(a.entry, b.entry)
        elif a.fingerprint != b.fingerprint:
            yield Difference("checkpoint", f"differs: {a.where}")


def _marks(rest: Rest) -> list[_Mark]:
    first, others = rest
    marks: list[_Mark] = []
    for entry in chain([first] if first else [], others):
        held = entry if len(marks) < _HELD_STATES else None
        marks.append(_Mark(entry.id, entry.where, _fingerprint(entry), held))
    return marks


def _fingerprint(entry: Entry) -> bytes | None:
    try:
        text = json.dumps(entry.state, sort_keys=True, default=repr)
    except (RecursionError, ValueError):  # deeper than json goes, or an integer longer than Python writes
        return None
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
