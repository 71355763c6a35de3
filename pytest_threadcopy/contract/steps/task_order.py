"""Tasks of a state that a deployment lists in another order at each read: then their order says nothing."""

from typing import Any

from pytest_threadcopy.histories.outlines import Outlined
from pytest_threadcopy.histories.side import History, PagedHistory

TASK_ORDER = frozenset({"tasks[*].id", "tasks[*].name"})
"""The places (``Difference.pattern``) where two histories differ whose tasks stand in another order."""


def in_order(history: History) -> History:
    """Return a history each of whose states has its tasks, and what follows their order, sorted."""
    if isinstance(history, PagedHistory):
        return Outlined(history.thread_id, lambda: ([*map(state_in_order, page)] for page in history.pages()))
    return [state_in_order(state) for state in history]


def state_in_order(state: Any) -> Any:
    """Return a state with its tasks, and what follows their order, sorted."""
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
