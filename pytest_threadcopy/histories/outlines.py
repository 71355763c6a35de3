"""Outlines of thread states: the parts that a picture of a history needs, and no values.

An outline is the ``checkpoint`` object of ``schemas/report.json``, as plain JSON.
"""

from collections.abc import Iterable
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


def rows_of(pairs: Iterable[tuple[int, int]], lengths: tuple[int, int]) -> list[tuple[bool, bool]]:
    """Return the rows of a picture of two histories: which sides have a checkpoint in each row.

    A row has a checkpoint beside its counterpart, or a checkpoint beside a gap: one that is alone, or one
    that the other side has at another place. ``pairs`` are the places of checkpoints and their counterparts.
    """
    in_copy = dict(pairs)
    in_original = {copy: original for original, copy in in_copy.items()}
    rows = []
    i = j = 0
    while i < lengths[0] or j < lengths[1]:
        # How far below the counterpart of each is; less than 0 if it is above, or if there is none.
        below_i, below_j = in_copy.get(i, -1) - j, in_original.get(j, -1) - i
        has_original = i < lengths[0] and (below_i <= 0 or 0 <= below_j < below_i)
        has_copy = below_i == 0 or not has_original
        rows.append((has_original, has_copy))
        i += has_original
        j += has_copy
    return rows


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
