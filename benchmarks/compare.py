"""Measures `compare_histories` in memory against a plain ``==``, a walk in Python, and deepdiff."""

import json
import time
from collections.abc import Callable
from typing import Any

from deepdiff import DeepDiff

from benchmarks.measure import Row, medians, milliseconds, print_table
from pytest_threadcopy import compare_histories
from pytest_threadcopy.histories.difference import differences

CHECKPOINTS = 1000
DIFFERENT = 700
PAGE = 100
DEEPDIFF_CHECKPOINTS = 100

State = dict[str, Any]
Values = Callable[[int], dict[str, Any]]


def messages(step: int) -> dict[str, Any]:
    """Values of many small objects: a conversation of 52 messages."""
    first = 2 * step
    return {
        "messages": [
            {
                "id": f"run-{number:08x}-6d1c-4c57-9c1b-0242ac120002",
                "type": ("human", "ai")[number % 2],
                "content": f"Message {number} of a conversation about where to go.",
                "tokens": number % 400,
                "seconds": number / 8,
            }
            for number in range(first, first + 52)
        ],
        "counter": step,
    }


def documents(step: int) -> dict[str, Any]:
    """Values of few long strings: two texts of 4 KB."""
    page = f"Page {step} of a long report that an assistant was asked to read. "
    return {"documents": [{"text": page * 66, "page": step}, {"text": page[::-1] * 66, "page": step}]}


def fetched(thread_id: str, values: Values) -> list[State]:
    """Return a history as a client fetches it: decoded from JSON, page by page."""
    states = [_state(step, thread_id, values(step)) for step in reversed(range(CHECKPOINTS))]
    pages = [json.dumps(states[start : start + PAGE]) for start in range(0, CHECKPOINTS, PAGE)]
    return [state for page in pages for state in json.loads(page)]


def _state(step: int, thread_id: str, values: dict[str, Any]) -> State:
    def checkpoint(number: int) -> dict[str, str]:
        return {
            "checkpoint_id": f"1f1e6787-{number:04x}-698c-8002-da0937ed1766",
            "thread_id": thread_id,
            "checkpoint_ns": "",
        }

    task = {
        "id": f"8929cab5-{step:04x}-b83f-c799-26c8cc9ce5ab",
        "name": "greet",
        "path": ["__pregel_pull", "greet"],
        "error": None,
        "interrupts": [],
        "checkpoint": None,
        "state": None,
        "result": {"counter": step},
    }
    return {
        "values": values,
        "next": ["greet"],
        "tasks": [task],
        "metadata": {"thread_id": thread_id, "source": "loop", "step": step, "parents": {}},
        "created_at": f"2026-11-22T12:{step // 60 % 60:02}:{step % 60:02}.182614+00:00",
        "checkpoint": checkpoint(step),
        "parent_checkpoint": checkpoint(step - 1) if step else None,
        "interrupts": [],
        "checkpoint_id": checkpoint(step)["checkpoint_id"],
        "parent_checkpoint_id": checkpoint(step - 1)["checkpoint_id"] if step else None,
    }


def measure(title: str, values: Values) -> None:
    """Measure histories of one kind of values, and print their table."""
    # `==` gets one thread twice: on a thread and its copy, it would stop at the first thread id.
    original, same, copy, changed = (fetched(thread_id, values) for thread_id in ("a", "a", "b", "b"))
    # An integer becomes a float: to `==` both are equal, so it compares all of the history.
    changed[DIFFERENT]["tasks"][0]["result"]["counter"] *= 1.0
    assert original == same
    assert compare_histories(original, copy)
    assert len(compare_histories(original, changed).differences) == 1
    few, few_same = original[:DEEPDIFF_CHECKPOINTS], same[:DEEPDIFF_CHECKPOINTS]
    plain, equal, different, walk = medians(
        {
            "plain": lambda: original == same,
            "equal": lambda: compare_histories(original, copy),
            "different": lambda: compare_histories(original, changed),
            "walk": lambda: list(differences(original, same)),
        },
        repetitions=15,
        clock=time.process_time,
    ).values()
    few_plain, deepdiff = medians(
        {"plain": lambda: few == few_same, "deepdiff": lambda: DeepDiff(few, few_same)},
        repetitions=3,
        clock=time.process_time,
    ).values()
    size = len(json.dumps(original[0])) / 1024
    print_table(
        f"{title}: {CHECKPOINTS:,} checkpoints of {size:.1f} KB",
        [
            Row("`==`, without types, on equal thread ids", milliseconds(plain), 1.0),
            Row("`compare_histories`, equal", milliseconds(equal), equal / plain, 4),
            Row(
                f"`compare_histories`, one difference at checkpoint {DIFFERENT}",
                milliseconds(different),
                different / plain,
                6,
            ),
            Row("a strict walk in Python", milliseconds(walk), walk / plain),
            Row(
                f"deepdiff, on {DEEPDIFF_CHECKPOINTS} checkpoints, against `==` on these",
                milliseconds(deepdiff),
                deepdiff / few_plain,
            ),
        ],
    )


def main() -> None:
    """Measure histories of both kinds of values."""
    measure("Many small messages", messages)
    measure("Few long strings", documents)


if __name__ == "__main__":
    main()
