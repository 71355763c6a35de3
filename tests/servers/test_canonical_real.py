"""The canonical form of histories of real servers."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from pytest_threadcopy.snapshots.canonical import canonical_history

Request = Callable[..., Any]


@pytest.fixture
def request_json() -> Iterator[Request]:
    """A function that posts to a real server; at the end, the new threads are deleted."""
    threads: list[str] = []
    with httpx.Client(timeout=60) as http:

        def send(url: str, **body: Any) -> Any:
            answer = http.post(url, json=body).raise_for_status().json()
            if url.endswith(("/threads", "/copy")):
                threads.append(f"{url.partition('/threads')[0]}/threads/{answer['thread_id']}")
            return answer

        yield send
        for thread in threads:
            http.delete(thread).raise_for_status()


def run_graph(request_json: Request, url: str, graph: str) -> str:
    """Run a graph of the kit on a new thread; return the thread's address."""
    thread_id = request_json(f"{url}/threads", metadata={"purpose": "snapshot"})["thread_id"]
    greeting = {"messages": [{"role": "user", "content": "hi", "id": str(uuid.uuid4())}]}
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


def test_updated_subgraph_has_the_same_form_in_python_and_javascript(
    request_json: Request, embedded_url: str, javascript_url: str
) -> None:
    forms = []
    for url in (embedded_url, javascript_url):
        thread = run_graph(request_json, url, "threadcopy_nested")
        (head,) = request_json(f"{thread}/history", limit=1)
        namespace = {"checkpoint_ns": head["tasks"][0]["checkpoint"]["checkpoint_ns"]}
        (inner,) = request_json(f"{thread}/history", limit=1, checkpoint=namespace)
        request_json(f"{thread}/state", values={"counter": 7}, checkpoint=inner["checkpoint"])
        forms.append(canonical_history(request_json(f"{thread}/history", limit=100, checkpoint=namespace)))
    assert len(forms[0]) == 3
    assert forms[0][0]["metadata"]["source"] == "update"
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
    ids = [*head["checkpoint"].values(), head["tasks"][0]["id"]]
    assert not [identity for identity in ids if identity and identity in json.dumps(form)]
