"""The schemas by example: the answers of faithful deployments are valid, faulty ones are not."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_threadcopy.schemas import SchemaViolation, assert_valid
from tests.lab.schema_examples import CONFIG_STATE, MISSING, NEVER_RAN, STATE, THIN_STATE, THREAD, changed


@pytest.mark.parametrize(
    ("name", "instance"),
    [
        pytest.param("thread", THREAD, id="full thread"),
        pytest.param("thread", {"thread_id": "t1"}, id="copy answered with its id alone"),
        pytest.param("thread", THREAD | {"values": None, "interrupts": {}}, id="fresh thread, null values"),
        pytest.param("thread", THREAD | {"interrupts": STATE["interrupts"]}, id="interrupts in a list"),
        pytest.param("thread", THREAD | {"error": {"error": "ValueError"}}, id="thread in error"),
        pytest.param("thread_state", STATE, id="full state"),
        pytest.param("thread_state", THIN_STATE, id="thin state"),
        pytest.param("thread_state", CONFIG_STATE, id="config in place of checkpoint"),
        pytest.param("thread_state", NEVER_RAN, id="never ran, no metadata"),
        pytest.param("thread_state", NEVER_RAN | {"metadata": None, "interrupts": []}, id="never ran, nulls"),
        pytest.param(
            "thread_state",
            NEVER_RAN | {"checkpoint": {"checkpoint_id": None, "thread_id": "t1"}, "metadata": {}},
            id="never ran, null checkpoint_id",
        ),
        pytest.param("thread_state", STATE | {"values": [1, "two"]}, id="values that are a list"),
        pytest.param("thread_state", STATE | {"values": "text"}, id="values that are a string"),
        pytest.param("thread_state", changed(STATE, "tasks.0.state", STATE), id="whole subgraph state"),
        pytest.param("thread_state", changed(STATE, "tasks.0.state", NEVER_RAN), id="subgraph not begun"),
        pytest.param(
            "thread_state",
            changed(STATE, "tasks.0.state", {"configurable": {"thread_id": "t1", "checkpoint_ns": "ask:1"}}),
            id="bare config of a subgraph",
        ),
        pytest.param("thread_state", changed(STATE, "tasks.0.error", "ValueError('no')"), id="failed task"),
        pytest.param("thread_state", changed(STATE, "tasks.0.interrupts", [{"id": "i1"}]), id="interrupt()"),
        pytest.param("thread_state", changed(STATE, "interrupts.0.value", None), id="interrupt(None)"),
        pytest.param("history", [], id="empty history"),
        pytest.param("history", [STATE, THIN_STATE, CONFIG_STATE], id="history of every form"),
        pytest.param("error", {"detail": "Conflict"}, id="detail"),
        pytest.param("error", {"detail": [{"loc": ["path"], "msg": "no UUID"}]}, id="list of problems"),
        pytest.param("error", {"error": "not_found", "message": "gone", "details": None}, id="message"),
        pytest.param("error", {"success": False, "error": {"name": "ZodError"}}, id="success false"),
        pytest.param("error", "Thread not found", id="text"),
    ],
)
def test_the_answers_of_faithful_deployments_are_valid(name: str, instance: object) -> None:
    assert_valid(instance, name)


def _problems(instance: object, name: str) -> list[tuple[str, str]]:
    """Return the path and the rule of each problem of an instance, which must have at least one."""
    with pytest.raises(SchemaViolation) as raised:
        assert_valid(instance, name)
    return [(problem.path, problem.rule.split(":")[0]) for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("place", "value", "path", "rule"),
    [
        ("thread_id", MISSING, "$", "required"),
        ("thread_id", "", "$.thread_id", "minLength"),
        ("thread_id", 7, "$.thread_id", "type"),
        ("thread_id", None, "$.thread_id", "type"),
        ("created_at", None, "$.created_at", "type"),
        ("updated_at", None, "$.updated_at", "type"),
        ("updated_at", "now", "$.updated_at", "pattern"),
        ("state_updated_at", 0, "$.state_updated_at", "type"),
        ("state_updated_at", "now", "$.state_updated_at", "pattern"),
        ("status", "done", "$.status", "enum"),
        ("metadata", [], "$.metadata", "type"),
        ("metadata.thread_id", 7, "$.metadata.thread_id", "type"),
        ("metadata.thread_id", "", "$.metadata.thread_id", "minLength"),
        ("config", [], "$.config", "type"),
        ("config.configurable", [], "$.config.configurable", "type"),
        ("config.configurable.thread_id", "", "$.config.configurable.thread_id", "minLength"),
        ("config.configurable.thread_id", None, "$.config.configurable.thread_id", "type"),
        ("interrupts", "none", "$.interrupts", "type"),
        ("interrupts", ["Which way?"], "$.interrupts[0]", "type"),
        ("interrupts.task1", {"id": "i1"}, "$.interrupts.task1", "type"),
        ("interrupts.task1.0", "Which way?", "$.interrupts.task1[0]", "type"),
    ],
)
def test_a_faulty_thread_is_one_problem(place: str, value: object, path: str, rule: str) -> None:
    assert _problems(changed(THREAD, place, value), "thread") == [(path, rule)]


@pytest.mark.parametrize(
    ("place", "value", "path", "rule"),
    [
        ("values", MISSING, "$", "required"),
        ("next", MISSING, "$", "required"),
        ("next", "ask", "$.next", "type"),
        ("next", None, "$.next", "type"),
        ("next.0", 0, "$.next[0]", "type"),
        ("tasks", MISSING, "$", "required"),
        ("tasks", {}, "$.tasks", "type"),
        ("tasks.0", "ask", "$.tasks[0]", "type"),
        ("tasks.0.id", MISSING, "$.tasks[0]", "required"),
        ("tasks.0.id", "", "$.tasks[0].id", "minLength"),
        ("tasks.0.id", 7, "$.tasks[0].id", "type"),
        ("tasks.0.path", "ask", "$.tasks[0].path", "type"),
        ("tasks.0.name", "", "$.tasks[0].name", "minLength"),
        ("tasks.0.checkpoint.checkpoint_id", 7, "$.tasks[0].checkpoint.checkpoint_id", "type"),
        ("tasks.0.checkpoint", "c1", "$.tasks[0].checkpoint", "type"),
        ("tasks.0.name", None, "$.tasks[0].name", "type"),
        ("tasks.0.checkpoint.thread_id", "", "$.tasks[0].checkpoint.thread_id", "minLength"),
        ("tasks.0.interrupts", {}, "$.tasks[0].interrupts", "type"),
        ("tasks.0.interrupts.0", "Which way?", "$.tasks[0].interrupts[0]", "type"),
        ("tasks.0.state", "ask:1", "$.tasks[0].state", "type"),
        ("interrupts", {}, "$.interrupts", "type"),
        ("interrupts.0", {}, "$.interrupts[0]", "required"),
        ("interrupts.0.id", "", "$.interrupts[0].id", "minLength"),
        ("interrupts.0.id", 7, "$.interrupts[0].id", "type"),
        ("checkpoint", MISSING, "$", "required"),
        ("checkpoint", None, "$.checkpoint", "type"),
        ("checkpoint.checkpoint_id", None, "$.checkpoint.checkpoint_id", "type"),
        ("checkpoint.checkpoint_id", MISSING, "$.checkpoint", "required"),
        ("checkpoint.thread_id", None, "$.checkpoint.thread_id", "type"),
        ("checkpoint.checkpoint_id", "", "$.checkpoint.checkpoint_id", "minLength"),
        ("checkpoint.checkpoint_ns", None, "$.checkpoint.checkpoint_ns", "type"),
        ("checkpoint.checkpoint_map", "", "$.checkpoint.checkpoint_map", "type"),
        ("checkpoint_id", 7, "$.checkpoint_id", "type"),
        ("checkpoint_id", "", "$.checkpoint_id", "minLength"),
        ("parent_checkpoint_id", 7, "$.parent_checkpoint_id", "type"),
        ("parent_checkpoint_id", "", "$.parent_checkpoint_id", "minLength"),
        ("parent_checkpoint.checkpoint_id", MISSING, "$.parent_checkpoint", "required"),
        ("parent_checkpoint.thread_id", "", "$.parent_checkpoint.thread_id", "minLength"),
        ("parent_checkpoint.checkpoint_id", None, "$.parent_checkpoint.checkpoint_id", "type"),
        ("metadata", "{}", "$.metadata", "type"),
        ("metadata.thread_id", None, "$.metadata.thread_id", "type"),
        ("metadata.thread_id", "", "$.metadata.thread_id", "minLength"),
        ("metadata.run_id", 7, "$.metadata.run_id", "type"),
        ("metadata.run_id", "", "$.metadata.run_id", "minLength"),
        ("metadata.source", None, "$.metadata.source", "type"),
        ("metadata.parents", "{}", "$.metadata.parents", "type"),
        ("metadata.step", "1", "$.metadata.step", "type"),
    ],
)
def test_a_faulty_state_is_one_problem(place: str, value: object, path: str, rule: str) -> None:
    assert _problems(changed(STATE, place, value), "thread_state") == [(path, rule)]


@pytest.mark.parametrize(
    ("instance", "path", "rule"),
    [
        ({"oops": 1}, "$", "anyOf"),
        ({"detail": ""}, "$.detail", "minLength"),
        ({"detail": None}, "$.detail", "type"),
        ({"error": {}}, "$.error", "minProperties"),
        ({"detail": []}, "$.detail", "minItems"),
        ({"message": ["no"]}, "$.message", "type"),
        ({"message": ""}, "$.message", "minLength"),
        ("", "$", "minLength"),
        (["no"], "$", "type"),
        (None, "$", "type"),
    ],
)
def test_a_refusal_without_a_message_is_one_problem(instance: object, path: str, rule: str) -> None:
    assert _problems(instance, "error") == [(path, rule)]


def test_an_empty_body_is_no_thread() -> None:
    assert _problems("", "thread") == [("$", "type")]


def test_an_object_is_no_history() -> None:
    assert _problems({"states": []}, "history") == [("$", "type")]


def test_a_state_in_a_history_stands_at_a_checkpoint() -> None:
    assert _problems([STATE, NEVER_RAN], "history") == [("$[1].checkpoint", "type")]


def test_null_is_no_state() -> None:
    assert _problems([STATE, None], "history") == [("$[1]", "type")]


@pytest.mark.parametrize(
    "sign",
    [
        {"next": ["ask"]},
        {"tasks": THIN_STATE["tasks"]},
        {"created_at": "2026-11-22T12:59:40Z"},
        {"metadata": {"step": 1}},
    ],
)
def test_a_state_with_a_sign_of_a_checkpoint_names_it(sign: dict[str, Any]) -> None:
    assert _problems(NEVER_RAN | sign, "thread_state") == [("$.checkpoint", "type")]


@pytest.mark.parametrize(
    ("place", "value", "path", "rule"),
    [
        ("config", None, "$.config", "type"),
        ("config.configurable", MISSING, "$.config", "required"),
        ("config.configurable", None, "$.config.configurable", "type"),
        ("config.configurable.checkpoint_id", MISSING, "$.config.configurable", "required"),
        ("config.configurable.checkpoint_id", None, "$.config.configurable.checkpoint_id", "type"),
        ("config.configurable.thread_id", "", "$.config.configurable.thread_id", "minLength"),
        ("parent_config.configurable.thread_id", "", "$.parent_config.configurable.thread_id", "minLength"),
    ],
)
def test_a_faulty_config_in_place_of_the_checkpoint_is_one_problem(
    place: str, value: object, path: str, rule: str
) -> None:
    assert _problems(changed(CONFIG_STATE, place, value), "thread_state") == [(path, rule)]


def test_a_fault_inside_a_subgraph_state_is_found() -> None:
    nested = changed(STATE, "tasks.0.state", changed(STATE, "next", "ask"))

    assert _problems([nested], "history") == [("$[0].tasks[0].state.next", "type")]


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-22T12:59:39+00:00",
        "2026-11-22T12:59:39.1Z",
        "2026-11-22t12:59:39z",
        "2026-11-22 12:59:60-05:30",
    ],
)
def test_rfc_3339_times_are_timestamps(time: str) -> None:
    assert_valid(THREAD | {"created_at": time}, "thread")


@pytest.mark.parametrize(
    "time",
    [
        "yesterday",
        "",
        "2026-11-22",
        "2026-11-22T12:59:39",
        "2026-13-22T12:59:39Z",
        "2026-11-22T25:59:39Z",
        "22.11.2026 12:59Z",
        1795352379,
    ],
)
@pytest.mark.parametrize("name", ["thread", "thread_state"])
def test_other_times_are_not_timestamps(name: str, time: object) -> None:
    instance = {"thread": THREAD, "thread_state": STATE}[name] | {"created_at": time}

    with pytest.raises(SchemaViolation, match=r"\$\.created_at"):
        assert_valid(instance, name)


class Unread(dict[str, Any]):
    """User data that must not be walked."""

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("user data was walked")

    items = keys = values = __iter__  # type: ignore[assignment]


def test_user_data_is_never_walked() -> None:
    state = STATE | {"values": Unread(a=1)}
    state["tasks"] = [STATE["tasks"][0] | {"result": Unread(a=1), "error": Unread(a=1)}]
    state["interrupts"] = [{"id": "i1", "value": Unread(a=1)}]
    state["metadata"] = {"mine": Unread(a=1)}

    assert_valid([state], "history")


def test_the_instance_is_not_changed() -> None:
    state = copy.deepcopy(STATE)

    assert_valid(state, "thread_state")

    assert state == STATE
