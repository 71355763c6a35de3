"""What became of a thread, in terms that two threads share, and whether the same became of another."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pytest_threadcopy.api.history import HistoryError
from pytest_threadcopy.contract.steps.reading import (
    Reading,
    assert_same,
    interrupts_of,
    places,
    together,
)
from pytest_threadcopy.deployment.roles import Role
from pytest_threadcopy.histories.thread_ids import checkpoint_id, parent_checkpoint_id
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import ApiError

Read = Callable[[str], Json]
_FRESH = 4
_MOST_FRESH = 8
_NOTHING_TO_DO: Json = {"next": [], "tasks": [], "interrupts": []}


@dataclass(frozen=True)
class EndedRun:
    """A run that is over; ``error`` is what is said of it where it failed."""

    thread_id: str
    error: Any = None


class RunResults(Reading):
    """Compares what became of two threads to which the same was done.

    The oracle is the source, or a thread that nobody copied: what it does not show, what it shows otherwise
    at each read, and what an assistant does otherwise each time, tells nothing of a copy.
    """

    def values(self, thread_id: str) -> Json:
        """Return the values that a thread has."""
        return {"values": self.threads.get_state(thread_id).get("values")}

    def lineage(self, thread_id: str) -> Json:
        """Return the step of each checkpoint of a thread, and the place of its parent, oldest first."""
        return {"checkpoints": _lineage_of(self.history(thread_id))}

    def shown_history(self, thread_id: str) -> list[Json] | None:
        """Return the whole history of a thread, or None where that is not shown."""
        try:
            return self.history(thread_id)
        except HistoryError:
            return None
        except ApiError as error:
            if not error.is_about_the_thread:
                raise
            return None

    def ending(self, thread_id: str) -> Json:
        """Return what came of a run on a thread: values, next nodes, what interrupts ask, its checkpoints.

        Ids are left out: each run makes its own.
        """
        state = self.threads.get_state(thread_id)
        states = self.shown_history(thread_id)
        return {
            "values": state.get("values"),
            "next": state.get("next"),
            "interrupts": [interrupt.get("value") for interrupt in interrupts_of(state)],
            "checkpoints": None if states is None else _lineage_of(states),
        }

    def same_became(
        self,
        source_id: str,
        other_id: str,
        read: Read,
        what: str,
        *,
        repeat: Callable[[str], object],
        role: Role,
        shape: Callable[[Json], Json] | None = None,
    ) -> Json:
        """Assert that the same became of two threads to which the same was done; return what is seen.

        Args:
            source_id: The thread that tells what is expected.
            other_id: The thread that is compared with it.
            read: Reads of a thread what is compared, a part for each key; null where that is not shown.
            what: What is wrong where they differ.
            repeat: Does the same to a thread that never ran.
            role: Whose thread that is.
            shape: What is compared still where an assistant does not do the same twice.
        """
        __tracebackhide__ = True
        expected, seen = self.both(source_id, other_id, read)
        hidden = {key for key, value in expected.items() if value is None}
        if len(hidden) == len(expected):
            raise Untestable(f"thread {source_id} does not show {', '.join(sorted(hidden))}")
        unstable = hidden
        if not places(expected, seen) <= hidden:
            unstable |= self._unstable(expected, seen, lambda: self.of_source(lambda: read(source_id)))
        fresh: list[Json] = []
        chosen: set[str] = set()
        while len(fresh) < _MOST_FRESH and not places(expected, seen) <= unstable | chosen:
            more = self._fresh_endings(role, repeat, read)
            if not more:
                break
            fresh += more
            chosen = _all_places(fresh)
            if chosen and shape and not places(expected, seen) <= unstable | chosen:
                shapes = _all_places([shape(ending) for ending in fresh])
                if places(shape(expected), shape(seen)) <= shapes:
                    self.note(f"assistant {role.assistant_id} is not deterministic: only shapes are compared")
                    return dict(seen)
        if chosen:
            where = ", ".join(sorted(chosen))
            self.note(f"masked, since threads that nobody copied differ there, too: {where}")
        assert_same(expected, seen, what, unstable | chosen)
        return dict(seen)

    def same_below(
        self,
        source_id: str,
        copy_id: str,
        below: Sequence[Json],
        *,
        repeat: Callable[[str], object],
        role: Role,
    ) -> None:
        """Assert that a run on the copy left what is below it, and began with it, as that on the source did.

        What a run began with are the values of its first checkpoint: there an assistant that does not do the
        same twice has chosen nothing yet.

        Args:
            source_id: The source.
            copy_id: Its copy.
            below: The history of another copy, on which nothing ran.
            repeat: Does the same run on a thread that never ran.
            role: Whose run that is.
        """

        def oldest(history: Sequence[Json]) -> Sequence[Json]:
            return history[-len(below) :]

        on_source, on_copy = self.both(source_id, copy_id, self.history)
        known = [checkpoint_id(state) for state in below]
        if not all(known) or [checkpoint_id(state) for state in oldest(on_source)] != known:
            raise Untestable("the source does not show, by their ids, the checkpoints it had before")
        self.equal(
            _at_rest(oldest(on_source)),
            _at_rest(oldest(on_copy)),
            again=lambda: _at_rest(oldest(self.source_history(source_id))),
        )

        def began_with(thread_id: str) -> Json:
            older = len(below) if thread_id in (source_id, copy_id) else 0
            newer = self.history(thread_id)[::-1][older:]
            return {"values": newer[0].get("values") if newer else None}

        what = f"the run on copy {copy_id} begins with other values than the same run on the source"
        self.same_became(source_id, copy_id, began_with, what, repeat=repeat, role=role, shape=_lengths_of)

    def _fresh_endings(self, role: Role, repeat: Callable[[str], object], read: Read) -> list[Json]:
        """Do the same to several threads that nobody copied; return what became of those where it worked."""

        def once() -> list[Json]:
            with suppress(HistoryError, Untestable):
                thread_id = self.fresh(role.assistant_id)
                try:
                    repeat(thread_id)
                    return [read(thread_id)]
                except ApiError as error:
                    if not error.is_about_the_thread:
                        raise
            return []

        return [ending for endings in together(*[once] * _FRESH) for ending in endings]

    def fresh(self, graph_id: str | None) -> str:
        """Return the id of a new thread; untestable where none can be made."""
        try:
            return str(self.threads.create(graph_id=graph_id)["thread_id"])
        except ApiError as error:
            raise Untestable(f"no thread can be made to compare with: {error}") from error

    def same_ending(
        self,
        expected: EndedRun,
        seen: EndedRun,
        role: Role,
        *,
        what: str,
        like: str,
        repeat: Callable[[str], object],
    ) -> Json:
        """Assert that a run, ``what``, ended as one ``like`` it did; return how.

        Where that one failed, nothing can be learned: untestable. ``repeat`` does the same to a thread that
        never ran: where that ends otherwise each time, only the shape of what came of it is compared.
        """
        if expected.error is not None:
            raise Untestable(f"{like} fails: {json.dumps(expected.error)}")
        if seen.error is not None:
            raise AssertionError(f"{what} fails, where {like} does not: {json.dumps(seen.error)}")
        return self.same_became(
            expected.thread_id,
            seen.thread_id,
            self.ending,
            f"{what} ends otherwise than {like}",
            repeat=repeat,
            role=role,
            shape=shape_of,
        )


def shape_of(ending: Json) -> Json:
    """Return how a run ended, without what an assistant that is not deterministic may choose freely."""
    return {
        **_lengths_of(ending),
        "next": ending["next"],
        "interrupts": len(ending["interrupts"]),
        "checkpoints": len(ending["checkpoints"] or []),
    }


def _lengths_of(ending: Json) -> Json:
    values = ending["values"]
    kinds = values.items() if isinstance(values, dict) else []
    return {"values": {key: len(value) if isinstance(value, list) else None for key, value in kinds}}


def _at_rest(history: Sequence[Json]) -> list[Json]:
    """Return a history as if nothing was left to do at its newest checkpoint: a run goes on from there."""
    return [{**state, **({} if place else _NOTHING_TO_DO)} for place, state in enumerate(history)]


def _lineage_of(history: Sequence[Json]) -> list[Json]:
    states = history[::-1]
    known = {checkpoint_id(state): place for place, state in enumerate(states)}

    def place_of(parent: str | None) -> int | str | None:
        return known.get(parent, "not in the history") if parent else None

    return [
        {
            "step": (state.get("metadata") or {}).get("step"),
            "parent": place_of(parent_checkpoint_id(state)),
        }
        for state in states
    ]


def _all_places(endings: Sequence[Json]) -> set[str]:
    """Return the places at which any of the endings differs from the first."""
    return {place for other in endings[1:] for place in places(endings[0], other)}
