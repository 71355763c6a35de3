"""The scenario kit: each graph behaves as its role says, and the same in Python and in JavaScript."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from pytest_threadcopy.scenarios import GRAPH_ID, PYTHON_GRAPHS, ROLES

HELLO = {"messages": [{"role": "user", "content": "hello"}]}
AWKWARD = {
    "text": "Grüße, שלום, 你好, 👩\u200d👩\u200d👧",
    "nothing": [None, [], {}, ""],
    "numbers": [2**60 + 1, -(2**60), 1.0, 1e-7, 0, -0.5],
    "thread_id": {"deep": [[[{"checkpoint_id": True}]]]},
    "lc": 1,
    "type": "constructor",
}


class Thread:
    """A fresh thread of one role on one server."""

    def __init__(self, url: str, role: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=60)
        self.assistant_id = GRAPH_ID[role]
        if role == "configured":
            # The reference server stores an assistant's config with the thread, but not a run's config.
            gated = {"graph_id": GRAPH_ID[role], "config": {"configurable": {"gate": True}}}
            self.assistant_id = self._call("POST", "/assistants", gated)["assistant_id"]
        self.path = f"/threads/{self._call('POST', '/threads', {})['thread_id']}"

    def __enter__(self) -> "Thread":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.delete(self.path)
        self._http.close()

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        return self._http.request(method, path, json=body).raise_for_status().json()

    def run(self, **request: Any) -> dict[str, Any]:
        """Run the assistant, and return the state of the thread after the run."""
        self._call("POST", f"{self.path}/runs/wait", {"assistant_id": self.assistant_id, **request})
        return self.state()

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self._call("GET", f"{self.path}/state?subgraphs=true")
        return state

    def history(self) -> list[dict[str, Any]]:
        history: list[dict[str, Any]] = self._call("POST", f"{self.path}/history", {"limit": 100})
        return history


def messages_of(state: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(message["role"], message["content"]) for message in state["values"]["messages"]]


def outline_of(state: dict[str, Any]) -> Any:
    """Return a state without the parts that differ between threads or languages."""
    tasks = [
        (
            task["name"],
            bool(task["error"]),
            [interrupt["value"] for interrupt in task["interrupts"]],
            task["result"],
        )
        for task in state["tasks"]
    ]
    return state["values"], state["next"], tasks, state["metadata"]["step"]


def play(url: str, role: str) -> list[Any]:
    """Take a role through a turn, its interrupt or failure, and another turn; return its history."""
    with Thread(url, role) as thread:
        state = thread.run(input={**HELLO, "data": {"kept": [1, None, "é", {}]}, "seconds": 0.01})
        if any(task["interrupts"] for task in state["tasks"]):
            thread.run(command={"resume": {"way": ["left", None]}})
        thread.run(input={**HELLO, "fails": False})
        return [outline_of(state) for state in thread.history()]


def play_every_role(url: str) -> dict[str, list[Any]]:
    # At once: on the reference server, ten runs take one second, as long as one run.
    with ThreadPoolExecutor(len(ROLES)) as pool:
        return dict(zip(ROLES, pool.map(partial(play, url), ROLES), strict=True))


@pytest.fixture(scope="module")
def played(embedded_url: str) -> dict[str, list[Any]]:
    return play_every_role(embedded_url)


@pytest.fixture(scope="module")
def played_again(embedded_url: str) -> dict[str, list[Any]]:
    return play_every_role(embedded_url)


@pytest.fixture(scope="module")
def played_in_javascript(javascript_url: str) -> dict[str, list[Any]]:
    return play_every_role(javascript_url)


@pytest.mark.parametrize("role", ROLES)
def test_python_and_javascript_play_a_role_alike(
    played: dict[str, list[Any]], played_in_javascript: dict[str, list[Any]], role: str
) -> None:
    assert played[role] == played_in_javascript[role]


@pytest.mark.parametrize("role", ROLES)
def test_two_threads_of_a_role_end_alike(
    played: dict[str, list[Any]], played_again: dict[str, list[Any]], role: str
) -> None:
    assert played[role] == played_again[role]


def test_plain_appends_messages_and_counts(embedded_url: str) -> None:
    with Thread(embedded_url, "plain") as thread:
        thread.run(input=HELLO)
        state = thread.run(input=HELLO)
    turns = [("user", "hello"), ("greet", "message 1"), ("count", "counter 1")]
    assert messages_of(state) == [*turns, ("user", "hello"), ("greet", "message 4"), ("count", "counter 3")]
    assert state["values"]["counter"] == 4


def test_plain_keeps_any_json_verbatim(embedded_url: str) -> None:
    with Thread(embedded_url, "plain") as thread:
        state = thread.run(input={"data": AWKWARD})
    # Compared as text, since 1, 1.0 and true are equal in Python.
    assert json.dumps(state["values"]["data"], sort_keys=True) == json.dumps(AWKWARD, sort_keys=True)


def test_interrupting_asks_once_and_keeps_the_answer(embedded_url: str) -> None:
    with Thread(embedded_url, "interrupting") as thread:
        state = thread.run(input=HELLO)
        answered = thread.run(command={"resume": "left"})
    assert [task["interrupts"][0]["value"]["question"] for task in state["tasks"]] == ["Which way?"]
    assert state["next"] == ["ask"]
    assert ("ask", "left") in messages_of(answered)
    assert answered["next"] == []


def test_nested_is_interrupted_inside_its_subgraph(embedded_url: str) -> None:
    with Thread(embedded_url, "nested") as thread:
        [task] = thread.run(input=HELLO)["tasks"]
    assert task["name"] == "inner"
    assert task["state"]["next"] == ["ask"]


def test_nested_enters_a_new_subgraph_instance_every_turn(embedded_url: str) -> None:
    with Thread(embedded_url, "nested") as thread:
        namespaces = []
        for _ in range(2):
            [task] = thread.run(input=HELLO)["tasks"]
            namespaces.append(task["state"]["checkpoint"]["checkpoint_ns"])
            thread.run(command={"resume": "left"})
    assert len(set(namespaces)) == 2
    assert all(namespace.startswith("inner:") for namespace in namespaces)


def test_nested_writes_each_message_once(embedded_url: str) -> None:
    with Thread(embedded_url, "nested") as thread:
        thread.run(input=HELLO)
        state = thread.run(command={"resume": "left"})
    inner = [("ask", "left"), ("count", "counter 2")]
    assert messages_of(state) == [("user", "hello"), ("greet", "message 1"), *inner, ("count", "counter 1")]


def test_parallel_has_one_task_finished_with_three_writes_while_the_other_asks(faithful_url: str) -> None:
    with Thread(faithful_url, "parallel") as thread:
        tasks = {task["name"]: task for task in thread.run(input=HELLO)["tasks"]}
    assert set(tasks) == {"fetch", "ask"}
    assert set(tasks["fetch"]["result"]) == {"messages", "counter", "data"}
    assert tasks["ask"]["interrupts"]


def test_parallel_joins_after_the_answer_and_fetches_once(embedded_url: str) -> None:
    with Thread(embedded_url, "parallel") as thread:
        thread.run(input=HELLO)
        state = thread.run(command={"resume": "left"})
    assert messages_of(state) == [
        ("user", "hello"),
        ("ask", "left"),
        ("fetch", "fetched"),
        ("count", "counter 2"),
    ]
    assert state["values"]["data"]["fetches"] == 1


def test_failing_ends_in_error_and_goes_on_if_its_input_says_so(embedded_url: str) -> None:
    with Thread(embedded_url, "failing") as thread:
        failed = thread.run(input=HELLO)
        recovered = thread.run(input={"fails": False})
    assert "this graph fails on purpose" in failed["tasks"][0]["error"]
    assert messages_of(recovered)[-1] == ("fail", "did not fail")


def test_slow_waits_as_long_as_its_input_says(embedded_url: str) -> None:
    with Thread(embedded_url, "slow") as thread:
        thread.run(input={"seconds": 1.5})
        after, before = (datetime.fromisoformat(state["created_at"]) for state in thread.history()[1:3])
    assert after - before >= timedelta(seconds=1.5)


def test_configured_has_a_gate_if_its_config_says_so(embedded_url: str) -> None:
    with Thread(embedded_url, "configured") as gated:
        assert gated.run(input=HELLO)["next"] == ["gate"]
    with Thread(embedded_url, "configured") as open_thread:
        open_thread.assistant_id = GRAPH_ID["configured"]
        assert open_thread.run(input=HELLO)["next"] == []


def test_the_kit_needs_neither_pytest_nor_this_package() -> None:
    command = (
        f"import runpy, sys; runpy.run_path({str(PYTHON_GRAPHS)!r}); "
        "print({'pytest', 'pytest_threadcopy', 'langgraph'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert result.stdout == "{'langgraph'}\n"
