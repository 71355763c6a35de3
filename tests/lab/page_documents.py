"""Histories for the pictures of the page, and the result of a requirement that fails."""

import copy
from typing import Any, cast

from pytest_threadcopy import compare_histories
from pytest_threadcopy.contract.steps.comparisons import Comparisons
from pytest_threadcopy.report.document import Comparison

Json = dict[str, Any]


def checkpoint(thread_id: str, number: int, parent: int | None = None, **changes: Any) -> Json:
    """A thread state whose ids have this number; its parent has the number ``parent``, or there is none."""
    position = {"thread_id": thread_id, "checkpoint_ns": ""}
    changed = {key: changes.pop(key) for key in ("source", "step") if key in changes}
    return {
        "values": {"messages": [f"message {i}" for i in range(number % 3)], "counter": number},
        "next": ["count"],
        "tasks": [],
        "metadata": {"source": "loop", "step": number - 2, **changed},
        "created_at": f"2026-11-22T12:00:{number % 60:02}+00:00",
        "checkpoint": {**position, "checkpoint_id": _id(number)},
        "parent_checkpoint": None if parent is None else {**position, "checkpoint_id": _id(parent)},
        **changes,
    }


def _id(number: int) -> str:
    return f"1f1e6787-{number:04x}-6b5e-8003-da0937ed{number:04x}"


def chain(thread_id: str, length: int) -> list[Json]:
    """A history without branches, newest first: an input, then loops; nothing is next after the newest."""
    states = [checkpoint(thread_id, 1, source="input", next=["__start__"])]
    states += [checkpoint(thread_id, number, number - 1) for number in range(2, length + 1)]
    states[-1]["next"] = []
    return states[::-1]


def branched(thread_id: str) -> list[Json]:
    """A history with two branches, an interrupt, a subgraph, and a failed task."""
    waiting = {
        "id": "t",
        "name": "ask",
        "interrupts": [{"value": "sure?"}],
        "checkpoint": {"checkpoint_ns": "ask:1"},
    }
    return [
        checkpoint(thread_id, 9, 8, tasks=[{"name": "count", "error": "ValueError('no')"}], step=4),
        checkpoint(thread_id, 8, 3, source="update", step=3),
        checkpoint(thread_id, 7, 4, source="fork", step=3),
        checkpoint(thread_id, 6, 5, tasks=[waiting], next=["ask", "count"]),
        checkpoint(thread_id, 5, 4),
        checkpoint(thread_id, 4, 3),
        checkpoint(thread_id, 3, 2),
        checkpoint(thread_id, 2, 1),
        checkpoint(thread_id, 1, source="input", next=["__start__"]),
    ]


def copied(states: list[Json], thread_id: str = "copy") -> list[Json]:
    """A faithful copy of a history."""
    states = copy.deepcopy(states)
    for state in states:
        for holder in (state["checkpoint"], state["parent_checkpoint"]):
            if holder:
                holder["thread_id"] = thread_id
    return states


def compared(original: list[Json], copy: list[Json], *names: str) -> Comparison:
    """The outlines of two histories, as a test of the contract records them."""
    recorded: list[Json] = []
    sides = (names[0], names[1]) if names else ("source", "copy")
    comparison = compare_histories(original, copy, same_thread="before" in sides, outlined=True)
    Comparisons(recorded).keep(comparison, sides)
    return cast("Comparison", recorded[0])


def violated(reason: str = "the histories differ", *comparisons: Comparison) -> Json:
    """The fields of the result of a requirement that fails."""
    return {
        "outcome": "violated",
        "reason": reason,
        "steps": [
            "made thread 1f1e6787 and gave it 9 checkpoints",
            "copied it to thread 2a2a2a2a",
            "read both",
        ],
        "reproduction": {
            "curl": 'COPY=$(curl -s -X POST "$URL/threads/$ID/copy" | jq -r .thread_id)',
            "python": 'copy = await client.threads.copy("1f1e6787")',
            "javascript": 'const copy = await client.threads.copy("1f1e6787");',
        },
        "comparisons": list(comparisons),
    }
