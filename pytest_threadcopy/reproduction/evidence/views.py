"""The part of an answer that is compared and shown: the same here and in every script."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

from pytest_threadcopy.histories.thread_ids import rewrite_thread_ids
from pytest_threadcopy.reproduction.evidence.exchange import Exchange
from pytest_threadcopy.schemas import Json

OWN = "(its own id)"
"""The text in place of a thread's own id at a structural position."""

Kind = Literal["whole", "own", "tail", "ending", "count", "metadata", "object", "values", "stream", "status"]


@dataclass(frozen=True)
class View:
    """The part of an answer that is compared, by its ``kind``.

    - ``whole``: the answer as it is.
    - ``own``: a thread state or a history, with the thread's own id replaced at structural positions.
    - ``tail``: the same of the ``length`` oldest checkpoints of a history.
    - ``count``: the number of checkpoints of a history.
    - ``ending``: the values, next nodes and interrupts of a state, without the ids that each run makes.
    - ``metadata``: the metadata of a thread object, without the thread's own id.
    - ``object``: the status, values and interrupts of a thread object.
    - ``values``, ``stream``: the answer to a run.
    - ``status``: the status alone.
    """

    kind: Kind = "whole"
    length: int = 0

    def of(self, exchange: Exchange) -> str:
        """Return this part of the answer to an exchange, as a text that can be compared."""
        value = self._part(exchange.value, exchange.thread_id) if exchange.succeeded else exchange.value
        return f"{exchange.status}\n{json.dumps(value, sort_keys=True, indent=1)}"

    def _part(self, value: Any, thread_id: str | None) -> Any:
        part = value
        match self.kind, value:
            case "status", _:
                part = None
            case "own" | "tail", list():
                part = [_marked(state, thread_id) for state in value[-self.length :]]
            case "own", dict():
                part = _marked(value, thread_id)
            case "count", list():
                part = len(value)
            case "stream", list():
                values = [data for event, data in value if event == "values"]
                part = {"events": [event for event, _ in value], "values": values[-1] if values else None}
            case "ending", dict():
                tasks = [task for task in value.get("tasks") or [] if isinstance(task, dict)]
                interrupts = [one for task in tasks for one in task.get("interrupts") or []]
                part = _picked(value, interrupts, "values", "next")
            case "metadata", dict():
                metadata = value.get("metadata") or {}
                part = _without(metadata, "thread_id") if metadata.get("thread_id") == thread_id else metadata
            case "object", dict():
                by_task = value.get("interrupts") or []
                listed = chain(*by_task.values()) if isinstance(by_task, dict) else by_task
                part = _picked(value, listed, "status", "values")
            case "values", dict():
                part = _without(value, "__interrupt__")
        return part


def _picked(value: Json, interrupts: Iterable[Any], *keys: str) -> Json:
    return {key: value.get(key) for key in keys} | {"interrupts": [one.get("value") for one in interrupts]}


def _without(value: Json, key: str) -> Json:
    return {name: inner for name, inner in value.items() if name != key}


def _marked(state: Any, thread_id: str | None) -> Any:
    if not isinstance(state, dict):
        return state
    return rewrite_thread_ids(state, lambda _, one: OWN if one == thread_id else one)
