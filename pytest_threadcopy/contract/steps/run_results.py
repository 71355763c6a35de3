"""What a run did to a thread, in terms that two threads share, and whether it did the same to another."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pytest_threadcopy.api.history import HistoryError
from pytest_threadcopy.contract.steps.observations import Observations
from pytest_threadcopy.contract.steps.reading import (
    assert_same,
    interrupts_of,
    places,
    together,
)
from pytest_threadcopy.deployment.roles import Role
from pytest_threadcopy.histories.thread_ids import checkpoint_id, parent_checkpoint_id
from pytest_threadcopy.reproduction.violation import Violation
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import ApiError, DeploymentError

Read = Callable[[str], Json]
NO_REASON = "the deployment gives no reason"
_FRESH = 4
_MOST_FRESH = 8
_NOTHING_TO_DO: Json = {"next": [], "tasks": [], "interrupts": []}


@dataclass(frozen=True)
class EndedRun:
    """A run that is over. ``failure`` says why it failed; it is None where the run succeeded.

    ``error`` is the error that a failed run raised.
    """

    thread_id: str
    failure: Any = None
    error: DeploymentError | None = None


class RunResults(Observations):
    """Compares two threads after the same was done to both.

    The source, or a thread that nobody copied, says what to expect. Where that thread does not show
    something, shows it differently at each read, or gets it from an assistant that chooses differently each
    time, a copy may differ there too.
    """

    def values(self, thread_id: str) -> Json:
        """Return the values that a thread has."""
        return {"values": self.threads.get_state(thread_id).get("values")}

    def lineage(self, thread_id: str) -> Json:
        """Return the step of each checkpoint of a thread, and the position of its parent, oldest first."""
        return {"checkpoints": _lineage_of(self.history(thread_id))}

    def history_if_shown(self, thread_id: str) -> list[Json] | None:
        """Return the whole history of a thread, or None where the deployment does not show it."""
        history: list[Json] | None = self._if_shown(lambda: self.history(thread_id))
        return history

    def run_result(self, thread_id: str) -> Json:
        """Return what a thread shows after a run: values, next nodes, what its interrupts ask, its lineage.

        Ids are left out, since each run makes new ones.
        """
        state = self.threads.get_state(thread_id)
        states = self.history_if_shown(thread_id)
        return {
            "values": state.get("values"),
            "next": state.get("next"),
            "interrupts": [interrupt.get("value") for interrupt in interrupts_of(state)],
            "checkpoints": None if states is None else _lineage_of(states),
        }

    def same_effect(
        self,
        source_id: str,
        other_id: str,
        read: Read,
        problem: str,
        *,
        repeat: Callable[[str], object],
        role: Role,
        skeleton: Callable[[Json], Json] | None = None,
        after: Sequence[str] = (),
    ) -> Json:
        """Assert that two threads, to which the same was done, show the same; return what the other shows.

        Where they differ, the same is done to fresh threads. Places at which these differ from each other are
        masked.

        Args:
            source_id: The thread that shows what to expect.
            other_id: The thread that is compared with it.
            read: Returns what is compared of a thread, by key; None for what the thread does not show.
            problem: The first line of the message where the threads differ.
            repeat: Does the same to a thread that never ran.
            role: The role whose assistant ran on the threads.
            skeleton: Reduces what was read to what stays the same at each run. Where the assistant is not
                deterministic, nothing else is compared.
            after: The ids of other threads that the test changed before.

        Raises:
            Untestable: The source shows nothing of what is compared.
        """
        __tracebackhide__ = True
        expected, seen = self.both(source_id, other_id, read)
        hidden = {key for key, value in expected.items() if value is None}
        if len(hidden) == len(expected):
            raise Untestable(f"thread {source_id} does not show {', '.join(sorted(hidden))}")
        differing, unstable = places(expected, seen), hidden
        if not differing <= hidden:
            unstable |= self._unstable(expected, seen, lambda: self.of_source(lambda: read(source_id)))
        fresh: list[Json] = []
        varying: set[str] = set()
        while len(fresh) < _MOST_FRESH and not differing <= unstable | varying:
            more = self._on_fresh_threads(role, repeat, read)
            if not more:
                break
            fresh += more
            varying = _varying_places(fresh)
            if (
                varying
                and skeleton
                and not differing <= unstable | varying
                and places(skeleton(expected), skeleton(seen)) <= _varying_places([*map(skeleton, fresh)])
            ):
                self.note(
                    f"assistant {role.assistant_id} is not deterministic: of its values, only keys and "
                    "lengths are compared"
                )
                return dict(seen)
        if varying:
            where = ", ".join(sorted(varying))
            self.note(f"masked, since threads that nobody copied differ from each other there: {where}")
        assert_same(expected, seen, problem, source_id, other_id, *after, unstable=unstable | varying)
        return dict(seen)

    def run_builds_on(
        self,
        source_id: str,
        copy_id: str,
        older: Sequence[Json],
        *,
        repeat: Callable[[str], object],
        role: Role,
    ) -> None:
        """Assert that a run built on the older checkpoints of the copy as the same run did on the source.

        The run left these checkpoints as they were: they are still the history ``older`` of another copy, on
        which nothing ran. The first checkpoint of the run has the same values as on the source: until then,
        an assistant that is not deterministic has chosen nothing. ``repeat`` and ``role`` are those of
        `same_effect`.

        Raises:
            Untestable: The source does not show the older checkpoints by their ids.
        """

        def oldest(history: Sequence[Json]) -> Sequence[Json]:
            return history[-len(older) :]

        on_source, on_copy = self.both(source_id, copy_id, self.history)
        older_ids = [checkpoint_id(state) for state in older]
        if not all(older_ids) or [checkpoint_id(state) for state in oldest(on_source)] != older_ids:
            raise Untestable("the source does not show the checkpoints before the run by their ids")
        self.equal(
            _at_rest(oldest(on_source)),
            _at_rest(oldest(on_copy)),
            again=lambda: _at_rest(oldest(self.source_history(source_id))),
        )

        def first_values(thread_id: str) -> Json:
            before_the_run = len(older) if thread_id in (source_id, copy_id) else 0
            newer = self.history(thread_id)[::-1][before_the_run:]
            return {"values": newer[0].get("values") if newer else None}

        problem = f"the run on copy {copy_id} begins with other values than the same run on the source"
        self.same_effect(
            source_id, copy_id, first_values, problem, repeat=repeat, role=role, skeleton=_lengths_of
        )

    def _on_fresh_threads(self, role: Role, repeat: Callable[[str], object], read: Read) -> list[Json]:
        """Do the same to fresh threads; return what was read of each on which it worked."""

        def once() -> list[Json]:
            with suppress(HistoryError, Untestable):
                thread_id = self.new_thread(role.assistant_id)
                try:
                    repeat(thread_id)
                    return [read(thread_id)]
                except ApiError as error:
                    if not error.is_about_the_thread:
                        raise
            return []

        return [result for results in together(*[once] * _FRESH) for result in results]

    def new_thread(self, graph_id: str | None) -> str:
        """Make a thread and return its id; raise `Untestable` where the deployment refuses to."""
        try:
            return str(self.threads.create(graph_id=graph_id)["thread_id"])
        except ApiError as error:
            raise Untestable(f"the deployment makes no thread to compare with: {error}") from error

    def same_result(
        self,
        expected: EndedRun,
        seen: EndedRun,
        role: Role,
        *,
        what: str,
        like: str,
        repeat: Callable[[str], object],
        after: Sequence[str] = (),
    ) -> Json:
        """Assert that the run ``seen`` had the same result as the run ``expected``; return that result.

        Messages name the first ``what`` and the second ``like``. ``repeat``, ``role`` and ``after`` are those
        of `same_effect`: an assistant that is not deterministic need only give results of the same skeleton.
        Where the run ``expected`` failed, `Untestable` is raised.
        """
        if expected.failure is not None:
            raise Untestable(f"{like} fails: {json.dumps(expected.failure)}")
        if seen.failure is not None:
            raise Violation(
                f"{what} fails, where {like} does not: {json.dumps(seen.failure)}",
                expected.thread_id,
                seen.thread_id,
                *after,
            ) from seen.error
        return self.same_effect(
            expected.thread_id,
            seen.thread_id,
            self.run_result,
            f"{what} has another result than {like}",
            repeat=repeat,
            role=role,
            skeleton=skeleton_of,
            after=after,
        )


def skeleton_of(result: Json) -> Json:
    """Return the part of a run's result that an assistant does not choose anew at each run."""
    return {
        **_lengths_of(result),
        "next": result["next"],
        "interrupts": len(result["interrupts"]),
        "checkpoints": len(result["checkpoints"] or []),
    }


def _lengths_of(result: Json) -> Json:
    values = result["values"]
    items = values.items() if isinstance(values, dict) else []
    return {"values": {key: len(value) if isinstance(value, list) else None for key, value in items}}


def _at_rest(history: Sequence[Json]) -> list[Json]:
    """Return a history as if nothing was left to do at its newest checkpoint: a run goes on from there."""
    return [{**state, **({} if index else _NOTHING_TO_DO)} for index, state in enumerate(history)]


def _lineage_of(history: Sequence[Json]) -> list[Json]:
    states = history[::-1]
    positions = {checkpoint_id(state): position for position, state in enumerate(states)}

    def position_of(parent: str | None) -> int | str | None:
        return positions.get(parent, "not in the history") if parent else None

    return [
        {
            "step": (state.get("metadata") or {}).get("step"),
            "parent": position_of(parent_checkpoint_id(state)),
        }
        for state in states
    ]


def _varying_places(results: Sequence[Json]) -> set[str]:
    """Return the places at which any of the results differs from the first."""
    return {place for other in results[1:] for place in places(results[0], other)}
