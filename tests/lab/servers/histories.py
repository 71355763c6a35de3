"""Histories in the form of a deployment's answers, made without a deployment."""

from typing import Any

State = dict[str, Any]


def state(thread_id: str, number: int) -> State:
    """The state of a thread's checkpoint with this number; the oldest has number 0."""
    parent = {"thread_id": thread_id, "checkpoint_ns": "", "checkpoint_id": f"c{number - 1}"}
    return {
        "values": {"messages": [f"message {i}" for i in range(min(number, 3))], "counter": number},
        "next": ["count"],
        "tasks": [
            {
                "id": f"task{number}",
                "name": "count",
                "path": ["__pregel_pull", "count"],
                "error": None,
                "interrupts": [],
                "checkpoint": {"thread_id": thread_id, "checkpoint_ns": f"count:task{number}"},
                "state": None,
                "result": None,
            }
        ],
        "metadata": {"thread_id": thread_id, "source": "loop", "step": number - 1, "parents": {}},
        "created_at": f"2026-11-22T12:00:{number % 60:02}+00:00",
        "checkpoint": {"thread_id": thread_id, "checkpoint_ns": "", "checkpoint_id": f"c{number}"},
        "parent_checkpoint": parent if number else None,
        "interrupts": [],
    }


def history(thread_id: str, length: int) -> list[State]:
    """A history of this many checkpoints, newest first; two threads differ in their ids alone."""
    return [state(thread_id, number) for number in reversed(range(length))]


def with_value(value: Any) -> tuple[list[State], list[State]]:
    """A thread's history and its copy's; the middle checkpoint of each holds this value."""
    both = history("source", 3), history("copy", 3)
    for states in both:
        states[1]["values"]["data"] = value
    return both
