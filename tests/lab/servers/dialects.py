"""A history as deployments in the wild serve it, in dialects of paging that no real server here speaks."""

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

    ``known`` are the forms of ``before`` that it pages by, ``unknown`` is what it does with another: refuse
    it with this status, answer with the ``"first"`` page again, or with ``"nothing"``.
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
class Asked:
    """What one request for history asked for."""

    method: str
    form: Form | None
    limit: int
    connection: int


@contextmanager
def deployment(dialect: Dialect, states: list[State]) -> Iterator[tuple[str, list[Asked]]]:
    """Serve a history, newest first, in a dialect; yield the URL and what is asked."""
    asked: list[Asked] = []
    poisoned: set[int] = set()
    shown = [{key: value for key, value in state.items() if key not in dialect.hides} for state in states]
    places = {state["checkpoint"]["checkpoint_id"]: place for place, state in enumerate(states)}

    def answer(exchange: Exchange) -> None:
        if exchange.connection in poisoned:
            exchange.hang_up(reset=True)
            return
        request = exchange.query if exchange.method == "GET" else exchange.body
        form, before = _form(exchange.method, request.get("before"))
        limit = int(request.get("limit", dialect.default_limit))
        asked.append(Asked(exchange.method, form, limit, exchange.connection))
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
            start = len(shown)
        exchange.answer(200, shown[start : start + min(limit, dialect.cap or limit)])

    with fake_server(answer) as (url, _):
        yield url, asked


def _form(method: str, before: Any) -> tuple[Form | None, str]:
    if before is None:
        return None, ""
    if isinstance(before, str):
        return "GET" if method == "GET" else "string", before
    if "configurable" in before:
        return "configurable", before["configurable"]["checkpoint_id"]
    return "checkpoint_id", before["checkpoint_id"]
