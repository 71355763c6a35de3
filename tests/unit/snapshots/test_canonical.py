"""The canonical form of histories that these tests make."""

import uuid
from copy import deepcopy
from typing import Any

import pytest

from pytest_threadcopy.snapshots.canonical import canonical_history

State = dict[str, Any]


def new_id() -> str:
    return str(uuid.uuid4())


def a_history(*contents: str) -> list[State]:
    """A history in a server's form: a checkpoint for each message, each with new ids, newest first."""
    thread, run = new_id(), new_id()
    newest_first: list[State] = []
    messages: list[State] = []
    parent: State | None = None
    for step, content in enumerate(contents):
        messages = [*messages, {"type": "human", "content": content, "id": new_id()}]
        checkpoint = {"thread_id": thread, "checkpoint_ns": "", "checkpoint_id": new_id()}
        state: State = {
            "values": {"messages": messages},
            "next": ["greet"],
            "tasks": [
                {
                    "id": new_id(),
                    "name": "greet",
                    "error": None,
                    "interrupts": [],
                    "checkpoint": None,
                    "result": None,
                }
            ],
            "metadata": {"step": step, "source": "loop", "parents": {}, "run_id": run, "thread_id": thread},
            "created_at": f"2026-11-22T12:59:{step:02}.294600+00:00",
            "checkpoint": checkpoint,
            "parent_checkpoint": parent,
            "interrupts": [],
            "checkpoint_id": checkpoint["checkpoint_id"],
            "parent_checkpoint_id": parent and parent["checkpoint_id"],
        }
        newest_first.insert(0, state)
        parent = checkpoint
    return newest_first


def test_two_runs_of_the_same_graph_have_the_same_form() -> None:
    assert canonical_history(a_history("hi", "ho")) == canonical_history(a_history("hi", "ho"))


def test_parent_is_the_alias_of_the_checkpoint_before() -> None:
    newest, middle, oldest = canonical_history(a_history("a", "b", "c"))
    assert newest["parent_checkpoint"]["checkpoint_id"] == middle["checkpoint"]["checkpoint_id"]
    assert middle["parent_checkpoint"]["checkpoint_id"] == oldest["checkpoint"]["checkpoint_id"]
    assert oldest["checkpoint"] == {"thread_id": "<thread 1>", "checkpoint_id": "<checkpoint 1>"}


def test_appended_checkpoint_renumbers_nothing() -> None:
    history = a_history("a", "b", "c", "d")
    assert canonical_history(history)[1:] == canonical_history(history[1:])


def test_fork_refers_to_the_checkpoint_it_starts_from() -> None:
    history = a_history("a", "b", "c")
    history[0]["parent_checkpoint"] = history[2]["checkpoint"]
    history[0]["parent_checkpoint_id"] = history[2]["checkpoint_id"]
    newest = canonical_history(history)[0]
    assert newest["parent_checkpoint"]["checkpoint_id"] == "<checkpoint 1>"


def test_message_keeps_its_alias_through_the_history() -> None:
    newest, oldest = canonical_history(a_history("a", "b"))
    assert [message["id"] for message in newest["values"]["messages"]] == ["<message 1>", "<message 2>"]
    assert [message["id"] for message in oldest["values"]["messages"]] == ["<message 1>"]


def test_checkpoints_of_one_instant_have_a_time_each() -> None:
    history = a_history("a", "b")
    history[0]["created_at"] = history[1]["created_at"]
    assert [state["created_at"] for state in canonical_history(history)] == ["<time 2>", "<time 1>"]


def test_namespace_names_the_task_it_belongs_to() -> None:
    history = a_history("a")
    task, inner = history[0]["tasks"][0]["id"], new_id()
    history[0]["tasks"][0]["checkpoint"] = {"checkpoint_ns": f"outer:{task}|inner:{inner}"}
    (state,) = canonical_history(history)
    assert (
        state["tasks"][0]["checkpoint"]["checkpoint_ns"] == f"outer:{state['tasks'][0]['id']}|inner:<task 2>"
    )


