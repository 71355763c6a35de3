"""Two histories that differ, outlined side by side: which checkpoints match, and what differs in them."""

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from pytest_threadcopy.histories.alignment import entry_differences
from pytest_threadcopy.histories.difference import show_path
from pytest_threadcopy.histories.outlines import LONGEST, namespace_of, outline
from pytest_threadcopy.histories.side import Entry, History, Side
from pytest_threadcopy.histories.thread_ids import State
from pytest_threadcopy.schemas import Json

_SHOWN_PATHS = 5
_HELD_STATES = 100
_RENAMED = "checkpoint.checkpoint_id"
_MOVED = "(its place in the history)"


def outline_differing(
    histories: tuple[History, History], names: tuple[str, str], unstable: Collection[str] = ()
) -> Json | None:
    """Read two histories at once and return them as the ``comparison`` of a report, each checkpoint marked.

    Holds no more states than wait for their counterpart, and of these only the first; others leave a digest.

    Args:
        histories: Two histories that were found to differ.
        names: What to call them.
        unstable: Places (``Difference.pattern``) that are not compared.

    Returns:
        The pair, or None where one is too long to be outlined.

    Raises:
        ApiError, HistoryError: They cannot be read.
    """
    left, right = (_Marked(Side(*side)) for side in zip(histories, names, strict=True))
    matching = _Matching(left, right, unstable)
    return matching.as_json() if matching.read() else None


@dataclass
class _Waiting:
    """A checkpoint whose counterpart was not yet met: its state, or where many wait, a digest of it."""

    outline: Json
    entry: Entry | None
    digest: bytes | None


@dataclass
class _Marked:
    """One side of a pair that differs."""

    side: Side
    checkpoints: list[Json] = field(default_factory=list)
    waiting: dict[str | int, _Waiting] = field(default_factory=dict)
    checkpoint_ns: str = ""

    def __iter__(self) -> Iterator[tuple[Entry, Json]]:
        for entry in self.side:
            shown = outline(entry.state)
            if not self.checkpoints:
                self.checkpoint_ns = namespace_of(entry.state)
            self.checkpoints.append(shown)
            if self.side.misplaced:  # these hold the id of another thread
                shown["differs"] = [show_path(path) for _, path, _ in self.side.misplaced[:_SHOWN_PATHS]]
                self.side.misplaced.clear()
            yield entry, shown


class _Matching:
    """Reads two sides at once and marks each checkpoint by its counterpart on the other."""

    def __init__(self, left: _Marked, right: _Marked, unstable: Collection[str]) -> None:
        self._sides = (left, right)
        self._unstable = unstable
        self._common: set[str | int] = set()

    def read(self) -> bool:
        """Read and mark both sides; return whether they were short enough to be outlined."""
        for pair in zip_longest(*self._sides):
            for index, met in enumerate(pair):
                if met:
                    self._meet(index, *met)
            if max(len(side.checkpoints) for side in self._sides) > LONGEST:
                return False
        self._mark_the_rest()
        return True

    def _meet(self, index: int, entry: Entry, shown: Json) -> None:
        own, other = self._sides[index], self._sides[1 - index]
        key = entry.id if entry.id is not None else entry.place
        counterpart = other.waiting.pop(key, None)
        if counterpart:
            self._common.add(key)
            self._compare(counterpart, entry, shown)
        else:
            held = len(own.waiting) < _HELD_STATES
            digest = None if held else _digest(entry.state)
            # Of an id that is on one side twice, the second stays without a counterpart.
            kept = own.waiting.setdefault(key, _Waiting(shown, entry if held else None, digest))
            if kept.outline is not shown:
                own.waiting[-own.side.length] = _Waiting(shown, None, None)

    def _compare(self, met: _Waiting, entry: Entry, shown: Json) -> None:
        if met.entry:
            found = entry_differences(met.entry, entry)
            paths = [one.path for one in found if not (one.pattern and one.pattern in self._unstable)]
            differ = bool(paths)
        else:
            paths = []
            differ = met.digest is None or met.digest != _digest(entry.state)
        # Both sides of a row tell the same, also where one of them alone holds the id of another thread.
        places = list(dict.fromkeys([*met.outline["differs"], *shown["differs"], *paths]))[:_SHOWN_PATHS]
        for one in (met.outline, shown):
            one["differs"] = list(places)
            one["mark"] = "differs" if differ or places else "same"

    def _mark_the_rest(self) -> None:
        left, right = (side.waiting.values() for side in self._sides)
        renamed = not self._common and len(left) == len(right)
        for waiting in (*left, *right):
            waiting.outline["mark"] = "differs" if renamed else "alone"
            waiting.outline["differs"] += [_RENAMED] if renamed else []
        orders = [
            [one for one in side.checkpoints if one["id"] in self._common and one["mark"] != "alone"]
            for side in self._sides
        ]
        for a, b in zip(*orders, strict=False):
            if a["id"] != b["id"]:
                for moved in (a, b):
                    moved["mark"] = "differs"
                    moved["differs"] = [_MOVED, *moved["differs"]]
                break

    def as_json(self) -> Json:
        """Return the pair."""
        sides = [
            {"name": one.side.name, "thread_id": one.side.thread_id, "checkpoints": one.checkpoints}
            for one in self._sides
        ]
        namespaces = [one.checkpoint_ns for one in self._sides if one.checkpoint_ns]
        return {"equal": False, "checkpoint_ns": namespaces[0] if namespaces else "", "sides": sides}


def _digest(state: State) -> bytes | None:
    try:
        text = json.dumps(state, sort_keys=True, default=repr)
    except (RecursionError, ValueError):  # deeper than json goes, or an integer longer than Python writes
        return None
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
