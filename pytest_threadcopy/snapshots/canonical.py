"""A history in a canonical form: the same from run to run and from deployment to deployment."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pytest_threadcopy.histories.thread_ids import State, checkpoint_id, parent_checkpoint_id

_STAMPED = ("langgraph_", "threadcopy", "x-")
_STAMPS = frozenset({"assistant_id", "created_by", "ls_integration", "run_attempt", "user-agent", "user_id"})
_SHORTEST_REFERENCE = 16


def canonical_history(states: Iterable[State]) -> list[dict[str, Any]]:
    """Return a history in canonical form, newest checkpoint first as it came.

    *Ids become aliases.* The ids of threads, checkpoints, runs, tasks, interrupts and messages become
    ``<thread 1>``, ``<checkpoint 3>`` and so on wherever a state keeps an id, so that the form still tells
    who refers to whom. Numbers count from the oldest checkpoint up: a checkpoint that is appended renumbers
    nothing. A namespace keeps its node names: ``inner:<task 2>``. ``created_at`` becomes ``<time 3>``, one
    for each checkpoint, since whether two checkpoints share a millisecond is chance.

    *User data stays as it is*: values, task results, errors, interrupt values, the user's metadata. Two
    things in it would change with each run, and are aliased too: the ``id`` of a message (an object with an
    ``id``, a ``content`` and a ``type`` or ``role``), and a string or key that is, as a whole, an id which
    the history shows elsewhere. Text that quotes an id keeps it, as does an id of another thread. A message
    id of fewer than 16 characters was chosen by someone and may be a word as well: only the message's own
    ``id`` is aliased then.

    *What says nothing about the thread is left out*, so that deployments can agree: metadata that a server,
    a request or this plugin stamped (``langgraph_*`` with its versions and addresses, ``x-*``,
    ``user-agent``, ``assistant_id``, ``created_by``, ``ls_integration``, ``run_attempt``, ``user_id``,
    ``threadcopy*``); a key of the state itself that is null, or a namespace that is empty, since other
    servers leave these out; and what only repeats: ``checkpoint_id``, ``parent_checkpoint_id``,
    ``interrupts``, ``thread_id``, ``metadata.thread_id``, ``metadata.checkpoint_ns``,
    ``metadata.checkpoint_id`` (if it is the parent's) and ``parent_checkpoint.checkpoint_map``, if they agree
    with ``checkpoint``, ``parent_checkpoint``, ``metadata.parents`` and ``tasks``. Where they contradict
    these they stay.

    Args:
        states: Thread states, newest first, as ``GET /threads/{id}/history`` returns them. Not changed.

    Raises:
        TypeError: It is no iterable of JSON objects.
    """
    if isinstance(states, str | bytes | dict) or not isinstance(states, Iterable):
        raise TypeError(f"a history is a list of thread states, newest first, not {type(states).__name__}")
    history = list(states)
    for index, state in enumerate(history):
        if not isinstance(state, dict):
            raise TypeError(f"item {index} of the history is no thread state but {type(state).__name__}")
    aliases = _Aliases()
    # The first reading numbers the ids, so that the second knows an id that user data names beforehand.
    for state in reversed(history):
        aliases.state(state)
    return [aliases.state(state) for state in history]


class _Aliases:
    """The aliases of one history; each method writes one kind of thing with them.

    An id gets its alias when it is first written.
    """

    def __init__(self) -> None:
        self._aliases: dict[tuple[str, str], str] = {}
        self._references: dict[str, str] = {}
        self._counts: Counter[str] = Counter()

    def state(self, state: Any) -> Any:
        if not isinstance(state, dict):
            return self._data(state)
        return self._object(
            _without(state, _told_of_state(state)),
            {
                "thread_id": self._named("thread"),
                "parent_checkpoint": lambda parent: self._checkpoint(
                    _without(parent, _told_of_parent(state))
                ),
                "parent_checkpoint_id": self._named("checkpoint"),
                "parent_config": self._config,
                "checkpoint": self._checkpoint,
                "checkpoint_id": self._named("checkpoint"),
                "config": self._config,
                "configurable": self._checkpoint,
                "created_at": lambda time: self._time(checkpoint_id(state), time),
                "metadata": lambda metadata: self._metadata(_without(metadata, _told_of_origin(state))),
                "values": self._data,
                "tasks": self._each(self._task),
                "interrupts": self._each(self._interrupt),
            },
        )

    def _checkpoint(self, checkpoint: Any) -> Any:
        return self._object(checkpoint, self._checkpoint_keys())

    def _checkpoint_keys(self) -> dict[str, Callable[[Any], Any]]:
        return {
            "thread_id": self._named("thread"),
            "checkpoint_ns": self._namespace,
            "checkpoint_map": self._checkpoint_map,
            "checkpoint_id": self._named("checkpoint"),
        }

    def _config(self, config: Any) -> Any:
        return self._object(config, {"configurable": self._checkpoint})

    def _metadata(self, metadata: Any) -> Any:
        if not isinstance(metadata, dict):
            return self._data(metadata)
        # They are left out below, but user data may name them.
        self._alias("assistant", metadata.get("assistant_id"))
        self._alias("request", metadata.get("langgraph_request_id"))
        kept = {key: value for key, value in metadata.items() if not _is_stamped(key)}
        ids = {"run_id": self._named("run"), "parents": self._checkpoint_map}
        return self._object(kept, self._checkpoint_keys() | ids)

    def _task(self, task: Any) -> Any:
        return self._object(
            task,
            {
                "checkpoint": self._checkpoint,
                "id": self._named("task"),
                "error": self._data,
                "interrupts": self._each(self._interrupt),
                "state": self.state,
                "result": self._data,
            },
        )

    def _interrupt(self, interrupt: Any) -> Any:
        named = self._named("interrupt")
        # Servers on LangGraph before 0.6 send ``interrupt_id`` and ``ns``.
        return self._object(
            interrupt,
            {"id": named, "interrupt_id": named, "ns": self._each(self._namespace), "value": self._data},
        )

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
        return "|".join(
            f"{node}:{self._alias('task', last)}" if colon else last for node, colon, last in levels
        )

    def _time(self, checkpoint: str | None, time: Any) -> Any:
        if not isinstance(time, str):
            return self._data(time)
        alias = self._alias("time", f"{checkpoint} {time}")
        self._references.setdefault(time, alias)
        return alias

    def _object(self, value: Any, keys: Mapping[str, Callable[[Any], Any]]) -> Any:
        """Write an object whose ``keys`` have a meaning, in their order; the rest of it is user data."""
        if not isinstance(value, dict):
            return self._data(value)
        known = {key: write(value[key]) for key, write in keys.items() if value.get(key) not in (None, "")}
        return known | {key: self._data(value[key]) for key in sorted(value) if key not in keys}

    def _each(self, write: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda items: [write(item) for item in items] if isinstance(items, list) else self._data(items)

    def _named(self, kind: str) -> Callable[[Any], Any]:
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
            written: dict[str, Any] = {}
            for key in sorted(value):
                item = value[key]
                if is_message and key == "id":
                    written[key] = self._alias("message", item)
                else:
                    written[self._references.get(key, key)] = self._data(item)
            return written
        if isinstance(value, list):
            items: list[Any] = []  # no comprehension: it would double the depth of the recursion
            for item in value:
                items.append(self._data(item))
            return items
        return value


def _without(holder: Any, told: Mapping[str, Any]) -> Any:
    """Return ``holder`` without the keys that only say again what is told elsewhere."""
    if not isinstance(holder, dict):
        return holder
    return {key: value for key, value in holder.items() if key not in told or value != told[key]}


def _told_of_state(state: State) -> dict[str, Any]:
    """Return what a state's checkpoints and tasks say, under the keys of the state that repeat it."""
    tasks = state.get("tasks")
    tasks = [task for task in tasks if isinstance(task, dict)] if isinstance(tasks, list) else []
    return {
        "thread_id": _member(state, "checkpoint", "thread_id"),
        "checkpoint_id": _member(state, "checkpoint", "checkpoint_id"),
        "parent_checkpoint_id": _member(state, "parent_checkpoint", "checkpoint_id"),
        "interrupts": [interrupt for task in tasks for interrupt in task.get("interrupts") or ()],
    }


def _told_of_origin(state: State) -> dict[str, Any]:
    """Return what a state says of where it was written, under the keys of metadata that repeat it.

    LangGraph's server in Python stamps an update with the config that it was given; its server in JavaScript
    does not.
    """
    return {
        "thread_id": _member(state, "checkpoint", "thread_id"),
        "checkpoint_ns": _member(state, "checkpoint", "checkpoint_ns"),
        "checkpoint_id": parent_checkpoint_id(state),
    }


def _told_of_parent(state: State) -> dict[str, Any]:
    """Return the checkpoint map of a state's parent, which LangGraph puts together from these."""
    parents = _member(state, "metadata", "parents")
    namespace = _member(state, "parent_checkpoint", "checkpoint_ns")
    if not isinstance(parents, dict) or not isinstance(namespace, str):
        return {}
    return {"checkpoint_map": parents | {namespace: parent_checkpoint_id(state)}}


def _member(state: State, holder: str, key: str) -> Any:
    held = state.get(holder)
    return held.get(key) if isinstance(held, dict) else None


def _is_stamped(key: str) -> bool:
    return key in _STAMPS or key.startswith(_STAMPED)
