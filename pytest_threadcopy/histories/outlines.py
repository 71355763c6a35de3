"""Outlines of thread states: what a picture of a history needs, and no values.

An outline is the ``checkpoint`` object of ``schemas/report.json``, as plain JSON.
"""

from typing import Any

from pytest_threadcopy.histories.thread_ids import State, checkpoint_id, parent_checkpoint_id

LONGEST = 2000
"""Longer histories are not outlined: memory must not grow with the length."""

_SHOWN_NODES = 10
_LONGEST_TEXT = 200


def outline(state: State) -> dict[str, Any]:
    """Return the ``checkpoint`` of a report for a thread state, marked as the same on both sides."""
    metadata = state.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    step, source = metadata.get("step"), metadata.get("source")
    tasks, following = state.get("tasks"), state.get("next")
    tasks = [task for task in tasks if isinstance(task, dict)] if isinstance(tasks, list) else []
    waiting = sum(_length(task.get("interrupts")) for task in tasks)
    return {
        "id": _text(checkpoint_id(state)),
        "parent": _text(parent_checkpoint_id(state)),
        "step": step if type(step) is int else None,
        "source": _text(source) if isinstance(source, str) else None,
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
    checkpoint = state.get("checkpoint")
    namespace = checkpoint.get("checkpoint_ns") if isinstance(checkpoint, dict) else None
    return str(namespace or "")[:_LONGEST_TEXT]


def _nodes(names: list[Any]) -> list[str]:
    more = [f"({len(names) - _SHOWN_NODES} more)"] if len(names) > _SHOWN_NODES else []
    return [str(name)[:_LONGEST_TEXT] for name in names[:_SHOWN_NODES]] + more


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


def _text(value: str | None) -> str | None:
    return value and value[:_LONGEST_TEXT]
