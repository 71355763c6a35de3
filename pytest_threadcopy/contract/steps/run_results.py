"""What a run did to a thread, in terms that two threads share, and whether it did the same to another."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from pytest_threadcopy.api.client import RunFailed
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
from pytest_threadcopy.reproduction.violation import AFTER_THE_SAME, Compared, Violation
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.response import ApiError, DeploymentError, suppress_refusal

Read = Callable[[str], Json]
Repeat = Callable[[str], object]
_FRESH = 4
_MOST_FRESH = 8


@dataclass(frozen=True)
class EndedRun:
    """A run that is over. Where it failed, ``failure`` says why, and ``error`` is what it raised."""

    thread_id: str
    failure: Any = None
    error: DeploymentError | None = None


def ended_run(thread_id: str, run: Callable[[], object]) -> EndedRun:
    """Return how a run on a thread ends; raise an `ApiError` that is not about the thread."""
    try:
        run()
    except RunFailed as failed:
        return EndedRun(thread_id, failed.error or "the deployment gives no reason", failed)
    except ApiError as refusal:
        if not refusal.is_about_the_thread:
            raise
        return EndedRun(thread_id, str(refusal), refusal)
    return EndedRun(thread_id)


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

    def run_result(self, thread_id: str) -> Json:
        """Return what a thread shows after a run: values, next nodes, what its interrupts ask, its lineage.

        Ids are left out, since each run makes new ones.
        """
        state = self.threads.get_state(thread_id)
        history = self.if_shown(self.history, thread_id)
        return {
            "values": state.get("values"),
            "next": state.get("next"),
            "interrupts": [interrupt.get("value") for interrupt in interrupts_of(state)],
            "checkpoints": None if history is None else _lineage_of(history),
        }

    def same_effect(
        self,
        source_id: str,
        other_id: str,
        read: Read,
        problem: str,
        *after: str,
        repeat: Repeat,
        role: Role,
        skeleton: Callable[[Json], Json] | None = None,
    ) -> Json:
        """Assert that two threads, to which the same was done, show the same; return what the other shows.

        ``source_id`` is the thread that shows what to expect; `Untestable` is raised where it shows nothing.
        ``read`` returns the parts of a thread that are compared, by key; None for a part that is not shown.

        Where the threads differ, ``repeat`` does the same to fresh threads of the role's assistant. Places at
        which these differ from each other are masked. Where the assistant is not deterministic, only the
        ``skeleton`` is compared: what stays the same at each run. If the threads still differ, the message
        begins with ``problem``, and the error names the threads ``after`` too, which the test changed before.
        """
        __tracebackhide__ = True
        expected, seen = self.both(source_id, other_id, read)
        hidden = {key for key, value in expected.items() if value is None}
        if len(hidden) == len(expected):
            raise Untestable(f"thread {source_id} does not show {', '.join(sorted(hidden))}")
        differing, unstable = places(expected, seen), hidden
        if not differing <= hidden:
            unstable |= self._unstable(expected, seen, partial(read, source_id))
        fresh, varying = list[Json](), set[str]()
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
                return seen
        if varying:
            where = ", ".join(sorted(varying))
            self.note(f"masked, since threads that nobody copied differ from each other there: {where}")
        compared = Compared(source_id, other_id, AFTER_THE_SAME)
        assert_same(expected, seen, problem, compared, *after, unstable=unstable | varying)
        return seen

    def run_builds_on(
        self, source_id: str, copy_id: str, older: Sequence[Json], *, repeat: Repeat, role: Role
    ) -> None:
        """Assert that a run built on the older checkpoints of the copy as the same run did on the source.

        The run left these checkpoints as they were: they are still the history ``older`` of another copy, on
        which nothing ran. The first checkpoint of the run has the same values as on the source: until then,
        an assistant that is not deterministic has chosen nothing. ``repeat`` and ``role`` are those of
        `same_effect`. `Untestable` is raised where the source does not show the ids of older checkpoints.
        """

        def oldest(history: Sequence[Json]) -> list[Json]:
            return at_rest(history[-len(older) :])

        on_source, on_copy = self.both(source_id, copy_id, self.history)
        older_ids = [checkpoint_id(state) for state in older]
        if not all(older_ids) or [checkpoint_id(state) for state in oldest(on_source)] != older_ids:
            raise Untestable("the source does not show the checkpoints before the run by their ids")
        self.equal(oldest(on_source), oldest(on_copy), again=lambda: oldest(self.source_history(source_id)))

        def first_values(thread_id: str) -> Json:
            before_the_run = len(older) if thread_id in (source_id, copy_id) else 0
            newer = self.history(thread_id)[::-1][before_the_run:]
            return {"values": newer[0].get("values") if newer else None}

        problem = f"the run on copy {copy_id} begins with other values than the same run on the source"
        self.same_effect(
            source_id, copy_id, first_values, problem, repeat=repeat, role=role, skeleton=_lengths_of
        )

    def _on_fresh_threads(self, role: Role, repeat: Repeat, read: Read) -> list[Json]:
        """Do the same to fresh threads; return what was read of each on which it worked."""

        def once() -> list[Json]:
            with suppress(HistoryError, Untestable), suppress_refusal():
                thread_id = self.new_thread(role.assistant_id)
                repeat(thread_id)
                return [read(thread_id)]
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
        *after: str,
        what: str,
        like: str,
        repeat: Repeat,
    ) -> Json:
        """Assert that the run ``seen`` had the same result as the run ``expected``; return that result.

        The arguments are those of `assert_success` and `same_effect`: an assistant that is not deterministic
        need only give results of the same skeleton.
        """
        assert_success(expected, seen, *after, what=what, like=like)
        threads, problem = (expected.thread_id, seen.thread_id), f"{what} has another result than {like}"
        return self.same_effect(
            *threads, self.run_result, problem, *after, repeat=repeat, role=role, skeleton=skeleton_of
        )


def assert_success(expected: EndedRun, seen: EndedRun, *after: str, what: str, like: str) -> None:
    """Assert that the run ``seen`` succeeded; raise `Untestable` where the run ``expected`` failed.

    Messages name the run ``seen`` by ``what``, and the other by ``like``. ``after`` are the ids of other
    threads that the test changed before.
    """
    if expected.failure is not None:
        raise Untestable(f"{like} fails: {json.dumps(expected.failure)}")
    if seen.failure is not None:
        problem = f"{what} fails, where {like} does not: {json.dumps(seen.failure)}"
        compared = Compared(expected.thread_id, seen.thread_id, AFTER_THE_SAME)
        raise Violation(problem, compared, *after) from seen.error


def skeleton_of(result: Json) -> Json:
    """Return the part of a run's result that an assistant does not choose again at each run."""
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


def at_rest(history: Sequence[Json]) -> list[Json]:
    """Return a history as if nothing was left to do at its newest checkpoint: a run goes on from there."""
    done: Json = {"next": [], "tasks": [], "interrupts": []}
    return [{**state, **({} if index else done)} for index, state in enumerate(history)]


def _lineage_of(history: Sequence[Json]) -> list[Json]:
    states = history[::-1]
    positions = {checkpoint_id(state): position for position, state in enumerate(states)}
    parents = map(parent_checkpoint_id, states)
    return [
        {
            "step": (state.get("metadata") or {}).get("step"),
            "parent": positions.get(parent, "not in the history") if parent else None,
        }
        for state, parent in zip(states, parents, strict=True)
    ]


def _varying_places(results: Sequence[Json]) -> set[str]:
    """Return the places at which any of the results differs from the first."""
    return {place for other in results[1:] for place in places(results[0], other)}
