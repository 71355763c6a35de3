"""How the contract compares histories that a deployment shows differently from read to read."""

from itertools import chain, repeat
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pytest_threadcopy.api.client import Client
from pytest_threadcopy.contract.steps.reading import Reading, namespaces_of
from pytest_threadcopy.histories.comparison import HistoriesDiffer
from pytest_threadcopy.reproduction.violation import Compared

FETCH = {"id": "t1", "name": "fetch", "result": {"data": 1}}
ASK = {"id": "t2", "name": "ask", "result": None}
BOTH = Compared("source", "copy")


def reading(notes: list[str] | None = None) -> Reading:
    client = cast("Client", SimpleNamespace(threads=None))
    return Reading(client, ([] if notes is None else notes).append)


def state(*tasks: Any) -> Any:
    return {"checkpoint": {"checkpoint_id": "c1"}, "tasks": list(tasks)}


def test_tasks_that_stand_in_another_order_now_and_then_are_compared_by_name() -> None:
    reads = chain(repeat([state(FETCH, ASK)], 5), repeat([state(ASK, FETCH)]))
    notes: list[str] = []
    reading(notes).equal(next(reads), [state(ASK, FETCH)], again=lambda: next(reads))
    assert notes == ["the order of tasks, which differs between two reads, is not compared"]


def test_a_value_that_a_reordered_task_lost_differs() -> None:
    reads = chain([[state(FETCH, ASK)]], repeat([state(ASK, FETCH)]))
    lost = state(ASK, {**FETCH, "result": None})
    with pytest.raises(HistoriesDiffer, match=r"tasks\[1\]\.result"):
        reading().equal(next(reads), [lost], again=lambda: next(reads))


def test_another_order_is_a_difference_where_the_source_keeps_its_own() -> None:
    with pytest.raises(HistoriesDiffer):
        reading().equal([state(FETCH, ASK)], [state(ASK, FETCH)], again=lambda: [state(FETCH, ASK)])


def test_a_place_that_changes_at_each_read_is_masked_with_a_note() -> None:
    notes: list[str] = []
    reading(notes).alike(
        {"id": 10, "kept": 1}, {"id": 11, "kept": 1}, "", BOTH, again=lambda: {"id": 12, "kept": 1}
    )
    assert notes == ["masked, since two reads differ there: id"]


def test_the_place_beside_it_is_compared() -> None:
    with pytest.raises(AssertionError, match="kept"):
        reading().alike(
            {"id": 10, "kept": 1}, {"id": 11, "kept": 2}, "", BOTH, again=lambda: {"id": 12, "kept": 1}
        )


@pytest.mark.parametrize(
    "task",
    [
        {"checkpoint": {"checkpoint_ns": "inner:1"}},
        {"state": {"checkpoint": {"checkpoint_ns": "inner:1"}}},
        {"state": {"configurable": {"checkpoint_ns": "inner:1"}}},
        {"state": {"config": {"configurable": {"checkpoint_ns": "inner:1"}}}},
        {"state": {"tasks": [{"checkpoint": {"checkpoint_ns": "inner:1"}}]}},
    ],
)
def test_a_namespace_is_found_wherever_a_state_shows_it(task: Any) -> None:
    assert set(namespaces_of({"tasks": [task]})) == {"inner:1"}
