"""The structural positions of a thread id are found at any depth, and no other positions."""

import copy
from typing import Any

import pytest

from pytest_threadcopy import compare_histories
from pytest_threadcopy.histories.thread_ids import (
    checkpoint_id,
    parent_checkpoint_id,
    rewrite_thread_ids,
    shows_parent,
    structural_thread_ids,
)
from tests.lab.servers.histories import State, history


def thread_state(thread_id: str, depth: int = 2) -> State:
    """A state with its thread's id at every structural position, in subgraphs down to this depth."""
    own = {"thread_id": thread_id, "checkpoint_id": "c1"}
    configurable = {"configurable": own}
    tasks = [
        {"id": "t0", "checkpoint": own, "state": thread_state(thread_id, depth - 1) if depth else None},
        {"id": "t1", "checkpoint": own, "state": configurable},
        {"id": "t2", "checkpoint": None, "state": None},
    ]
    return {
        "values": {"thread_id": "user data", "tasks": [{"checkpoint": {"thread_id": "user data"}}]},
        "thread_id": thread_id,
        "checkpoint": own,
        "parent_checkpoint": own,
        "metadata": {"thread_id": thread_id, "about": {"thread_id": "user data"}},
        "config": configurable,
        "parent_config": configurable,
        "tasks": tasks,
        "interrupts": [{"value": {"thread_id": "user data"}}],
    }


POSITIONS = [path for path, _ in structural_thread_ids(thread_state("any"))]


def replace_at(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    if not path:
        return new
    changed = copy.copy(value)
    changed[path[0]] = replace_at(value[path[0]], path[1:], new)
    return changed


def test_every_position_of_a_state_is_known() -> None:
    positions = structural_thread_ids(thread_state("t", depth=0))
    assert [".".join(map(str, path)) for path, _ in positions] == [
        "thread_id",
        "checkpoint.thread_id",
        "parent_checkpoint.thread_id",
        "metadata.thread_id",
        "config.configurable.thread_id",
        "parent_config.configurable.thread_id",
        "tasks.0.checkpoint.thread_id",
        "tasks.1.checkpoint.thread_id",
        "tasks.1.state.configurable.thread_id",
    ]
    assert {thread_id for _, thread_id in positions} == {"t"}


@pytest.mark.parametrize("depth", [0, 1, 5, 50])
def test_the_same_positions_are_known_in_subgraphs_at_any_depth(depth: int) -> None:
    assert len(structural_thread_ids(thread_state("t", depth))) == 9 * (depth + 1)


def test_states_that_differ_in_structural_positions_alone_are_equal() -> None:
    assert compare_histories([thread_state("source")], [thread_state("copy")])


@pytest.mark.parametrize("path", POSITIONS, ids=lambda path: ".".join(map(str, path)))
def test_one_stray_source_id_is_reported_with_its_path(path: tuple[str | int, ...]) -> None:
    stray = replace_at(thread_state("copy"), path, "source")
    (difference,) = compare_histories([thread_state("source")], [stray]).differences
    assert difference.kind == "thread id"
    assert difference.path.replace("[", ".").replace("]", "") == ".".join(map(str, path))
    assert (difference.original, difference.copy) == ("<its own thread's id>", '"source"')


@pytest.mark.parametrize("path", POSITIONS, ids=lambda path: ".".join(map(str, path)))
@pytest.mark.parametrize("nothing", [None, ""], ids=["null", "empty"])
def test_a_position_that_lost_its_id_differs(path: tuple[str | int, ...], nothing: str | None) -> None:
    lost = replace_at(thread_state("copy"), path, nothing)
    (difference,) = compare_histories([thread_state("source")], [lost]).differences
    assert difference.path.replace("[", ".").replace("]", "") == ".".join(map(str, path))


def test_a_stray_id_in_an_older_checkpoint_is_reported_with_that_checkpoint() -> None:
    copied = history("copy", 5)
    copied[3]["metadata"]["thread_id"] = "source"
    (difference,) = compare_histories(history("source", 5), copied).differences
    assert difference.where.startswith("history[3]: checkpoint c1")


def test_a_copy_that_shows_the_source_id_everywhere_is_not_a_thread_of_its_own() -> None:
    assert not compare_histories([thread_state("source")], [thread_state("source")])


def test_a_third_threads_id_in_the_original_is_reported_too() -> None:
    original = history("source", 2)
    original[0]["metadata"]["thread_id"] = "a third"
    (difference,) = compare_histories(original, history("copy", 2)).differences
    assert (difference.original, difference.copy) == ('"a third"', "<its own thread's id>")


def test_rewriting_does_not_change_the_state() -> None:
    state = thread_state("t")
    before = copy.deepcopy(state)
    rewritten = rewrite_thread_ids(state, lambda path, thread_id: "new")
    assert state == before
    assert rewritten == thread_state("new")


def test_user_data_is_shared_not_copied() -> None:
    state = thread_state("t")
    assert rewrite_thread_ids(state, lambda path, thread_id: "new")["values"] is state["values"]


@pytest.mark.parametrize(
    "odd",
    [
        {"tasks": None},
        {"tasks": "none"},
        {"tasks": ["t", None, {"state": "none", "checkpoint": []}]},
        {"metadata": None, "checkpoint": "c1", "config": None, "parent_config": {"configurable": None}},
    ],
)
def test_an_odd_state_has_no_positions_and_is_left_alone(odd: State) -> None:
    assert structural_thread_ids(odd) == []
    assert rewrite_thread_ids(odd, lambda path, thread_id: "new") == odd


@pytest.mark.parametrize(
    "state",
    [
        {"checkpoint": {"checkpoint_id": "c1"}},
        {"config": {"configurable": {"checkpoint_id": "c1"}}},
        {"checkpoint_id": "c1"},
        {"checkpoint": {"checkpoint_id": "c1"}, "checkpoint_id": "deprecated"},
    ],
)
def test_a_checkpoint_id_is_found_wherever_a_deployment_puts_it(state: State) -> None:
    assert checkpoint_id(state) == "c1"


@pytest.mark.parametrize(
    "state",
    [
        {"parent_checkpoint": {"checkpoint_id": "c0"}},
        {"parent_config": {"configurable": {"checkpoint_id": "c0"}}},
        {"parent_checkpoint_id": "c0"},
    ],
)
def test_a_parent_link_is_found_wherever_a_deployment_puts_it(state: State) -> None:
    assert shows_parent(state)
    assert parent_checkpoint_id(state) == "c0"


def test_a_null_parent_link_is_shown_and_an_absent_one_is_not() -> None:
    assert shows_parent({"parent_checkpoint": None})
    assert parent_checkpoint_id({"parent_checkpoint": None}) is None
    assert not shows_parent({"checkpoint": {"checkpoint_id": "c1"}})
