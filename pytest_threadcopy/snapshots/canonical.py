"""A history in a canonical form: the same from run to run and from deployment to deployment."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pytest_threadcopy.histories.thread_ids import (
    State,
    checkpoint_id,
    object_at,
    parent_checkpoint_id,
    tasks_of,
)
from pytest_threadcopy.schemas import Json

Write = Callable[[Any], Any]

_STAMPED = ("langgraph_", "threadcopy", "x-")
_STAMPS = frozenset({"assistant_id", "created_by", "ls_integration", "run_attempt", "user-agent", "user_id"})
_SHORTEST_REFERENCE = 16


def canonical_history(states: Iterable[State]) -> list[Json]:
    """Return a history in canonical form, newest checkpoint first as it came.

    *Ids become aliases.* The ids of threads, checkpoints, runs, tasks, interrupts and messages become
    ``<thread 1>``, ``<checkpoint 3>`` and so on wherever a state keeps an id, so that the form still tells
    who refers to whom. Numbers count from the oldest checkpoint up: a checkpoint that is appended renumbers
    nothing. A namespace keeps its node names: ``inner:<task 2>``. ``created_at`` becomes ``<time 3>``, one
    for each checkpoint, since whether two checkpoints share a millisecond is chance.

    *User data stays as it is*, with two exceptions that would change with each run: the ``id`` of a message
    (an object with an ``id``, a ``content`` and a ``type`` or ``role``), and a string or key that is, as a
    whole, an id which the history shows elsewhere. A text that quotes an id keeps it. A message id of fewer
    than 16 characters may be a word as well: it is aliased only as the ``id`` of the message.

    *Parts that say nothing about the thread are left out*, so that deployments can agree: metadata that a
    server, a request or this plugin stamped (``langgraph_*``, ``x-*``, ``threadcopy*``, ``user-agent``,
    ``assistant_id``, ``created_by``, ``ls_integration``, ``run_attempt``, ``user_id``); a key of the state
    itself that is null, or a namespace that is empty, since other servers leave these out; and the keys that
    repeat ``checkpoint``, ``parent_checkpoint``, ``metadata.parents`` and ``tasks``, unless they contradict
    them: ``checkpoint_id``, ``parent_checkpoint_id``, ``interrupts``, ``thread_id``, ``metadata.thread_id``,
    ``metadata.checkpoint_ns``, ``metadata.checkpoint_id`` (of the parent) and
    ``parent_checkpoint.checkpoint_map``.

    Args:
        states: Thread states, newest first, as ``GET /threads/{id}/history`` returns them. Not changed.

    Raises:
        TypeError: ``states`` is no iterable of JSON objects.
    """
    if isinstance(states, str | bytes | dict) or not isinstance(states, Iterable):
        raise TypeError(f"a history is a list of thread states, newest first, not {type(states).__name__}")
    history = list(states)
    for index, state in enumerate(history):
        if not isinstance(state, dict):
            raise TypeError(f"item {index} of the history is no thread state but {type(state).__name__}")
    aliases = _Aliases()
    # The first pass numbers all ids. So the second knows an id that user data names before its own place.
    for state in reversed(history):
        aliases.state(state)
    return [aliases.state(state) for state in history]


class _Aliases:
    """The aliases of one history. An id gets its alias when it is first written."""

    def __init__(self) -> None:
        self._aliases: dict[tuple[str, str], str] = {}
        self._references: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        thread, run, task, interrupt = map(self._named, ("thread", "run", "task", "interrupt"))
        checkpoint_id, by_namespace, data = self._named("checkpoint"), self._checkpoint_map, self._data
        checkpoint_keys = {
            "thread_id": thread,
            "checkpoint_ns": self._namespace,
            "checkpoint_map": by_namespace,
            "checkpoint_id": checkpoint_id,
        }
        checkpoint = self._object(checkpoint_keys)
        config = self._object({"configurable": checkpoint})
        self._unstamped = self._object(checkpoint_keys | {"run_id": run, "parents": by_namespace})
        # Servers on LangGraph before 0.6 send ``interrupt_id`` and ``ns``.
        levels = self._each(self._namespace)
        interrupt_keys = {"id": interrupt, "interrupt_id": interrupt, "ns": levels, "value": data}
        interrupts = self._each(self._object(interrupt_keys))
        task_keys = {"checkpoint": checkpoint, "id": task, "error": data, "interrupts": interrupts}
        tasks = self._each(self._object(task_keys | {"state": self.state, "result": data}))
        self._state_keys: dict[str, Write] = {
            "thread_id": thread,
            "parent_checkpoint": checkpoint,
            "parent_checkpoint_id": checkpoint_id,
            "parent_config": config,
            "checkpoint": checkpoint,
            "checkpoint_id": checkpoint_id,
            "config": config,
            "configurable": checkpoint,
            "created_at": data,  # `state` replaces it, and must do so here: before the times of subgraphs
            "metadata": self._metadata,
            "values": data,
            "tasks": tasks,
            "interrupts": interrupts,
        }

    def state(self, state: Any) -> Any:
        if not isinstance(state, dict):
            return self._data(state)
        created: dict[str, Write] = {"created_at": lambda time: self._time(checkpoint_id(state), time)}
        return self._object(self._state_keys | created)(_without_repetitions(state))

    def _metadata(self, metadata: Any) -> Any:
        if isinstance(metadata, dict):
            # These two stamps are left out, but user data may name them.
            self._alias("assistant", metadata.get("assistant_id"))
            self._alias("request", metadata.get("langgraph_request_id"))
            stamped = [key for key in metadata if key in _STAMPS or key.startswith(_STAMPED)]
            metadata = {key: metadata[key] for key in metadata.keys() - stamped}
        return self._unstamped(metadata)

    def _checkpoint_map(self, by_namespace: Any) -> Any:
        if not isinstance(by_namespace, dict):
            return self._data(by_namespace)
        return {
            self._namespace(ns): self._alias("checkpoint", by_namespace[ns]) for ns in sorted(by_namespace)
        }

    def _namespace(self, namespace: Any) -> Any:
        """Write a namespace: ``node:task id`` for each level, joined by ``|``."""
        if not isinstance(namespace, str):
            return self._data(namespace)
        levels = [level.rpartition(":") for level in namespace.split("|")]
        return "|".join(f"{node}:{self._alias('task', id_)}" if colon else id_ for node, colon, id_ in levels)

    def _time(self, checkpoint: str | None, time: Any) -> Any:
        if not isinstance(time, str):
            return self._data(time)
        alias = self._alias("time", f"{checkpoint} {time}")
        self._references.setdefault(time, alias)
        return alias

    def _object(self, keys: Mapping[str, Write]) -> Write:
        """Return a writer of an object: it writes the keys in ``keys`` first, then the rest as user data."""

        def write(value: Any) -> Any:
            if not isinstance(value, dict):
                return self._data(value)
            known = {key: keys[key](value[key]) for key in keys if value.get(key) not in (None, "")}
            return known | {key: self._data(value[key]) for key in sorted(value) if key not in keys}

        return write

    def _each(self, write: Write) -> Write:
        return lambda items: [write(item) for item in items] if isinstance(items, list) else self._data(items)

    def _named(self, kind: str) -> Write:
        return lambda identity: self._alias(kind, identity)

    def _alias(self, kind: str, identity: Any) -> Any:
        if not isinstance(identity, str) or not identity:
            return identity
        alias = self._aliases.get((kind, identity))
        if alias is None:
            self._counts[kind] += 1
            alias = self._aliases[kind, identity] = f"<{kind} {self._counts[kind]}>"
            if kind != "message" or len(identity) >= _SHORTEST_REFERENCE:
                self._references.setdefault(identity, alias)
        return alias

    def _data(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._references.get(value, value)
        if isinstance(value, dict):
            is_message = "content" in value and ("type" in value or "role" in value)
            written: Json = {}
            for key in sorted(value):
                if is_message and key == "id":
                    written[key] = self._alias("message", value[key])
                else:
                    written[self._references.get(key, key)] = self._data(value[key])
            return written
        if isinstance(value, list):
            items: list[Any] = []  # no comprehension: it would double the depth of the recursion
            for item in value:
                items.append(self._data(item))
            return items
        return value


def _without_repetitions(state: State) -> Json:
    """Return a state without the values that only repeat its checkpoints, its parents and its tasks."""
    checkpoint, parent = object_at(state, "checkpoint"), object_at(state, "parent_checkpoint")
    repeated = {
        "thread_id": checkpoint.get("thread_id"),
        "checkpoint_id": checkpoint.get("checkpoint_id"),
        "parent_checkpoint_id": parent.get("checkpoint_id"),
        "interrupts": [interrupt for task in tasks_of(state) for interrupt in task.get("interrupts") or ()],
    }
    # LangGraph's server in Python stamps an update with its config; its server in JavaScript does not.
    stamp = {key: checkpoint.get(key) for key in ("thread_id", "checkpoint_ns")}
    stamp["checkpoint_id"] = parent_checkpoint_id(state)
    # LangGraph puts the checkpoint map of a parent together from these.
    parents, namespace = object_at(state, "metadata").get("parents"), parent.get("checkpoint_ns")
    parent_map = {}
    if isinstance(parents, dict) and isinstance(namespace, str):
        parent_map["checkpoint_map"] = parents | {namespace: stamp["checkpoint_id"]}
    return {
        **_without(state, repeated),
        "parent_checkpoint": _without(state.get("parent_checkpoint"), parent_map),
        "metadata": _without(state.get("metadata"), stamp),
    }


def _without(holder: Any, repeated: Mapping[str, Any]) -> Any:
    """Return ``holder`` without the keys that only repeat a value."""
    if not isinstance(holder, dict):
        return holder
    return {key: value for key, value in holder.items() if key not in repeated or value != repeated[key]}
