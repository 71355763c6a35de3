"""Ids that a URL must escape: the steps show them as they are, and the scripts request the same threads."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pytest_threadcopy.api.routes import quoted
from pytest_threadcopy.histories.comparison import HistoriesDiffer, compare_histories
from pytest_threadcopy.reproduction.address import PublicAddress
from pytest_threadcopy.reproduction.explain import Explanation, explain
from pytest_threadcopy.reproduction.record import Record
from pytest_threadcopy.reproduction.scripts.templates import Ref, Templates, Text
from tests.lab.servers.fake import Exchange, fake_server
from tests.servers.reproduction.scripts import DIFFERS, outcome

Run = Callable[..., dict[str, str]]

ODD = {
    "colon": "thread:%d",
    "at sign": "a%d@b.c",
    "space": "thread %d",
    "slash": "team/%d?x#y",
    "per cent": "%%4%d",
}
CHECKPOINT = "checkpoint:1f1e6921-c60c-6773"


def states(thread_id: str, value: int) -> list[dict[str, Any]]:
    return [{"values": value, "checkpoint": {"thread_id": thread_id, "checkpoint_id": CHECKPOINT}}]


def explained(url: str, source: str, copy: str) -> Explanation:
    """Return the explanation of a copy that has another value than its source."""
    record = Record(PublicAddress(url))
    clock = iter(range(100))

    def ask(method: str, path: str, answer: Any, body: Any = None) -> None:
        started = float(next(clock))
        record.noting("first")(
            method=method,
            path=path,
            params={"limit": 100} if path.endswith("/history") else None,
            content=None if body is None else json.dumps(body).encode(),
            status=200,
            answer=json.dumps(answer).encode(),
            started=started,
            ended=started + 0.5,
        )

    ask("POST", "/threads", {"thread_id": source}, {"metadata": {"graph_id": "agent"}})
    ask("POST", f"/threads/{quoted(source)}/copy", {"thread_id": copy})
    for thread_id, value in ((copy, 2), (source, 1)):
        ask("GET", f"/threads/{quoted(thread_id)}/history", states(thread_id, value))
    return explain(record, HistoriesDiffer(compare_histories(states(source, 1), states(copy, 2))))


@pytest.mark.parametrize("form", ODD)
def test_scripts_request_threads_with_odd_ids(form: str, run: Run) -> None:
    source, copy = (ODD[form] % number for number in (1, 2))
    new_ids = {"create": ODD[form] % 3, "copy": ODD[form] % 4}
    requests: list[str] = []

    def answer(exchange: Exchange) -> None:
        requests.append(f"{exchange.method} {exchange.path}")
        if exchange.path == "/threads":
            exchange.answer(200, {"thread_id": new_ids["create"]})
        elif exchange.path.endswith("/copy"):
            exchange.answer(200, {"thread_id": new_ids["copy"]})
        else:
            thread_id = new_ids["copy"] if quoted(new_ids["copy"]) in exchange.path else new_ids["create"]
            exchange.answer(200, states(thread_id, 1 if thread_id == new_ids["create"] else 2))

    with fake_server(answer) as (url, _):
        explanation = explained(url, source, copy)
        outputs = run(explanation.reproduction, url)
    assert explanation.steps[1] == f"copied {source} to {copy}: 200"
    assert {language: outcome(output) for language, output in outputs.items()} == DIFFERS
    paths = [f"/threads/{quoted(thread_id)}" for thread_id in new_ids.values()]
    expected = {f"POST {paths[0]}/copy", *(f"DELETE {path}" for path in paths)}
    expected |= {f"POST {path}/history" for path in paths} | {f"GET {path}/history" for path in paths}
    assert expected == {*requests} - {"POST /threads"}


def test_a_short_id_within_a_word_or_a_number_is_no_id() -> None:
    text = Templates({"7": "COPY"}, {}).text("thread 7 of agent7 has 17")
    assert text == Text(("thread ", Ref("COPY"), " of agent7 has 17"))


def test_threads_with_short_ids_are_compared() -> None:
    explanation = explained("http://deployment.example", "1", "2")
    assert [step.partition(" of ")[0] for step in explanation.steps[2:]] == ["read the history (GET)"] * 2
    assert "diff --unified" in explanation.reproduction["curl"]
