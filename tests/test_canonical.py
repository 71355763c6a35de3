"""The canonical form of a history, on histories written here and on the real server's."""

import json
import uuid
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import httpx
import pytest

from pytest_threadcopy.canonical import canonical_history

State = dict[str, Any]
Request = Callable[..., Any]


def new_id() -> str:
    return str(uuid.uuid4())


def a_history(*contents: str) -> list[State]:
    """A history as a server writes it: a checkpoint for each message, each with new ids, newest first."""
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


def test_interrupt_id_is_aliased_and_its_value_kept() -> None:
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


def test_what_servers_and_requests_stamp_on_metadata_is_left_out() -> None:
    history = a_history("a")
    kept = {"graph_id": "agent", "team": {"name": "red"}}
    history[0]["metadata"] |= kept | {
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
    assert canonical_history(history)[0]["metadata"] == expected | kept


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
def test_repeated_key_that_contradicts_is_kept(key: str) -> None:
    history = a_history("a", "b")
    history[0][key] = [{"id": new_id(), "value": 1}] if key == "interrupts" else new_id()
    assert key in canonical_history(history)[0]


def test_foreign_thread_id_in_metadata_is_kept_apart() -> None:
    history = a_history("a")
    history[0]["metadata"]["thread_id"] = new_id()
    assert canonical_history(history)[0]["metadata"]["thread_id"] == "<thread 2>"


def test_argument_is_not_changed() -> None:
    history = a_history("a", "b")
    before = deepcopy(history)
    canonical_history(history)
    assert history == before


def test_no_checkpoints_have_an_empty_form() -> None:
    assert canonical_history([]) == []


@pytest.mark.parametrize("history", [{"detail": "Not Found"}, "[]", None], ids=["object", "text", "null"])
def test_what_is_no_list_of_states_is_refused(history: Any) -> None:
    with pytest.raises(TypeError, match="a history is a list of thread states, newest first, not"):
        canonical_history(history)


def test_item_that_is_no_state_is_named() -> None:
    with pytest.raises(TypeError, match="item 1 of the history is no thread state but str"):
        canonical_history([*a_history("a"), "b"])  # type: ignore[list-item]


@pytest.fixture
def request_json() -> Iterator[Request]:
    """Post to a real server; the threads that this makes are deleted afterwards."""
    made: list[str] = []
    with httpx.Client(timeout=60) as http:

        def send(url: str, **body: Any) -> Any:
            answer = http.post(url, json=body).raise_for_status().json()
            if url.endswith(("/threads", "/copy")):
                made.append(f"{url.partition('/threads')[0]}/threads/{answer['thread_id']}")
            return answer

        yield send
        for thread in made:
            http.delete(thread).raise_for_status()


def run_graph(request_json: Request, url: str, graph: str) -> str:
    """Run a graph of the kit on a new thread; return the thread's address."""
    thread_id = request_json(f"{url}/threads", metadata={"purpose": "snapshot"})["thread_id"]
    greeting = {"messages": [{"role": "user", "content": "hi", "id": new_id()}]}
    request_json(f"{url}/threads/{thread_id}/runs/wait", assistant_id=graph, input=greeting)
    return f"{url}/threads/{thread_id}"


@pytest.mark.parametrize("graph", ["threadcopy_interrupting", "threadcopy_nested", "threadcopy_parallel"])
def test_real_runs_of_one_graph_have_the_same_form(
    request_json: Request, embedded_url: str, graph: str
) -> None:
    threads = [run_graph(request_json, embedded_url, graph) for _ in range(2)]
    forms = [canonical_history(request_json(f"{thread}/history", limit=100)) for thread in threads]
    assert len(forms[0]) >= 2
    assert forms[0] == forms[1]


def test_real_servers_in_python_and_javascript_have_the_same_form(
    request_json: Request, embedded_url: str, javascript_url: str
) -> None:
    threads = [run_graph(request_json, url, "threadcopy_plain") for url in (embedded_url, javascript_url)]
    forms = [canonical_history(request_json(f"{thread}/history", limit=100)) for thread in threads]
    assert len(forms[0]) == 4
    assert forms[0] == forms[1]


def test_real_source_and_its_copy_have_the_same_form(request_json: Request, embedded_url: str) -> None:
    source = run_graph(request_json, embedded_url, "threadcopy_nested")
    copy = f"{embedded_url}/threads/{request_json(f'{source}/copy')['thread_id']}"
    forms = [canonical_history(request_json(f"{thread}/history", limit=100)) for thread in (source, copy)]
    assert len(forms[0]) >= 3
    assert forms[0] == forms[1]


def test_real_subgraph_history_holds_no_id(request_json: Request, embedded_url: str) -> None:
    thread = run_graph(request_json, embedded_url, "threadcopy_nested")
    (head,) = request_json(f"{thread}/history", limit=1)
    subgraph = {"checkpoint_ns": head["tasks"][0]["checkpoint"]["checkpoint_ns"]}
    form = canonical_history(request_json(f"{thread}/history", limit=100, checkpoint=subgraph))
    assert form[0]["checkpoint"]["checkpoint_ns"] == "inner:<task 1>"
    assert form[0]["metadata"]["parents"] == {"": form[0]["checkpoint"]["checkpoint_map"][""]}
    known = [*head["checkpoint"].values(), head["tasks"][0]["id"]]
    assert not [identity for identity in known if identity and identity in json.dumps(form)]