def test_checkpoint_map_and_parents_are_keyed_by_aliased_namespaces() -> None:
    history = a_history("a")
    root, task = new_id(), history[0]["tasks"][0]["id"]
    history[0]["checkpoint"]["checkpoint_map"] = {
        "": root,
        f"inner:{task}": history[0]["checkpoint"]["checkpoint_id"],
    }
    history[0]["metadata"]["parents"] = {"": root}
    (state,) = canonical_history(history)
    assert state["checkpoint"]["checkpoint_map"] == {"": "<checkpoint 1>", "inner:<task 1>": "<checkpoint 2>"}
    assert state["metadata"]["parents"] == {"": "<checkpoint 1>"}


def test_subgraph_state_inside_a_task_is_rewritten_too() -> None:
    history = a_history("a")
    history[0]["tasks"][0]["state"] = a_history("inner")[0]
    (state,) = canonical_history(history)
    assert state["tasks"][0]["state"]["checkpoint"]["checkpoint_id"] == "<checkpoint 2>"
    assert state["tasks"][0]["state"]["tasks"][0]["id"] == "<task 2>"


def test_bare_subgraph_config_is_rewritten_too() -> None:
    history = a_history("a")
    thread, task = history[0]["checkpoint"]["thread_id"], history[0]["tasks"][0]
    task["state"] = {"configurable": {"thread_id": thread, "checkpoint_ns": f"inner:{task['id']}"}}
    (state,) = canonical_history(history)
    assert state["tasks"][0]["state"] == {
        "configurable": {"thread_id": "<thread 1>", "checkpoint_ns": "inner:<task 1>"}
    }


def test_interrupt_id_is_aliased_and_its_value_stays() -> None:
    history = a_history("a")
    history[0]["tasks"][0]["interrupts"] = [{"id": "a85983d9d8a4f88134fbbb81ab39b031", "value": "Which way?"}]
    history[0]["interrupts"] = history[0]["tasks"][0]["interrupts"]
    (state,) = canonical_history(history)
    assert state["tasks"][0]["interrupts"] == [{"id": "<interrupt 1>", "value": "Which way?"}]
    assert "interrupts" not in state


def test_text_that_quotes_an_id_stays_as_it_is() -> None:
    history = a_history("a")
    quote = history[0]["values"]["text"] = f"see thread {history[0]['checkpoint']['thread_id']}"
    assert canonical_history(history)[0]["values"]["text"] == quote


def test_user_value_that_is_an_id_becomes_its_alias() -> None:
    history = a_history("a", "b")
    history[1]["values"]["seen"] = {history[0]["checkpoint_id"]: history[0]["metadata"]["run_id"]}
    assert canonical_history(history)[1]["values"]["seen"] == {"<checkpoint 2>": "<run 1>"}


def test_word_that_is_also_a_message_id_stays_as_it_is() -> None:
    history = a_history("1")
    history[0]["values"]["messages"][0]["id"] = "1"
    (message,) = canonical_history(history)[0]["values"]["messages"]
    assert message == {"type": "human", "content": "1", "id": "<message 1>"}


def test_record_with_an_id_is_no_message() -> None:
    history = a_history("a")
    history[0]["values"]["record"] = {"id": "42", "content": "a row"}
    assert canonical_history(history)[0]["values"]["record"] == {"id": "42", "content": "a row"}


def test_metadata_that_servers_and_requests_add_is_left_out() -> None:
    history = a_history("a")
    user_metadata = {"graph_id": "agent", "team": {"name": "red"}}
    history[0]["metadata"] |= user_metadata | {
        "langgraph_version": "1.2.22",
        "langgraph_api_url": "http://127.0.0.1:2024",
        "assistant_id": new_id(),
        "created_by": "system",
        "run_attempt": 1,
        "user_id": "",
        "user-agent": "curl/8",
        "x-request-id": new_id(),
        "threadcopy": "a tag",
    }
    expected = {"step": 0, "source": "loop", "parents": {}, "run_id": "<run 1>"}
    assert canonical_history(history)[0]["metadata"] == expected | user_metadata


