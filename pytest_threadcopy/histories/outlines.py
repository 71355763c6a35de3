"""Outlines of the histories that a test compared: what a picture of them needs, and no values.

Each pair is the ``comparison`` object of ``schemas/report.json``, as plain JSON.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Any

import pytest

from pytest_threadcopy.histories.side import History, PagedHistory, Side
from pytest_threadcopy.histories.thread_ids import State, checkpoint_id, parent_checkpoint_id
from pytest_threadcopy.schemas import Json

COMPARISONS = pytest.StashKey[list[Json]]()
"""Where a test keeps the pairs of histories that it compared."""

SOURCE_AND_COPY = ("source", "copy")
BEFORE_AND_AFTER = ("before", "after")

MOST_PAIRS = 4
"""How many pairs one test keeps."""

LONGEST = 2000
"""Longer histories are not outlined: memory must not grow with the length."""

_SHOWN_NODES = 10
_LONGEST_TEXT = 200

_keeping = Lock()  # a test compares several copies at once


def outline(state: State) -> Json:
    """Return the ``checkpoint`` of a report for a thread state, marked as the same on both sides."""
    metadata = state.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    step, source = metadata.get("step"), metadata.get("source")
    tasks, following = state.get("tasks"), state.get("next")
    tasks = [task for task in tasks if isinstance(task, dict)] if isinstance(tasks, list) else []
    waiting = sum(_length(task.get("interrupts")) for task in tasks)
    return {
        "id": _text(checkpoint_id(state)),
        "parent": _text(parent_checkpoint_id(state)),
        "step": step if type(step) is int else None,
        "source": _text(source) if isinstance(source, str) else None,
        "next": _nodes(following) if isinstance(following, list) else [],
        "interrupts": max(waiting, _length(state.get("interrupts"))),
        "error": any(task.get("error") for task in tasks),
        # A task has a checkpoint namespace, or a state, of its own only where it is a subgraph.
        "subgraph": any(task.get("checkpoint") or task.get("state") for task in tasks),
        "mark": "same",
        "differs": [],
    }


class Outlined:
    """A history that is outlined as it is read, in ``checkpoints``.

    Args:
        thread_id: The thread whose history it is.
        pages: Reads it.
    """

    def __init__(self, thread_id: str, pages: Callable[[], Iterable[Sequence[State]]]) -> None:
        self.thread_id = thread_id
        self.checkpoints: list[Json] = []
        self.checkpoint_ns = ""
        self._pages = pages

    def pages(self) -> Iterator[Sequence[State]]:
        """Yield the pages; one checkpoint more than the longest history is outlined, to tell it by."""
        self.checkpoints = []
        for page in self._pages():
            if page and not self.checkpoints:
                self.checkpoint_ns = namespace_of(page[0])
            self.checkpoints += map(outline, page[: LONGEST + 1 - len(self.checkpoints)])
            yield page
            del page  # else it would be held beside the next one


class Comparisons:
    """Keeps a few of the pairs of histories that a test compares: those that differ, then new shapes.

    Args:
        kept: Where the pairs go, as plain JSON.
    """

    def __init__(self, kept: list[Json]) -> None:
        self._kept = kept

    def watch(self, history: History) -> History:
        """Return a history to compare in place of a paged one, so that nobody need read it again."""
        if isinstance(history, PagedHistory) and len(self._kept) < MOST_PAIRS:
            return Outlined(history.thread_id, history.pages)
        return history

    def keep_equal(self, original: History, other: History, names: tuple[str, str] = SOURCE_AND_COPY) -> None:
        """Keep two histories that were found to be equal, if none of their shape is kept.

        A single state is not kept: of that there is nothing to see.

        Args:
            original: The one, as `watch` returned it, or as a list.
            other: The other.
            names: What to call them.
        """
        seen = original
        if isinstance(seen, list) and len(self._kept) < MOST_PAIRS:
            seen = Outlined(Side(seen, names[0]).thread_id or "", partial(iter, [seen]))
            for _ in seen.pages():
                pass
        if isinstance(seen, Outlined) and 1 < len(seen.checkpoints) <= LONGEST:
            ids = (seen.thread_id or None, Side(other, names[1]).thread_id)
            sides = [
                {"name": name, "thread_id": thread_id, "checkpoints": seen.checkpoints}
                for name, thread_id in zip(names, ids, strict=True)
            ]
            self._keep({"equal": True, "checkpoint_ns": seen.checkpoint_ns, "sides": sides})

    def keep_differing(
        self,
        original: History,
        other: History,
        names: tuple[str, str] = SOURCE_AND_COPY,
        unstable: Collection[str] = (),
    ) -> None:
        """Keep two histories that were found to differ; paged ones are read once more.

        Those that cannot be read again are not kept: the test has said what is wrong.

        Args:
            original: The one.
            other: The other.
            names: What to call them.
            unstable: Places (``Difference.pattern``) that are not compared.
        """
        from pytest_threadcopy.histories.outline_pairs import outline_differing
        from pytest_threadcopy.wire.transport import DeploymentError

        if sum(not pair["equal"] for pair in self._kept) == MOST_PAIRS:
            return
        with suppress(DeploymentError):
            pair = outline_differing((original, other), names, unstable)
            if pair:
                self._keep(pair)

    def _keep(self, pair: Json) -> None:
        shape = _shape(pair)
        with _keeping:
            if any(_shape(other) == shape for other in self._kept):
                return
            place = sum(not other["equal"] for other in self._kept)
            self._kept.insert(len(self._kept) if pair["equal"] else place, pair)
            del self._kept[MOST_PAIRS:]


def _shape(pair: Json) -> str:
    """Return what two pairs share that look the same: all but the ids, of which only the pattern counts."""
    numbers: dict[str | None, int] = {None: -1}
    sides = [
        [
            [numbers.setdefault(one[key], len(numbers)) for key in ("id", "parent")]
            + [value for key, value in one.items() if key not in ("id", "parent")]
            for one in side["checkpoints"]
        ]
        for side in pair["sides"]
    ]
    return json.dumps([pair["sides"][0]["name"], bool(pair["checkpoint_ns"]), sides])


def namespace_of(state: State) -> str:
    """Return the checkpoint namespace that a thread state shows, empty for the graph itself."""
    checkpoint = state.get("checkpoint")
    namespace = checkpoint.get("checkpoint_ns") if isinstance(checkpoint, dict) else None
    return str(namespace or "")[:_LONGEST_TEXT]


def _nodes(names: list[Any]) -> list[str]:
    more = [f"({len(names) - _SHOWN_NODES} more)"] if len(names) > _SHOWN_NODES else []
    return [str(name)[:_LONGEST_TEXT] for name in names[:_SHOWN_NODES]] + more


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


def _text(value: str | None) -> str | None:
    return value and value[:_LONGEST_TEXT]
