"""Histories of real servers are read whole: past the first page, and in subgraphs."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any

import pytest

from pytest_threadcopy import assert_histories_equal
from pytest_threadcopy.api.client import Client
from pytest_threadcopy.wire.transport import Transport


@pytest.fixture(params=["embedded_url", "javascript_url"], ids=["reference", "JavaScript"])
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    with closing(Transport(request.getfixturevalue(request.param))) as transport:
        client = Client(transport, tag={"made_by": "test_history_real"})
        yield client
        assert client.threads.delete_made() == []


def thread_of(client: Client, length: int) -> str:
    """A thread with this many checkpoints, made without running a node."""
    supersteps = [
        {"updates": [{"values": {"counter": 1, "data": number}, "as_node": "__start__"}]}
        for number in range(length)
    ]
    thread = client.threads.create(graph_id="threadcopy_plain", supersteps=supersteps)
    return str(thread["thread_id"])


def numbers(states: Iterable[Mapping[str, Any]]) -> list[Any]:
    return [state["values"]["data"] for state in states]


@pytest.mark.parametrize("length", [1, 2, 99, 100, 101, 130, 200])
def test_every_checkpoint_is_read_once_newest_first(client: Client, length: int) -> None:
    states = client.threads.history(thread_of(client, length))
    assert numbers(states) == list(reversed(range(length)))


def test_a_thread_that_never_ran_has_an_empty_history(client: Client) -> None:
    thread = client.threads.create(graph_id="threadcopy_plain")
    assert list(client.threads.history(thread["thread_id"])) == []


def test_four_checkpoints_are_one_request(client: Client) -> None:
    thread_id = thread_of(client, 4)
    before = client.transport.traffic.requests
    assert len(list(client.threads.history(thread_id))) == 4
    assert client.transport.traffic.requests == before + 1


def test_once_the_form_is_found_there_is_one_request_a_page(client: Client) -> None:
    thread_id = thread_of(client, 130)
    list(client.threads.history(thread_id))
    before = client.transport.traffic.requests
    assert [len(page) for page in client.threads.history(thread_id).pages()] == [100, 30]
    assert client.transport.traffic.requests == before + 2


def test_a_copy_of_130_checkpoints_is_equal_page_by_page(client: Client) -> None:
    thread_id = thread_of(client, 130)
    copied = client.threads.copy(thread_id)["thread_id"]
    assert_histories_equal(client.threads.history(thread_id), client.threads.history(copied))


def test_a_forked_history_is_read_with_every_branch(client: Client) -> None:
    thread_id = thread_of(client, 110)
    older = list(client.threads.history(thread_id))[50]["checkpoint"]
    client.threads.update_state(thread_id, {"data": "fork"}, as_node="__start__", checkpoint=older)
    states = list(client.threads.history(thread_id))
    assert numbers(states) == ["fork", *reversed(range(110))]
    assert states[0]["parent_checkpoint"]["checkpoint_id"] == older["checkpoint_id"]


def test_the_history_of_a_subgraph_is_read_in_its_namespace(embedded_url: str) -> None:
    with closing(Transport(embedded_url)) as transport:
        client = Client(transport, tag={"made_by": "test_history_real"})
        thread_id = client.threads.create()["thread_id"]
        client.runs.wait(thread_id, "threadcopy_nested", input={"messages": []})
        (task,) = client.threads.get_state(thread_id)["tasks"]
        namespace = task["checkpoint"]["checkpoint_ns"]
        states = list(client.threads.history(thread_id, checkpoint_ns=namespace))
        assert [state["next"] for state in states] == [["ask"], ["__start__"]]
        assert {state["checkpoint"]["checkpoint_ns"] for state in states} == {namespace}
        assert client.threads.delete_made() == []


def test_a_long_history_of_a_subgraph_is_read_past_its_first_page(embedded_url: str) -> None:
    with closing(Transport(embedded_url)) as transport:
        client = Client(transport, tag={"made_by": "test_history_real"})
        thread_id = client.threads.create()["thread_id"]
        client.runs.wait(thread_id, "threadcopy_nested", input={"messages": []})
        (task,) = client.threads.get_state(thread_id)["tasks"]
        for _ in range(110):
            inner = {"checkpoint_ns": task["checkpoint"]["checkpoint_ns"]}
            client.threads.update_state(thread_id, {"counter": 1}, as_node="__start__", checkpoint=inner)
        states = list(client.threads.history(thread_id, checkpoint_ns=task["checkpoint"]["checkpoint_ns"]))
        assert len(states) == 112
        assert client.threads.delete_made() == []
