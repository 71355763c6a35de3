"""Copies that are correct at first and wrong later: each fails its requirement."""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.lab.faults.matrix import run_contract
from tests.lab.faults.verdicts import Findings
from tests.lab.hostile.wire import Reply, Request, ask, serving


class Layer:
    """Forwards requests to a real server, and spoils its answers about copies.

    Attributes:
        source_of: Id of a copy to the id of its source.
        deleted: The ids of deleted threads.
        resumed: The ids of resumed threads.
        without_source: The ids of copies of copies that were made after the first source was deleted.
    """

    def __init__(self, real: str, spoil: "Spoil") -> None:
        self._host = urlsplit(real).netloc
        self._spoil = spoil
        self.source_of: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.resumed: set[str] = set()
        self.without_source: set[str] = set()

    def __call__(self, request: Request) -> None:
        """Answer one request."""
        thread_id, _, route = request.path.removeprefix("/threads/").partition("/")
        reply = ask(self._host, request.method, request.target, request.content)
        if route == "copy":
            copy = reply.body["thread_id"]
            self.source_of[copy] = thread_id
            if self.source_of.get(thread_id) in self.deleted:
                self.without_source.add(copy)
        if request.method == "DELETE":
            self.deleted.add(thread_id)
        route = f"{request.method} {route}"
        request.answer(self._spoil(self, route, thread_id, request.body, reply) or reply)


Spoil = Callable[[Layer, str, str, Any, Reply], Reply | None]


def _without(reply: Reply, key: str, value: Any, *, states: Callable[[Any], bool] = bool) -> Reply:
    """Return an answer in which a key of each state has an empty value."""
    body = reply.body
    for state in body if isinstance(body, list) else [body]:
        if states(state):
            for place in (state, *state.get("tasks", ())):
                place.update({key: value} if key in place else {})
    return Reply.of(body, reply.status)


def _stays_busy(layer: Layer, route: str, thread: str, _: Any, reply: Reply) -> Reply | None:
    return _without(reply, "status", "busy") if thread in layer.source_of and route == "GET " else None


def _streams_empty_events(layer: Layer, route: str, thread: str, _: Any, reply: Reply) -> Reply | None:
    if thread not in layer.source_of or not route.endswith("/stream"):
        return None
    *before, last = re.split(rb"(?=event: values)", reply.content)
    emptied = [re.sub(rb"(event: values\r?\ndata: )[^\r\n]*", rb"\1{}", part) for part in before]
    return Reply(reply.status, b"".join([*emptied, last]), reply.headers)


def _begins_with_nothing(layer: Layer, route: str, thread: str, _: Any, reply: Reply) -> Reply | None:
    if thread not in layer.source_of or not route.endswith("history"):
        return None
    return _without(reply, "values", {}, states=lambda state: state["metadata"]["source"] == "input")


def _has_one_turn(layer: Layer, route: str, thread: str, body: Any, _: Reply) -> Reply | None:
    if thread not in layer.source_of or not route.endswith("runs/wait"):
        return None
    if body.get("command"):
        layer.resumed.add(thread)
    is_second_turn = thread in layer.resumed and body.get("input")
    return Reply.of({"detail": "no such version"}, 409) if is_second_turn else None


def _copy_of_copy_is_emptied(layer: Layer, route: str, thread: str, _: Any, __: Reply) -> Reply | None:
    first = layer.source_of.get(layer.source_of.get(thread, ""))
    return Reply.of([]) if route.endswith("history") and first in layer.deleted else None


def _copies_to_nothing(layer: Layer, route: str, thread: str, _: Any, __: Reply) -> Reply | None:
    return Reply.of([]) if route.endswith("history") and thread in layer.without_source else None


def _runs_go_with_the_source(layer: Layer, route: str, thread: str, _: Any, __: Reply) -> Reply | None:
    return Reply.of([]) if route == "GET runs" and layer.source_of.get(thread) in layer.deleted else None


def _errors_go_with_the_copy(layer: Layer, route: str, thread: str, _: Any, reply: Reply) -> Reply | None:
    if not route.endswith(("state", "history")) or reply.status != 200:
        return None
    return _without(reply, "error", None) if thread in map(layer.source_of.get, layer.deleted) else None


WAYS: dict[str, tuple[Spoil, str, str]] = {
    "stays busy": (_stays_busy, "CONT-11", "stays busy, after its own run is over"),
    "streams empty events": (_streams_empty_events, "CONT-08", "events[0].messages"),
    "begins with nothing": (_begins_with_nothing, "CONT-02", "begins with other values"),
    "has one turn": (_has_one_turn, "CONT-04", "fails, where the same run on the source does not"),
    "copy of copy is emptied": (_copy_of_copy_is_emptied, "INDEP-05", "changed by deleting thread"),
    "copies to nothing": (_copies_to_nothing, "INDEP-05", "history"),
    "runs go with the source": (_runs_go_with_the_source, "INDEP-05", "changed by deleting thread"),
    "errors go with the copy": (_errors_go_with_the_copy, "INDEP-06", "changed by deleting thread"),
}


def _run(real: str, spoil: Spoil, row: str) -> Findings:
    with serving(Layer(real, spoil)) as server:
        return run_contract(f"http://127.0.0.1:{server.port}", select=row)


@pytest.fixture(scope="module")
def runs(faithful_url: str) -> Iterator[dict[str, Future[Findings]]]:
    with ThreadPoolExecutor(4) as pool:
        yield {name: pool.submit(_run, faithful_url, spoil, row) for name, (spoil, row, _) in WAYS.items()}


@pytest.mark.parametrize("way", WAYS)
def test_a_copy_that_is_wrong_later_is_a_violation(way: str, runs: dict[str, Future[Findings]]) -> None:
    _, row, says = WAYS[way]
    findings = runs[way].result()
    assert findings.outcomes[row] == "violated", json.dumps(findings.reasons)
    assert says in findings.reasons[row]


@pytest.mark.parametrize("row", sorted({row for _, row, _ in WAYS.values()}))
def test_a_copy_that_stays_correct_passes(row: str, faithful_url: str) -> None:
    assert _run(faithful_url, lambda *_: None, row).outcomes[row] == "passed"
