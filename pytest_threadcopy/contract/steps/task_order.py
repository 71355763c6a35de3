"""Sorts the tasks of a state, where a deployment lists them in another order at each read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_threadcopy.histories.side import History, PagedHistory
from pytest_threadcopy.histories.thread_ids import State

TASK_ORDER = frozenset({"tasks[*].id", "tasks[*].name"})
"""The places (``Difference.pattern``) that differ when tasks are listed in another order."""


@dataclass(frozen=True)
class _InOrder:
    """A history that is read page by page, its tasks sorted."""

    history: PagedHistory

    @property
    def thread_id(self) -> str:
        return self.history.thread_id

    def pages(self) -> Iterator[Sequence[State]]:
        return ([*map(state_in_order, page)] for page in self.history.pages())


def in_order(history: History) -> History:
    """Return a history with the tasks, interrupts and next nodes of each state sorted."""
    return _InOrder(history) if isinstance(history, PagedHistory) else [*map(state_in_order, history)]


def state_in_order(state: Any) -> Any:
    """Return a state with its tasks, interrupts and next nodes sorted, also those of its subgraphs."""
    state = dict(state)
    for key in ("tasks", "interrupts", "next"):
        if isinstance(state.get(key), list):
            state[key] = sorted(state[key], key=_name_and_id)
    if state.get("tasks"):
        state["tasks"] = [
            {**task, "state": state_in_order(task["state"])} if task.get("state") else task
            for task in state["tasks"]
        ]
    return state


def _name_and_id(item: Any) -> tuple[str, str]:
    return (str(item.get("name")), str(item.get("id"))) if isinstance(item, dict) else ("", str(item))
