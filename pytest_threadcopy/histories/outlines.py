"""Outlines of thread states: the parts that a picture of a history needs, and no values.

An outline is the ``checkpoint`` object of ``schemas/report.json``, as plain JSON.
"""

from typing import Any

from pytest_threadcopy.histories.thread_ids import (
    State,
    checkpoint_id,
    object_at,
    parent_checkpoint_id,
    tasks_of,
)
from pytest_threadcopy.schemas import Json

LONGEST = 2000
"""Longer histories are not outlined: memory must not grow with the length."""

_SHOWN_NODES = 10
_LONGEST_TEXT = 200


def outline(state: State) -> Json:
    """Return the ``checkpoint`` of a report for a thread state, marked as the same on both sides."""
    metadata, tasks, following = object_at(state, "metadata"), tasks_of(state), state.get("next")
    step = metadata.get("step")
    waiting = sum(_length(task.get("interrupts")) for task in tasks)
    return {
        "id": _text(checkpoint_id(state)),
        "parent": _text(parent_checkpoint_id(state)),
        "step": step if type(step) is int else None,
        "source": _text(metadata.get("source")),
        "next": _nodes(following) if isinstance(following, list) else [],
        "interrupts": max(waiting, _length(state.get("interrupts"))),
        "error": any(task.get("error") for task in tasks),
        # A task has a checkpoint namespace, or a state, of its own only where it is a subgraph.
        "subgraph": any(task.get("checkpoint") or task.get("state") for task in tasks),
        "mark": "same",
        "differs": [],
    }


def namespace_of(state: State) -> str:
    """Return the checkpoint namespace that a thread state shows, empty for the graph itself."""
    return str(object_at(state, "checkpoint").get("checkpoint_ns") or "")[:_LONGEST_TEXT]


def _nodes(names: list[Any]) -> list[str]:
    more = [f"({len(names) - _SHOWN_NODES} more)"] if len(names) > _SHOWN_NODES else []
    return [str(name)[:_LONGEST_TEXT] for name in names[:_SHOWN_NODES]] + more


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


def _text(value: Any) -> str | None:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else None
