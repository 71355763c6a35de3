"""Checks of the structure of an answer, as far as the code walks it. Values may be anything.

Each check takes decoded JSON and returns the problem in words, empty if there is none. So a wrong structure
is reported where it arrives, and no test finds a list where it expects an object.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pytest_threadcopy.schemas import Json

T = TypeVar("T")
Check = Callable[[T], str]
"""A check of any value; a value that passes is a ``T``."""
_NAMES: dict[type, str] = {dict: "object", list: "list", str: "text"}


def anything(_: Any) -> str:
    """Accept any value."""
    return ""


def an_object(value: Json) -> str:
    """Check that a value is an object."""
    return "" if isinstance(value, dict) else "a value that is no object"


def a_thread(thread: Json) -> str:
    """Check a thread object."""
    if not isinstance(thread, dict):
        return "a value that is no thread object"
    if not is_id(thread.get("thread_id")):
        return "a thread that names no thread_id"
    wrong = _wrong(thread, {"metadata": dict})
    interrupts = thread.get("interrupts")
    if not wrong and interrupts is not None:
        by_task = interrupts.values() if isinstance(interrupts, dict) else [interrupts]
        wrong = "" if all(map(_are_objects, by_task)) else "whose interrupts are no lists of objects"
    return wrong and f"a thread {wrong}"


def a_state(state: Any) -> str:
    """Check a thread state."""
    if not isinstance(state, dict):
        return "a value that is no thread state"
    wrong = _wrong_in_state(state)
    return wrong and f"a thread state {wrong}"


def a_list(check: Check[T], items: str) -> Check[list[T]]:
    """Return a check of a list: each item must pass ``check``. Messages call the items ``items``."""

    def list_of(value: list[T]) -> str:
        if not isinstance(value, list):
            return f"a value that is no list of {items}"
        return next(filter(None, map(check, value)), "")

    return list_of


THREAD_STATES = a_list(a_state, "thread states")
"""Check a list of thread states."""


def an_assistant(assistant: Json) -> str:
    """Check an assistant."""
    if not isinstance(assistant, dict):
        return "a value that is no assistant"
    if not is_id(assistant.get("assistant_id")):
        return "an assistant that names no assistant_id"
    wrong = _wrong(assistant, {"graph_id": str})
    return wrong and f"an assistant {wrong}"


def is_id(value: Any) -> bool:
    """Whether a value can be an id: text that is not empty. A `LongInteger` is a str too, and no id."""
    return type(value) is str and value != ""


_STATE = {
    "checkpoint": dict,
    "parent_checkpoint": dict,
    "metadata": dict,
    "tasks": list,
    "next": list,
    "interrupts": list,
    "checkpoint_id": str,
    "parent_checkpoint_id": str,
}
_CHECKPOINT = {"checkpoint_id": str, "checkpoint_ns": str}
_TASK = {"interrupts": list, "checkpoint": dict, "state": dict}


def _wrong_in_state(state: Mapping[str, Any]) -> str:
    wrong = _wrong(state, _STATE)
    for holder in ("checkpoint", "parent_checkpoint"):
        wrong = wrong or _wrong(state.get(holder) or {}, _CHECKPOINT, f"{holder}.")
    return wrong or next(filter(None, map(_wrong_in_task, state.get("tasks") or [])), "")


def _wrong_in_task(task: Any) -> str:
    if not isinstance(task, dict):
        return "whose tasks are no objects"
    wrong = _wrong(task, _TASK, "tasks[*].")
    wrong = wrong or _wrong(task.get("checkpoint") or {}, _CHECKPOINT, "tasks[*].checkpoint.")
    if not wrong and not _are_objects(task.get("interrupts") or []):
        wrong = "whose tasks[*].interrupts are no objects"
    return wrong or _wrong_in_state(task.get("state") or {})


def _wrong(holder: Mapping[str, Any], kinds: Mapping[str, type], where: str = "") -> str:
    """Name the first key whose value is neither null nor of the kind that it must have."""
    for key, kind in kinds.items():
        if holder.get(key) is not None and not isinstance(holder[key], kind):
            return f"whose {where}{key} is no {_NAMES[kind]}"
    return ""


def _are_objects(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, dict) for value in values)
