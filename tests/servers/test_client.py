"""The client's methods, with the SDK's names, on the real server."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from pytest_threadcopy.api.client import Client, RunFailed
from pytest_threadcopy.scenarios import GRAPH_ID
from pytest_threadcopy.wire.transport import ApiError, NoAnswer, Transport

TAG = {"made_by": "test_client"}
HELLO = {"messages": [{"role": "user", "content": "Hello"}]}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def client(embedded_url: str) -> Iterator[Client]:
    with closing(Transport(embedded_url)) as transport:
        client = Client(transport, tag=TAG)
        yield client
        assert client.threads.delete_made() == []


@pytest.fixture
def thread_id(client: Client) -> str:
    """A thread with a history of three checkpoints."""
    supersteps = [{"updates": [{"values": HELLO, "as_node": "__start__"}]} for _ in range(3)]
    return str(client.threads.create(graph_id="threadcopy_plain", supersteps=supersteps)["thread_id"])


def test_a_thread_is_made_with_its_metadata_and_the_tag(client: Client) -> None:
    thread = client.threads.create(metadata={"mine": 1}, graph_id="threadcopy_plain")
    assert thread["metadata"] == {"mine": 1, "graph_id": "threadcopy_plain", **TAG}
    assert client.threads.get(thread["thread_id"])["metadata"] == thread["metadata"]


def test_create_can_set_the_id_of_a_thread(client: Client) -> None:
    wanted = client.threads.create()["thread_id"]
    client.threads.delete(wanted)
    assert client.threads.create(thread_id=wanted)["thread_id"] == wanted


def test_an_existing_thread_that_create_returns_is_not_owned(client: Client) -> None:
    theirs = client.transport.send("POST", "/threads", json={}).json()["thread_id"]
    assert client.threads.create(thread_id=theirs, if_exists="do_nothing")["thread_id"] == theirs
    assert client.threads.delete_made() == []
    assert client.threads.get(theirs)["thread_id"] == theirs
    client.threads.delete(theirs)


def test_supersteps_give_a_thread_a_history_without_a_run(client: Client, thread_id: str) -> None:
    assert len(list(client.threads.history(thread_id))) == 3
    assert client.runs.list(thread_id) == []


def test_a_copy_is_a_new_thread_and_carries_the_tag(client: Client, thread_id: str) -> None:
    copied = client.threads.copy(thread_id)
    assert copied["thread_id"] != thread_id
    assert copied["metadata"].items() >= TAG.items()


def test_copying_an_unknown_thread_is_an_api_error(client: Client) -> None:
    with pytest.raises(ApiError) as raised:
        client.threads.copy(UNKNOWN)
    assert 400 <= raised.value.status < 500
    assert client.threads.copy_answer(UNKNOWN).status == raised.value.status


def test_metadata_is_merged_into_the_metadata_of_a_thread(client: Client, thread_id: str) -> None:
    metadata = client.threads.update(thread_id, metadata={"more": [1]})["metadata"]
    assert metadata.items() >= {"more": [1], **TAG}.items()


def test_a_deleted_thread_is_gone(client: Client, thread_id: str) -> None:
    client.threads.delete(thread_id)
    with pytest.raises(ApiError, match="answered 404"):
        client.threads.get(thread_id)


def test_threads_are_found_by_metadata_and_status(client: Client, thread_id: str) -> None:
    client.threads.update(thread_id, metadata={"sought": thread_id})
    status = client.threads.get(thread_id)["status"]
    (thread,) = client.threads.search(metadata={"sought": thread_id}, status=status)
    assert thread["thread_id"] == thread_id
    assert client.threads.search(metadata={"sought": thread_id}, status="error") == []
    assert client.threads.search(metadata={"sought": thread_id}, offset=1) == []


def test_the_state_is_the_newest_checkpoint_or_the_one_named(client: Client, thread_id: str) -> None:
    newest, *_, oldest = client.threads.get_history(thread_id)
    assert client.threads.get_state(thread_id)["checkpoint"]["checkpoint_id"] == newest["checkpoint_id"]
    named = client.threads.get_state(thread_id, checkpoint_id=oldest["checkpoint_id"])
    assert named["values"] == oldest["values"]


def test_the_state_can_be_written_to_the_newest_or_a_named_checkpoint(client: Client, thread_id: str) -> None:
    oldest = client.threads.get_history(thread_id)[-1]["checkpoint"]
    client.threads.update_state(thread_id, {"counter": 5}, as_node="greet")
    client.threads.update_state(thread_id, {"counter": 7}, as_node="greet", checkpoint=oldest)
    fork, update, *_ = client.threads.get_history(thread_id)
    assert (update["values"]["counter"], fork["values"]["counter"]) == (5, 7)
    assert fork["parent_checkpoint"]["checkpoint_id"] == oldest["checkpoint_id"]


def test_one_page_of_history_has_the_requested_length(client: Client, thread_id: str) -> None:
    assert [len(client.threads.get_history(thread_id, limit=limit)) for limit in (1, 2, 10)] == [1, 2, 3]


def test_a_run_returns_its_final_values(client: Client, thread_id: str) -> None:
    values = client.runs.wait(thread_id, "threadcopy_plain", input=HELLO)
    assert [message["role"] for message in values["messages"][-2:]] == ["greet", "count"]
    assert [run["status"] for run in client.runs.list(thread_id)] == ["success"]


def test_the_options_of_a_run_are_sent_unchanged(client: Client) -> None:
    thread_id = client.threads.create()["thread_id"]
    client.runs.wait(thread_id, "threadcopy_interrupting", input=HELLO)
    assert client.threads.get_state(thread_id)["next"] == ["ask"]
    values = client.runs.wait(thread_id, "threadcopy_interrupting", command={"resume": "left"})
    assert {"role": "ask", "content": "left"} in values["messages"]


def test_the_state_of_subgraphs_is_shown_on_request(client: Client) -> None:
    thread_id = client.threads.create()["thread_id"]
    client.runs.wait(thread_id, "threadcopy_nested", input=HELLO)
    (task,) = client.threads.get_state(thread_id, subgraphs=True)["tasks"]
    assert task["state"]["next"] == ["ask"]


def test_a_failed_run_raises_run_failed(client: Client) -> None:
    thread_id = client.threads.create()["thread_id"]
    with pytest.raises(RunFailed, match="fails on purpose") as raised:
        client.runs.wait(thread_id, "threadcopy_failing", input=HELLO)
    assert raised.value.error["error"] == "ValueError"


def test_a_stream_yields_the_events_of_a_run_decoded(client: Client, thread_id: str) -> None:
    run_input: dict[str, Any] = {"messages": [], "data": "\u2028 \x85 é 🙂 \n"}
    parts = list(client.runs.stream(thread_id, "threadcopy_plain", input=run_input, stream_mode="values"))
    assert parts[0].event == "metadata"
    assert {part.event for part in parts[1:]} == {"values"}
    assert parts[-1].data["data"] == run_input["data"]
    assert parts[-1].data["messages"][-1]["role"] == "count"


def test_a_run_has_its_own_time_limit(embedded_url: str, client: Client) -> None:
    thread_id = client.threads.create()["thread_id"]
    with closing(Transport(embedded_url)) as transport:
        impatient = Client(transport, tag=TAG, run_timeout=0.2)
        with pytest.raises(NoAnswer, match=r"runs/wait did not answer within 0\.2 seconds"):
            impatient.runs.wait(thread_id, "threadcopy_plain", input=HELLO)


def test_the_assistants_of_the_deployment_are_listed(client: Client) -> None:
    assert {assistant["graph_id"] for assistant in client.assistants.search()} == set(GRAPH_ID.values())


def test_the_schemas_of_an_assistant_are_returned(client: Client) -> None:
    assistant = client.assistants.search()[0]
    assert client.assistants.get_schemas(assistant["assistant_id"])["input_schema"]["type"] == "object"


def test_all_threads_and_copies_that_were_made_are_deleted(client: Client, thread_id: str) -> None:
    thread_ids = [thread_id, client.threads.copy(thread_id)["thread_id"]]
    assert client.threads.delete_made() == []
    for each in thread_ids:
        assert client.transport.send("GET", f"/threads/{each}").status == 404


def test_an_unknown_thread_with_the_tag_is_found_and_deleted(client: Client) -> None:
    forgotten = client.transport.send("POST", "/threads", json={"metadata": TAG}).json()["thread_id"]
    theirs = client.transport.send("POST", "/threads", json={"metadata": {"theirs": 1}}).json()["thread_id"]
    client.threads.own_tagged()
    assert client.threads.delete_made() == []
    assert client.transport.send("GET", f"/threads/{forgotten}").status == 404
    client.threads.delete(theirs)
