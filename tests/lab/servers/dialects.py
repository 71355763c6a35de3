"""A history as other deployments serve it: in dialects of paging that no real server of these tests has."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from tests.lab.servers.fake import Exchange, fake_server
from tests.lab.servers.histories import State

Form = Literal["GET", "string", "configurable", "checkpoint_id"]


@dataclass(frozen=True)
class Dialect:
    """How a deployment pages.

    ``known`` are the forms of ``before`` that it pages by. ``unknown`` says how it answers another form: with
    this status, with the ``"first"`` page again, or with ``"nothing"``.
    """

    known: tuple[Form, ...] = ("GET",)
    unknown: int | Literal["first", "nothing"] = 422
    methods: tuple[str, ...] = ("GET", "POST")
    default_limit: int = 10
    longest: int | None = None
    """Above this limit it answers 422."""
    cap: int | None = None
    """Above this limit it sends no more, and does not say so."""
    hides: tuple[str, ...] = ()
    """Keys of a state that it leaves out."""


@dataclass
class HistoryRequest:
    """A request for a history: its method, the form of its ``before``, its limit and its connection."""

    method: str
    form: Form | None
    limit: int
    connection: int


@contextmanager
def deployment(dialect: Dialect, states: list[State]) -> Iterator[tuple[str, list[HistoryRequest]]]:
    """Serve a history, newest first, in a dialect; yield the URL and the list of the requests."""
    requests: list[HistoryRequest] = []
    poisoned: set[int] = set()
    visible = [{key: value for key, value in state.items() if key not in dialect.hides} for state in states]
    places = {state["checkpoint"]["checkpoint_id"]: place for place, state in enumerate(states)}

    def answer(exchange: Exchange) -> None:
        if exchange.connection in poisoned:
            exchange.hang_up(reset=True)
            return
        request = exchange.query if exchange.method == "GET" else exchange.body
        form, before = _form(exchange.method, request.get("before"))
        limit = int(request.get("limit", dialect.default_limit))
        requests.append(HistoryRequest(exchange.method, form, limit, exchange.connection))
        if exchange.method not in dialect.methods:
            exchange.answer(405, {"detail": "Method Not Allowed"})
            return
        if dialect.longest and limit > dialect.longest:
            exchange.answer(422, {"detail": f"limit must be at most {dialect.longest}"})
            return
        start = 0
        if form in dialect.known:
            start = places[before] + 1
        elif form and isinstance(dialect.unknown, int):
            if dialect.unknown >= 500:
                poisoned.add(exchange.connection)
            exchange.answer(dialect.unknown, {"detail": "before is not valid"})
            return
        elif form and dialect.unknown == "nothing":
            start = len(visible)
        exchange.answer(200, visible[start : start + min(limit, dialect.cap or limit)])

    with fake_server(answer) as (url, _):
        yield url, requests


def _form(method: str, before: Any) -> tuple[Form | None, str]:
    if before is None:
        return None, ""
    if isinstance(before, str):
        return "GET" if method == "GET" else "string", before
    if "configurable" in before:
        return "configurable", before["configurable"]["checkpoint_id"]
    return "checkpoint_id", before["checkpoint_id"]
