"""One of two histories that are compared: its states one by one, its own thread's ids taken out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple, Protocol, runtime_checkable

from pytest_threadcopy.histories.difference import show_value
from pytest_threadcopy.histories.thread_ids import (
    Path,
    State,
    checkpoint_id,
    rewrite_thread_ids,
    shows_parent,
    structural_thread_ids,
)

OWN = "<its own thread's id>"
"""What stands in place of a structural thread id, so that a place that lacks one still differs."""


@runtime_checkable
class PagedHistory(Protocol):
    """A history that is read page by page, so that no more than a page of it is held."""

    @property
    def thread_id(self) -> str:
        """The thread whose history this is."""

    def pages(self) -> Iterator[Sequence[State]]:
        """Yield the pages, newest checkpoint first; each call reads the history anew."""


History = PagedHistory | Iterable[State]


class Entry(NamedTuple):
    """One checkpoint of one side, its structural thread ids taken out."""

    place: int
    state: dict[str, Any]

    @property
    def id(self) -> str | None:
        """The checkpoint's id, None where the deployment hides it."""
        return checkpoint_id(self.state)

    @property
    def where(self) -> str:
        """The checkpoint in words: its place from the newest, id, step, source and next nodes."""
        parts = [f"checkpoint {self.id}" if self.id else "checkpoint"]
        metadata = self.state.get("metadata")
        if isinstance(metadata, dict):
            parts += [f"{key} {show_value(metadata[key])}" for key in ("step", "source") if key in metadata]
        parts.append(f"next {show_value(self.state.get('next'))}")
        return f"history[{self.place}]: {', '.join(parts)}"


class Side:
    """One of the two histories, read once from newest to oldest.

    ``misplaced`` gathers structural positions that do not hold the history's own thread id.
    """

    def __init__(self, history: History, name: str) -> None:
        self.name = name
        self.length = 0
        self.misplaced: list[tuple[str, Path, Any]] = []
        self.shows_ids = self.shows_parents = False
        if isinstance(history, PagedHistory):
            self._states: Iterator[Any] = chain.from_iterable(history.pages())
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

    def __iter__(self) -> Iterator[Entry]:
        for index, state in enumerate(self._states):
            if not isinstance(state, dict):
                raise TypeError(
                    f"item {index} of the {self.name} history is no thread state but {_kind(state)}"
                )
            self.length = index + 1
            yield self._entry(index, state)

    def _entry(self, index: int, state: State) -> Entry:
        def own(path: Path, thread_id: Any) -> str:
            if thread_id != self.thread_id:
                self.misplaced.append((Entry(index, dict(state)).where, path, thread_id))
            return OWN

        self.shows_ids = self.shows_ids or checkpoint_id(state) is not None
        self.shows_parents = self.shows_parents or shows_parent(state)
        return Entry(index, rewrite_thread_ids(state, own))


def _kind(value: object) -> str:
    keys = f" with the keys {', '.join(map(str, list(value)[:5]))}" if isinstance(value, dict) else ""
    return f"{type(value).__name__}{keys}"
