"""An answer of an undocumented shape is an ApiError at its request; values may be any JSON."""

from collections.abc import Callable
from typing import Any

import pytest

from pytest_threadcopy.api.client import Client
from pytest_threadcopy.api.response_checks import a_state, a_thread
from pytest_threadcopy.wire.transport import ApiError
from tests.adverse.conftest import Ask
from tests.lab.hostile.wire import Reply

Call = Callable[[Client], Any]
THREAD: dict[str, Call] = {
    "create": lambda client: client.threads.create(),
    "get": lambda client: client.threads.get("t"),
}
STATE: dict[str, Call] = {
    "get_state": lambda client: client.threads.get_state("t"),
    "get_state of a checkpoint": lambda client: client.threads.get_state("t", checkpoint_id="c"),
}
STATES: dict[str, Call] = {
    "get_history": lambda client: client.threads.get_history("t"),
    "history": lambda client: list(client.threads.history("t")),
}
LISTS: dict[str, Call] = {
    "search": lambda client: client.threads.search(),
    "runs.list": lambda client: client.runs.list("t"),
    "assistants.search": lambda client: client.assistants.search(),
}

BAD_THREADS: dict[str, Any] = {
    "nothing": None,
    "text": "thread",
    "a list": [{"thread_id": "t"}],
    "no id": {},
    "a number as id": {"thread_id": 7},
    "an empty id": {"thread_id": ""},
    "an object as id": {"thread_id": {"$": "t"}},
    "metadata a list": {"thread_id": "t", "metadata": ["a"]},
    "metadata text": {"thread_id": "t", "metadata": "a"},
    "interrupts a number": {"thread_id": "t", "interrupts": 3},
    "interrupts of texts": {"thread_id": "t", "interrupts": {"task": ["i"]}},
    "interrupts null for a task": {"thread_id": "t", "interrupts": {"task": None}},
}
BAD_STATES: dict[str, Any] = {
    "nothing": None,
    "text": "state",
    "a list": [[]],
    "metadata a list": {"metadata": ["a"]},
    "metadata a number": {"metadata": 1},
    "checkpoint text": {"checkpoint": "c1"},
    "checkpoint a list": {"checkpoint": ["c1"]},
    "parent a number": {"parent_checkpoint": 4},
    "a number as checkpoint id": {"checkpoint": {"checkpoint_id": 1}},
    "an object as namespace": {"checkpoint": {"checkpoint_ns": {}}},
    "a list as checkpoint id": {"checkpoint_id": ["c1"]},
    "next text": {"next": "node"},
    "next an object": {"next": {"node": True}},
    "tasks text": {"tasks": "task"},
    "tasks an object": {"tasks": {"a": 1}},
    "tasks of texts": {"tasks": ["task"]},
    "tasks of lists": {"tasks": [["interrupts"]]},
    "interrupts a number": {"interrupts": 1},
    "interrupts of a task text": {"tasks": [{"interrupts": "i"}]},
    "interrupts of texts": {"tasks": [{"interrupts": ["i"]}]},
    "checkpoint of a task text": {"tasks": [{"checkpoint": "c"}]},
    "namespace of a task a list": {"tasks": [{"checkpoint": {"checkpoint_ns": ["inner"]}}]},
    "state of a task text": {"tasks": [{"state": "s"}]},
    "state of a task of another shape": {"tasks": [{"state": {"tasks": [{"state": {"next": 1}}]}}]},
}
BAD_ITEMS: dict[str, Any] = {
    "nothing": None,
    "an object": {"items": []},
    "text": "[]",
    "of texts": ["t"],
    "of numbers": [1],
    "of nulls": [None],
    "of lists": [[]],
}


def _refused(ask: Ask, call: Call, body: Any) -> str:
    client = ask(lambda request: request.answer(Reply.of(body)))
    with pytest.raises(ApiError, match="answered 200 with ") as raised:
        call(client)
    return str(raised.value)


@pytest.mark.parametrize("body", BAD_THREADS.values(), ids=BAD_THREADS)
@pytest.mark.parametrize("call", THREAD.values(), ids=THREAD)
def test_a_thread_of_another_shape_is_an_api_error(ask: Ask, call: Call, body: Any) -> None:
    assert "thread" in _refused(ask, call, body)


@pytest.mark.parametrize("body", BAD_STATES.values(), ids=BAD_STATES)
@pytest.mark.parametrize("call", STATE.values(), ids=STATE)
def test_a_state_of_another_shape_is_an_api_error(ask: Ask, call: Call, body: Any) -> None:
    assert "thread state" in _refused(ask, call, body)