def test_server_that_shows_less_has_the_same_form() -> None:
    full = a_history("a", "b")
    thin = deepcopy(full)
    for state in thin:
        for key in ("interrupts", "checkpoint_id", "parent_checkpoint_id"):
            del state[key]
        for key in ("error", "checkpoint", "result"):
            del state["tasks"][0][key]
        del state["metadata"]["thread_id"]
        state["checkpoint"]["checkpoint_map"] = None
        state["created_at"] = state["created_at"].replace(".294600+00:00", ".294Z")
    assert canonical_history(thin) == canonical_history(full)


@pytest.mark.parametrize("key", ["checkpoint_id", "parent_checkpoint_id", "interrupts"])
def test_repeated_key_that_contradicts_stays(key: str) -> None:
    history = a_history("a", "b")
    history[0][key] = [{"id": new_id(), "value": 1}] if key == "interrupts" else new_id()
    assert key in canonical_history(history)[0]


def test_foreign_thread_id_in_metadata_has_another_alias() -> None:
    history = a_history("a")
    history[0]["metadata"]["thread_id"] = new_id()
    assert canonical_history(history)[0]["metadata"]["thread_id"] == "<thread 2>"


def an_updated_subgraph() -> list[State]:
    """Two checkpoints of a subgraph, the newer one an update as LangGraph's server in Python stamps it."""
    history = a_history("a", "b")
    root, namespace = new_id(), f"inner:{new_id()}"
    for state in history:
        state["checkpoint"]["checkpoint_ns"] = namespace
        state["metadata"]["parents"] = {"": root}
    newer, parent = history[0], history[0]["parent_checkpoint"]
    newer["metadata"] |= {key: parent[key] for key in ("checkpoint_id", "checkpoint_ns")}
    newer["parent_checkpoint"] = parent | {"checkpoint_map": {"": root, namespace: parent["checkpoint_id"]}}
    return history


def test_update_has_the_same_form_if_it_does_not_repeat_its_parent() -> None:
    stamped = an_updated_subgraph()
    plain = deepcopy(stamped)
    for key in ("checkpoint_id", "checkpoint_ns"):
        del plain[0]["metadata"][key]
    del plain[0]["parent_checkpoint"]["checkpoint_map"]
    assert canonical_history(stamped) == canonical_history(plain)


@pytest.mark.parametrize(("named", "alias"), [(0, "<checkpoint 3>"), (2, "<checkpoint 1>")])
def test_metadata_that_names_another_checkpoint_than_the_parent_stays(named: int, alias: str) -> None:
    history = a_history("a", "b", "c")
    history[0]["metadata"]["checkpoint_id"] = history[named]["checkpoint_id"]
    assert canonical_history(history)[0]["metadata"]["checkpoint_id"] == alias


def test_metadata_that_names_another_namespace_stays() -> None:
    history = an_updated_subgraph()
    history[0]["metadata"]["checkpoint_ns"] = "other"
    assert canonical_history(history)[0]["metadata"]["checkpoint_ns"] == "other"


@pytest.mark.parametrize("namespace", ["", "other:1"])
def test_checkpoint_map_of_the_parent_that_contradicts_stays(namespace: str) -> None:
    history = an_updated_subgraph()
    history[0]["parent_checkpoint"]["checkpoint_map"][namespace] = new_id()
    assert "checkpoint_map" in canonical_history(history)[0]["parent_checkpoint"]


def test_argument_is_not_changed() -> None:
    history = a_history("a", "b")
    before = deepcopy(history)
    canonical_history(history)
    assert history == before


def test_no_checkpoints_have_an_empty_form() -> None:
    assert canonical_history([]) == []


@pytest.mark.parametrize("history", [{"detail": "Not Found"}, "[]", None], ids=["object", "text", "null"])
def test_a_value_that_is_no_list_of_states_is_refused(history: Any) -> None:
    with pytest.raises(TypeError, match="a history is a list of thread states, newest first, not"):
        canonical_history(history)


def test_item_that_is_no_state_is_named() -> None:
    with pytest.raises(TypeError, match="item 1 of the history is no thread state but str"):
        canonical_history([*a_history("a"), "b"])  # type: ignore[list-item]
