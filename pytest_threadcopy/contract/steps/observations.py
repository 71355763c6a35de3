"""Compares all that a deployment shows of a thread, before and after a change to another thread."""

import re
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any

from pytest_threadcopy.api.history import HistoryError
from pytest_threadcopy.contract.steps.comparisons import BEFORE_AND_AFTER
from pytest_threadcopy.contract.steps.reading import (
    REREADS,
    Reading,
    T,
    assert_same,
    namespaces_of,
    places,
)
from pytest_threadcopy.contract.steps.task_order import in_order, state_in_order
from pytest_threadcopy.histories.comparison import compare_histories
from pytest_threadcopy.reproduction.violation import Compared
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.response import suppress_refusal

MakeThread = Callable[[], str]
_STATE = re.compile(
    r"^(state|state_with_subgraphs|(subgraphs\[\*\]\.)?history\[\*\])\.(tasks\[\*\]\.state\.)*"
)
_MOST_SUBGRAPHS = 20
"""A thread that the user named may have any number of subgraphs; the newest are read."""


class Observation(dict[str, Any]):
    """The thread object of a thread, its state, history and runs, and the histories of its subgraphs.

    ``unstable`` are the places that differed between two reads, and ``since`` is when the first began, in
    monotonic seconds.
    """

    unstable: set[str]
    since: float


class Observations(Reading):
    """Compares a thread before and after a change to another thread."""

    def observation(self, thread_id: str) -> Observation:
        """Return all that the deployment shows of a thread; a part that it hides must not appear later."""
        since = time.monotonic()
        once, twice = self._read_all(thread_id), self._read_all(thread_id)
        observation = Observation({**twice, **once})
        observation.since = since
        observation.unstable = places(_without_order(once), _without_order(twice))
        return observation

    def unaffected(
        self, thread_id: str, before: Observation, by: str, *others: str, like: MakeThread | None = None
    ) -> None:
        """Assert that a thread is as it was ``before``, except at places that change at each read.

        ``by`` names the change, and ``others`` are the ids of the threads that were changed. A place that
        changes only now is excused if it changes on a thread that nobody copied as well: on this thread the
        change may be the damage that the test looks for. ``like`` makes such a thread of the same kind.
        """
        if not before.get("history") and not (before.get("state") or {}).get("values"):
            problem = f"neither history nor state of thread {thread_id} can be seen: nothing to compare"
            raise Untestable(problem)
        expected, now = _without_order(before), _without_order(self._read_all(thread_id))
        unstable = before.unstable.copy()
        changed = places(expected, now) - unstable
        if changed:
            known = _in_any_state(unstable | self._unstable_elsewhere(changed, before, like))
            unstable |= {place for place in changed if _in_any_state([place]) <= known}
        self.note_masked(unstable)
        has_changed = any(place.startswith("history") for place in changed - unstable)
        self._keep_histories(expected, now if has_changed else expected, unstable)
        what = f"thread {thread_id} changed by {by}{' ' * bool(others)}{' and '.join(others)}"
        compared = Compared(thread_id, thread_id, None, since=before.since)
        assert_same(expected, now, what, compared, *others, unstable=unstable)

    def _read_all(self, thread_id: str) -> Json:
        """Read all of a thread once."""
        reads: dict[str, Callable[[str], Any]] = {
            "thread": self.threads.get,
            "state": self.threads.get_state,
            "state_with_subgraphs": partial(self.threads.get_state, subgraphs=True),
            "history": self.history,
            "runs": partial(self.client.runs.list, limit=100),
        }
        parts = {name: self.if_shown(read, thread_id) for name, read in reads.items()}
        states = [parts["state"], parts["state_with_subgraphs"], *(parts["history"] or [])]
        namespaces = dict.fromkeys(each for state in filter(None, states) for each in namespaces_of(state))
        parts["subgraphs"] = [
            {"checkpoint_ns": namespace, "history": self.if_shown(self.history, thread_id, namespace)}
            for namespace in sorted(islice(namespaces, _MOST_SUBGRAPHS))
        ]
        return {name: part for name, part in parts.items() if part is not None}

    def if_shown(self, read: Callable[..., T], *arguments: str) -> T | None:
        """Return the answer to a read, or None where the deployment does not show that part."""
        with suppress(HistoryError), suppress_refusal():
            return read(*arguments)
        return None

    def _unstable_elsewhere(
        self, changed: Collection[str], before: Observation, like: MakeThread | None
    ) -> set[str]:
        """Return the places that change from read to read of a thread that nobody copied."""
        own_id, unstable = "", set[str]()
        with suppress(Untestable), suppress_refusal():
            own_id = like() if like else self._with_values_of(before)
        if not own_id:
            return unstable
        first = _without_order(self._read_all(own_id))
        for _ in range(REREADS):
            if _in_any_state(changed) <= _in_any_state(unstable):
                break
            unstable |= places(first, _without_order(self._read_all(own_id)))
        return unstable

    def _with_values_of(self, before: Observation) -> str:
        """Return the id of a new thread of the same assistant with the same values."""
        graph_id = (before.get("thread", {}).get("metadata") or {}).get("graph_id")
        own_id = str(self.threads.create(graph_id=graph_id)["thread_id"])
        values = (before.get("state") or {}).get("values")
        for _ in range(2):
            self.threads.update_state(own_id, values, as_node="__start__")
        return own_id

    def _keep_histories(self, before: Json, now: Json, unstable: Collection[str]) -> None:
        if "history" not in before or "history" not in now or not self.compared.has_room:
            return
        old, new = before["history"], now["history"]
        masked = {place.removeprefix("history[*].") for place in unstable}
        options: Json = {"expect_empty": not old, "same_thread": True, "unstable": masked, "outlined": True}
        self.compared.keep(compare_histories(old, new, **options), BEFORE_AND_AFTER)


def _in_any_state(unstable: Collection[str]) -> set[str]:
    """Return the places within a state: a place that changes in one read may change in another."""
    return {_STATE.sub("", place) for place in unstable}


def _without_order(observation: Json) -> Json:
    """Return an observation with sorted tasks, since some deployments list tasks in any order."""
    orders: dict[str, Callable[[Any], Any]] = {
        "state": state_in_order,
        "state_with_subgraphs": state_in_order,
        "history": in_order,
        "subgraphs": lambda parts: [{**part, "history": in_order(part["history"] or [])} for part in parts],
    }
    return {name: orders[name](part) if name in orders else part for name, part in observation.items()}