@pytest.mark.parametrize("body", BAD_STATES.values(), ids=BAD_STATES)
@pytest.mark.parametrize("call", STATES.values(), ids=STATES)
def test_a_state_of_another_shape_in_a_history_is_an_api_error(ask: Ask, call: Call, body: Any) -> None:
    valid = {"checkpoint": {"checkpoint_id": "c2"}, "tasks": [{"interrupts": [{"value": 1}]}]}
    assert "thread state" in _refused(ask, call, [valid, body])


@pytest.mark.parametrize("body", BAD_ITEMS.values(), ids=BAD_ITEMS)
@pytest.mark.parametrize("call", (LISTS | STATES).values(), ids=LISTS | STATES)
def test_a_list_of_another_shape_is_an_api_error(ask: Ask, call: Call, body: Any) -> None:
    _refused(ask, call, body)


@pytest.mark.parametrize("graph_id", [1, ["a"], {"a": 1}])
def test_an_assistant_of_another_shape_is_an_api_error(ask: Ask, graph_id: Any) -> None:
    body = [{"assistant_id": "a", "graph_id": graph_id}]
    assert "whose graph_id is no text" in _refused(ask, LISTS["assistants.search"], body)


ANYTHING: list[Any] = [None, 7, 1.5, True, "text", [], ["a", [1]], {}, {"thread_id": [1], "tasks": "t"}]


@pytest.mark.parametrize("value", ANYTHING)
def test_values_may_be_anything(value: Any) -> None:
    interrupt = {"value": value, "id": value}
    task = {"result": value, "error": value, "interrupts": [interrupt], "state": {"values": value}}
    checkpoint = {"thread_id": value, "checkpoint_map": value}
    state = {"values": value, "created_at": value, "tasks": [task], "metadata": {"step": value}}
    assert a_state({**state, "checkpoint": checkpoint, "config": value, "next": [value]}) == ""
    assert a_thread({"thread_id": "t", "status": value, "values": value, "config": value}) == ""


NULLS = ("checkpoint", "parent_checkpoint", "metadata", "tasks", "next", "interrupts", "checkpoint_id")


def test_a_null_or_absent_key_is_no_wrong_shape() -> None:
    assert a_state({}) == a_state(dict.fromkeys(NULLS)) == ""
    assert a_state({"tasks": [dict.fromkeys(("interrupts", "checkpoint", "state", "error"))]}) == ""
    assert a_thread({"thread_id": "t", "metadata": None, "interrupts": None}) == ""


def test_a_thread_in_an_answer_of_another_shape_is_owned(ask: Ask) -> None:
    client = ask(lambda request: request.answer(Reply.of({"thread_id": "t", "metadata": []})))
    with pytest.raises(ApiError, match="whose metadata is no object"):
        client.threads.create()
    assert list(client.threads.made) == ["t"]


def test_an_event_that_is_no_json_is_an_api_error(ask: Ask) -> None:
    reply = Reply(200, b"event: values\ndata: {half\n\n", {"content-type": "text/event-stream"})
    client = ask(lambda request: request.answer(reply))
    with pytest.raises(ApiError, match=r"runs/stream answered 200 with a body that is no JSON: \{half"):
        list(client.runs.stream("t", "agent"))


IDS = ["a/b", "..", ".", "a?b#c", "a b", "a\r\nx: 1", "%2e%2e", "ä", "\ud800", "../../assistants/search?x=#y"]


@pytest.mark.parametrize("thread_id", IDS)
def test_no_id_changes_the_route(ask: Ask, thread_id: str) -> None:
    requests = []

    def answer(request: Any) -> None:
        requests.append(request)
        request.answer(Reply.of({}, 404))

    client = ask(answer)
    calls: list[Callable[[], Any]] = [
        lambda: client.threads.get(thread_id),
        lambda: client.threads.copy(thread_id),
        lambda: client.threads.get_state(thread_id, checkpoint_id=thread_id),
        lambda: list(client.threads.history(thread_id)),
        lambda: client.runs.wait(thread_id, "agent"),
        lambda: client.threads.delete(thread_id),
    ]
    for call in calls:
        with pytest.raises(ApiError):
            call()
    for request in requests:
        _, threads, quoted, *rest = request.path.split("/")
        assert threads == "threads"
        assert quoted not in ("", ".", "..")
        assert rest in ([], ["copy"], ["state", quoted], ["history"], ["runs", "wait"])
        assert set(request.headers) <= {
            *(
                "host",
                "accept",
                "accept-encoding",
                "connection",
                "user-agent",
                "content-length",
                "content-type",
            )
        }
