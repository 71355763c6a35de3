"""The schemas against a real server: every response about threads and their copies is valid."""

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from pytest_threadcopy.schemas import assert_valid

ROLES = ("plain", "interrupting", "nested", "parallel", "failing")
SOURCES = ("never ran", "updated", "stopped before a subgraph", *ROLES)
SIDES = [*SOURCES, *(f"copy of {source}" for source in SOURCES)]
INPUT = {"messages": [{"role": "user", "content": "hi"}]}


def _json(response: httpx.Response) -> Any:
    return response.raise_for_status().json()


@pytest.fixture(scope="module")
def server(embedded_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=embedded_url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def threads(server: httpx.Client) -> Iterator[dict[str, Any]]:
    """Thread objects from the answers to creation and to copying, by the later state of the thread."""
    answers: dict[str, Any] = {}
    runs: list[str] = []

    def make(source: str, role: str, **run: Any) -> None:
        graph = f"threadcopy_{role}"
        answers[source] = _json(server.post("/threads", json={"metadata": {"graph_id": graph}}))
        if run:
            thread = f"/threads/{answers[source]['thread_id']}"
            started = _json(server.post(f"{thread}/runs", json={"assistant_id": graph, **run}))
            runs.append(f"{thread}/runs/{started['run_id']}/join")

    try:
        make("never ran", "plain")
        make("updated", "plain")
        _json(server.post(f"/threads/{answers['updated']['thread_id']}/state", json={"values": INPUT}))
        make("stopped before a subgraph", "nested", input=INPUT, interrupt_before=["inner"])
        for role in ROLES:
            make(role, role, input=INPUT)
        for run in runs:
            server.get(run)
        for source in SOURCES:
            thread = f"/threads/{answers[source]['thread_id']}"
            # On langgraph dev, a read of a copy may be a 500 if nobody read its source; other tests show it.
            server.get(f"{thread}/state", params={"subgraphs": True})
            answers[f"copy of {source}"] = _json(server.post(f"{thread}/copy"))
        yield answers
    finally:
        for answer in answers.values():
            server.delete(f"/threads/{answer['thread_id']}")


@pytest.mark.parametrize("side", SIDES)
def test_a_real_thread_is_valid(server: httpx.Client, threads: dict[str, Any], side: str) -> None:
    assert_valid(threads[side], "thread")
    assert_valid(_json(server.get(f"/threads/{threads[side]['thread_id']}")), "thread")


@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("side", SIDES)
def test_a_real_state_is_valid(
    server: httpx.Client, threads: dict[str, Any], side: str, subgraphs: bool
) -> None:
    state = _json(server.get(f"/threads/{threads[side]['thread_id']}/state", params={"subgraphs": subgraphs}))

    assert_valid(state, "thread_state")


@pytest.mark.parametrize("side", SIDES)
def test_a_real_history_is_valid(server: httpx.Client, threads: dict[str, Any], side: str) -> None:
    path = f"/threads/{threads[side]['thread_id']}/history"

    got = _json(server.get(path, params={"limit": 100}))
    posted = _json(server.post(path, json={"limit": 100}))

    assert_valid(got, "history")
    assert_valid(posted, "history")
    assert bool(got) == bool(posted) == ("never ran" not in side)


def test_a_real_state_read_by_its_checkpoint_is_valid(server: httpx.Client, threads: dict[str, Any]) -> None:
    thread = f"/threads/{threads['copy of nested']['thread_id']}"
    head = _json(server.get(f"{thread}/state"))["checkpoint"]

    by_id = _json(server.get(f"{thread}/state/{head['checkpoint_id']}"))
    by_checkpoint = _json(server.post(f"{thread}/state/checkpoint", json={"checkpoint": head}))

    assert_valid(by_id, "thread_state")
    assert_valid(by_checkpoint, "thread_state")


def test_a_real_subgraph_history_is_valid(server: httpx.Client, threads: dict[str, Any]) -> None:
    thread = f"/threads/{threads['copy of nested']['thread_id']}"
    (task,) = _json(server.get(f"{thread}/state"))["tasks"]
    within = {"checkpoint_ns": task["checkpoint"]["checkpoint_ns"]}

    history = _json(server.post(f"{thread}/history", json={"limit": 100, "checkpoint": within}))

    assert_valid(history, "history")
    assert history


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"/threads/{uuid.uuid4()}/copy"),
        ("POST", "/threads/no-uuid/copy"),
        ("GET", f"/threads/{uuid.uuid4()}"),
        ("GET", f"/threads/{uuid.uuid4()}/state"),
        ("GET", f"/threads/{uuid.uuid4()}/history?limit=many"),
        ("GET", "/no/such/route"),
    ],
    ids=["unknown copy", "malformed copy", "unknown thread", "unknown state", "bad limit", "unknown route"],
)
def test_a_real_refusal_is_a_valid_error(server: httpx.Client, method: str, path: str) -> None:
    response = server.request(method, path)

    assert response.is_client_error
    assert_valid(response.json(), "error")
