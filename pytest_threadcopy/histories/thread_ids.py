"""Where a thread state holds its own thread's id: the structural positions, and nothing else.

Only these positions differ between a thread and a faithful copy of it (contract, "Structural positions of
a thread id"): a state's own ``thread_id``, its ``checkpoint``, ``parent_checkpoint`` and ``metadata``,
``config`` and ``parent_config`` through their ``configurable``, ``tasks[*].checkpoint``, and the same again
inside ``tasks[*].state`` at any depth. User data is never looked at.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pytest_threadcopy.schemas import Json

State = Mapping[str, Any]
Path = tuple[str | int, ...]
Rewrite = Callable[[Path, Any], Any]

_HOLDERS = ("checkpoint", "parent_checkpoint", "metadata")
_CONFIGS = ("config", "parent_config")
_PARENTS = ("parent_checkpoint", "parent_config", "parent_checkpoint_id")
_PLACES: dict[str, Path] = {key: (key, "thread_id") for key in (*_HOLDERS, "configurable")}


def rewrite_thread_ids(state: State, rewrite: Rewrite, path: Path = ()) -> Json:
    """Return ``state`` with each structural thread id replaced by what ``rewrite(path, id)`` returns.

    Positions that are absent or null are left alone: all are optional on the wire. ``state`` is not changed;
    the result shares with it all that is not on the way to a structural position.
    """
    state = dict(state)
    if state.get("thread_id") is not None:
        state["thread_id"] = rewrite((*path, "thread_id"), state["thread_id"])
    for key in _HOLDERS:
        _rewrite_in(state, key, rewrite, path)
    for key in _CONFIGS:
        config = state.get(key)
        if isinstance(config, dict) and "configurable" in config:
            state[key] = config = dict(config)
            _rewrite_in(config, "configurable", rewrite, (*path, key))
    tasks = state.get("tasks")
    if tasks and isinstance(tasks, list):
        state["tasks"] = [_rewrite_task(task, rewrite, (*path, "tasks", i)) for i, task in enumerate(tasks)]
    return state


def _rewrite_in(parent: Json, key: str, rewrite: Rewrite, path: Path) -> None:
    holder = parent.get(key)
    if isinstance(holder, dict) and holder.get("thread_id") is not None:
        parent[key] = holder = holder.copy()
        holder["thread_id"] = rewrite(path + _PLACES[key], holder["thread_id"])


def _rewrite_task(task: Any, rewrite: Rewrite, path: Path) -> Any:
    if not isinstance(task, dict) or not (task.get("checkpoint") or task.get("state")):
        return task
    task = dict(task)
    _rewrite_in(task, "checkpoint", rewrite, path)
    if isinstance(task.get("state"), dict):
        # A subgraph's state is a whole thread state, or only the bare config to ask for one.
        task["state"] = rewrite_thread_ids(task["state"], rewrite, (*path, "state"))
        _rewrite_in(task["state"], "configurable", rewrite, (*path, "state"))
    return task


def structural_thread_ids(state: State) -> list[tuple[Path, Any]]:
    """Return each structural position of ``state`` that holds a thread id, with that id.

    Also serves for a thread object, which holds its id at its top level and in ``metadata`` and ``config``.
    """
    positions: list[tuple[Path, Any]] = []

    def note(path: Path, thread_id: Any) -> Any:
        positions.append((path, thread_id))
        return thread_id

    rewrite_thread_ids(state, note)
    return positions


def checkpoint_id(state: State) -> str | None:
    """Return the id of the checkpoint that ``state`` shows, wherever the deployment puts it, or None."""
    return _id_at(state, "checkpoint", "config", "checkpoint_id")


def parent_checkpoint_id(state: State) -> str | None:
    """Return the id of the parent of the checkpoint that ``state`` shows, or None."""
    return _id_at(state, *_PARENTS)


def shows_parent(state: State) -> bool:
    """Tell whether ``state`` has a place for a parent link, even if that link is null."""
    return any(key in state for key in _PARENTS)


def object_at(holder: Mapping[str, Any], key: str) -> Json:
    """Return the object that ``holder`` has at ``key``, or an empty one."""
    value = holder.get(key)
    return value if isinstance(value, dict) else {}


def tasks_of(state: State) -> list[Json]:
    """Return the tasks of ``state`` that are objects."""
    tasks = state.get("tasks")
    return [task for task in tasks if isinstance(task, dict)] if isinstance(tasks, list) else []


def _id_at(state: State, checkpoint: str, config: str, key: str) -> str | None:
    identity = (
        object_at(state, checkpoint).get("checkpoint_id")
        or object_at(object_at(state, config), "configurable").get("checkpoint_id")
        or state.get(key)
    )
    return str(identity) if identity else None
