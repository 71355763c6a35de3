"""One of two histories that are compared: its checkpoints one by one, their own thread's ids replaced."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Protocol, runtime_checkable

from pytest_threadcopy.histories.difference import Difference, show_path, show_value
from pytest_threadcopy.histories.outlines import LONGEST, namespace_of, outline
from pytest_threadcopy.histories.thread_ids import (
    Path,
    State,
    checkpoint_id,
    object_at,
    rewrite_thread_ids,
    shows_parent,
    structural_thread_ids,
)
from pytest_threadcopy.schemas import Json

OWN = "<its own thread's id>"
"""Stands in place of a structural thread id, so that a place that lacks one still differs."""


@runtime_checkable
class PagedHistory(Protocol):
    """A history that is read page by page, so that only one page of it is in memory."""

    @property
    def thread_id(self) -> str:
        """The thread whose history this is."""

    def pages(self) -> Iterator[Sequence[State]]:
        """Yield the pages, newest checkpoint first; each call reads the history anew."""


History = PagedHistory | Iterable[State]


@dataclass(slots=True)
class Entry:
    """One checkpoint of one side.

    ``place`` counts the newer checkpoints. ``id`` is None where the deployment hides it. ``state`` has `OWN`
    for each structural thread id, and ``strays`` are those that hold the id of another thread. A state that
    is dropped is None, with a ``digest`` if it was not yet compared.
    """

    place: int
    id: str | None
    state: Json | None
    strays: list[Difference] = field(default_factory=list)
    outline: Json | None = None
    digest: bytes | None = None
    _where: str = ""

    @property
    def where(self) -> str:
        """The checkpoint in words: its place from the newest, id, step, source and next nodes."""
        if self.state is None:
            return self._where
        parts = [f"checkpoint {self.id}" if self.id else "checkpoint"]
        metadata = object_at(self.state, "metadata")
        parts += [f"{key} {show_value(metadata[key])}" for key in ("step", "source") if key in metadata]
        parts.append(f"next {show_value(self.state.get('next'))}")
        return f"history[{self.place}]: {', '.join(parts)}"

    def drop_state(self) -> None:
        """Free the memory of the state; ``where`` stays."""
        self._where, self.state = self.where, None


class Side:
    """One of the two histories, read once from newest to oldest.

    ``length`` counts the checkpoints read, and ``strays`` are the structural positions that hold the id of
    another thread. ``outlines`` is None if they are not asked for, or the history is too long.
    """

    def __init__(self, history: History, name: str, *, outlined: bool = False) -> None:
        self.name = name
        self.length = 0
        self.strays: list[Difference] = []
        self.outlines: list[Json] | None = [] if outlined else None
        self.checkpoint_ns = ""
        self.shows_ids = self.shows_parents = False
        if isinstance(history, PagedHistory):
            self._states: Iterator[Any] = chain.from_iterable(history.pages())
            self.thread_id: str | None = history.thread_id
        else:
            if isinstance(history, str | bytes | dict) or not isinstance(history, Iterable):
                raise TypeError(f"the {name} history must be a list of thread states, not {_kind(history)}")
            states = list(history)
            self._states = iter(states)
            # The newest state shows whose history this is: the id that most of its positions hold.
            newest = states[0] if states and isinstance(states[0], dict) else {}
            thread_ids = Counter(str(thread_id) for _, thread_id in structural_thread_ids(newest))
            self.thread_id = thread_ids.most_common(1)[0][0] if thread_ids else None

    def __iter__(self) -> Iterator[Entry]:
        for place, state in enumerate(self._states):
            if not isinstance(state, dict):
                item = f"item {place} of the {self.name} history"
                raise TypeError(f"{item} is no thread state but {_kind(state)}")
            self.length = place + 1
            if not place:
                self.checkpoint_ns = namespace_of(state)
            if place == LONGEST:
                self.outlines = None
            entry = self._entry(place, state)
            if self.outlines is not None:
                self.outlines.append(outline(state))
                entry.outline = self.outlines[-1]
            yield entry

    def _entry(self, place: int, state: State) -> Entry:
        strays: list[tuple[Path, Any]] = []

        def own(path: Path, thread_id: Any) -> str:
            if thread_id != self.thread_id:
                strays.append((path, thread_id))
            return OWN

        entry = Entry(place, checkpoint_id(state), rewrite_thread_ids(state, own))
        self.shows_ids = self.shows_ids or entry.id is not None
        self.shows_parents = self.shows_parents or shows_parent(state)
        for path, thread_id in strays:
            values = {"original": OWN, "copy": OWN, self.name: show_value(thread_id)}
            entry.strays.append(Difference("thread id", entry.where, show_path(path), **values))
        self.strays += entry.strays
        return entry


def _kind(value: object) -> str:
    keys = f" with the keys {', '.join(map(str, list(value)[:5]))}" if isinstance(value, dict) else ""
    return f"{type(value).__name__}{keys}"
