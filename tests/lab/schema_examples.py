"""Answers of faithful deployments, which tests change into answers of faulty ones."""

import copy
from typing import Any

MISSING = "<missing>"

THREAD: dict[str, Any] = {
    "thread_id": "t1",
    "created_at": "2026-11-22T12:59:39.191172+00:00",
    "updated_at": "2026-11-22T12:59:40Z",
    "state_updated_at": "2026-11-22T12:59:40Z",
    "metadata": {"graph_id": "plain", "thread_id": "t1"},
    "status": "interrupted",
    "config": {"configurable": {"thread_id": "t1"}},
    "values": {"messages": []},
    "error": None,
    "interrupts": {"task1": [{"id": "i1", "value": {"question": "Which way?"}}]},
}

STATE: dict[str, Any] = {
    "values": {"messages": ["hi"]},
    "next": ["ask"],
    "tasks": [
        {
            "id": "task1",
            "name": "ask",
            "path": ["__pregel_push", 0, False],
            "error": None,
            "interrupts": [{"id": "i1", "value": "Which way?"}],
            "checkpoint": {"thread_id": "t1", "checkpoint_ns": "ask:task1"},
            "state": None,
            "result": None,
        }
    ],
    "metadata": {"thread_id": "t1", "run_id": "r1", "source": "loop", "step": 1, "parents": {}, "mine": 1},
    "created_at": "2026-11-22T12:59:40.071934+00:00",
    "checkpoint": {"checkpoint_id": "c2", "thread_id": "t1", "checkpoint_ns": "", "checkpoint_map": None},
    "parent_checkpoint": {"checkpoint_id": "c1", "thread_id": "t1", "checkpoint_ns": ""},
    "interrupts": [{"id": "i1", "value": "Which way?"}],
    "checkpoint_id": "c2",
    "parent_checkpoint_id": "c1",
}

THIN_STATE: dict[str, Any] = {
    "values": {},
    "next": [],
    "tasks": [{"id": "task1", "name": "ask", "interrupts": []}],
    "metadata": {"step": -1, "source": "input", "parents": {}},
    "checkpoint": {"checkpoint_id": "c1"},
}

NEVER_RAN: dict[str, Any] = {
    "values": {},
    "next": [],
    "tasks": [],
    "created_at": None,
    "checkpoint": None,
    "parent_checkpoint": None,
}

CONFIG_STATE: dict[str, Any] = {
    "values": {},
    "next": [],
    "tasks": [],
    "metadata": {"step": 3},
    "config": {"configurable": {"thread_id": "t1", "checkpoint_ns": "", "checkpoint_id": "c2"}},
    "parent_config": {"configurable": {"thread_id": "t1", "checkpoint_ns": "", "checkpoint_id": "c1"}},
}


def changed(instance: Any, path: str, value: object) -> Any:
    """Copy an instance with the value at a path such as ``tasks.0.id`` replaced, or removed if MISSING."""
    instance = copy.deepcopy(instance)
    *parents, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place = instance
    for step in parents:
        place = place[step]
    if value == MISSING:
        del place[last]
    else:
        place[last] = value
    return instance
