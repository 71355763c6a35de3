"""Compares all that a deployment shows of a thread, before and after a change to another thread."""

import re
from collections.abc import Callable, Collection
from functools import partial
from itertools import islice
from typing import Any

from pytest_threadcopy.api.history import HistoryError
from pytest_threadcopy.contract.steps.comparisons import BEFORE_AND_AFTER
from pytest_threadcopy.contract.steps.reading import (
    REREADS,
    Reading,
    assert_same,
    namespaces_of,
    places,
)
from pytest_threadcopy.contract.steps.task_order import state_in_order
from pytest_threadcopy.histories.comparison import compare_histories
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import ApiError

_STATE = re.compile(
    r"^(state|state_with_subgraphs|(subgraphs\[\*\]\.)?history\[\*\])\.(tasks\[\*\]\.state\.)*"
)
_MOST_SUBGRAPHS = 20
"""A thread that the user named may have any number of subgraphs; the newest are read."""


class Observation(dict[str, Any]):
    """The thread object of a thread, its state, history and runs, and the histories of its subgraphs.

    ``unstable`` are the places that differed between two reads.
    """

    def __init__(self, shown: Json, unstable: Collection[str]) -> None:
        super().__init__(shown)
        self.unstable = frozenset(unstable)


class Observations(Reading):
    """Compares a thread before and after a change to another thread."""

    def observation(self, thread_id: str) -> Observation:
        """Return all that the deployment shows of a thread; a part that it hides must not appear later."""
        once, twice = self._shown(thread_id), self._shown(thread_id)
        return Observation({**twice, **once}, places(_without_order(once), _without_order(twice)))

    def unaffected(
        self,
        thread_id: str,
        before: Observation,
        by: str,
        *others: str,
        like: Callable[[], str] | None = None,
    ) -> None:
        """Assert that a thread is as it was, except at places that change at each read.

        A place that changes only now is excused if it changes on a thread that nobody copied as well: on
        this thread the change may be the damage that the test looks for.

        Args:
            thread_id: The thread.
            before: The observation of it before the change to another thread.
            by: The change, for the message.
            others: The ids of the threads that were changed.
            like: Makes a thread of the same kind that nobody copied.
        """
        if not before.get("history") and not (before.get("state") or {}).get("values"):
            raise Untestable(
                f"neither history nor state of thread {thread_id} can be seen: nothing to compare"
            )
        expected, now = _without_order(before), _without_order(self._shown(thread_id))
        unstable = set(before.unstable)
        changed = places(expected, now) - unstable
        if changed:
            known = _in_any_state(unstable | self._unstable_elsewhere(changed, before, like))
            unstable |= {place for place in changed if _in_any_state([place]) <= known}
        self.note_masked(unstable)
        has_changed = any(place.startswith("history") for place in changed - unstable)
        self._keep_histories(expected, now if has_changed else expected, unstable)
        what = f"thread {thread_id} changed by {by}{' ' * bool(others)}{' and '.join(others)}"
        assert_same(expected, now, what, thread_id, *others, unstable=unstable)

    def _shown(self, thread_id: str) -> Json:
        """Read all of a thread once."""
        reads: dict[str, Callable[[], Any]] = {
            "thread": lambda: self.threads.get(thread_id),
            "state": lambda: self.threads.get_state(thread_id),
            "state_with_subgraphs": lambda: self.threads.get_state(thread_id, subgraphs=True),
            "history": lambda: self.history(thread_id),
            "runs": lambda: self.client.runs.list(thread_id, limit=100),
        }
        shown = {what: self._if_shown(read) for what, read in reads.items()}
        states = [shown["state"], shown["state_with_subgraphs"], *(shown["history"] or [])]
        found = dict.fromkeys(known for state in filter(None, states) for known in namespaces_of(state))
        shown["subgraphs"] = [
            {"checkpoint_ns": known, "history": self._if_shown(partial(self.history, thread_id, known))}
            for known in sorted(islice(found, _MOST_SUBGRAPHS))
        ]
        return {what: seen for what, seen in shown.items() if seen is not None}

    def _if_shown(self, read: Callable[[], Any]) -> Any:
        """Return the answer to a read, or None where the deployment does not show that part."""
        try:
            return read()
        except HistoryError:
            return None
        except ApiError as error:
            if not error.is_about_the_thread:
                raise
            return None

    def _unstable_elsewhere(
        self, wanted: Collection[str], before: Observation, like: Callable[[], str] | None
    ) -> set[str]:
        """Return the places that change from read to read of a thread that nobody copied."""
        try:
            own_id = like() if like else self._with_values_of(before)
        except Untestable:
            return set()
        except ApiError as error:
            if not error.is_about_the_thread:
                raise
            return set()
        first, unstable = _without_order(self._shown(own_id)), set[str]()
        for _ in range(REREADS):
            if _in_any_state(wanted) <= _in_any_state(unstable):
                break
            unstable |= places(first, _without_order(self._shown(own_id)))
        return unstable

    def _with_values_of(self, before: Observation) -> str:
        """Return the id of a new thread of the same assistant with the same values."""
        graph_id = (before.get("thread", {}).get("metadata") or {}).get("graph_id")
        own_id = str(self.threads.create(graph_id=graph_id)["thread_id"])
        for _ in range(2):
            values = (before.get("state") or {}).get("values")
            self.threads.update_state(own_id, values, as_node="__start__")
        return own_id

    def _keep_histories(self, before: Json, now: Json, unstable: Collection[str]) -> None:
        if "history" in before and "history" in now and self.compared.has_room:
            comparison = compare_histories(
                before["history"],
                now["history"],
                expect_empty=not before["history"],
                same_thread=True,
                unstable={place.removeprefix("history[*].") for place in unstable},
                outlined=True,
            )
            self.compared.keep(comparison, BEFORE_AND_AFTER)


def _in_any_state(unstable: Collection[str]) -> set[str]:
    """Return the places within a state: a place that changes in one read may change in another."""
    return {_STATE.sub("", place) for place in unstable}


def _without_order(shown: Json) -> Json:
    """Return an observation with sorted tasks, since some deployments list tasks in any order."""
    ordered = dict(shown)
    for what in ("state", "state_with_subgraphs"):
        if what in shown:
            ordered[what] = state_in_order(shown[what])
    if "history" in shown:
        ordered["history"] = [*map(state_in_order, shown["history"])]
    ordered["subgraphs"] = [
        {**known, "history": [*map(state_in_order, known["history"] or [])]} for known in shown["subgraphs"]
    ]
    return ordered
