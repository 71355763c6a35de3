"""Histories without end, and histories whose pages grow: the read ends in time."""

import itertools
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from pytest_threadcopy.api import history
from pytest_threadcopy.api.history import HistoryError
from tests.adverse.conftest import Ask
from tests.lab.hostile.wire import Reply, Request

NEWEST = 10**9


def state(number: int) -> dict[str, Any]:
    return {
        "checkpoint": {"checkpoint_id": f"c{number}"},
        "parent_checkpoint": {"checkpoint_id": f"c{number - 1}"},
    }


def asked_for(request: Request) -> tuple[int, int]:
    """Return the newest number that a page may have, and the limit of the request."""
    query = dict(parse_qsl(urlsplit(request.target).query))
    return int(query.get("before", f"c{NEWEST}")[1:]) - 1, int(query["limit"])


def endless(request: Request) -> None:
    """Answer with the next checkpoints, without end."""
    newest, limit = asked_for(request)
    request.answer(Reply.of([state(newest - i) for i in range(limit)]))


def test_a_history_without_end_is_an_error_in_time(ask: Ask) -> None:
    began = time.monotonic()
    with pytest.raises(
        HistoryError, match="of thread t has no end: 50000 checkpoints on 500 pages were read"
    ):
        for _ in ask(endless).threads.history("t"):
            pass
    assert time.monotonic() - began < 20


def test_a_history_of_pages_without_end_is_an_error(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_MOST_PAGES", 20)

    def one_by_one(request: Request) -> None:
        request.answer(Reply.of([state(asked_for(request)[0])]))

    with pytest.raises(HistoryError, match="has no end: 20 checkpoints on 20 pages"):
        list(ask(one_by_one).threads.history("t"))


def test_pages_that_grow_come_to_an_end(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_MOST_CHECKPOINTS", 5000)
    lengths = itertools.count(100, 100)

    def growing(request: Request) -> None:
        newest, limit = asked_for(request)
        request.answer(Reply.of([state(newest - i) for i in range(1 if limit == 1 else next(lengths))]))

    with pytest.raises(HistoryError, match="has no end: 5500 checkpoints"):
        list(ask(growing).threads.history("t"))


def test_checkpoint_ids_cannot_control_the_terminal(ask: Ask) -> None:
    page = [{"checkpoint": {"checkpoint_id": f"\x1b[2J\u202e{number}"}} for number in range(3)]
    client = ask(lambda request: request.answer(Reply.of(page)))
    with pytest.raises(HistoryError) as raised:
        list(client.threads.history("t\r\n"))
    assert str(raised.value).isprintable()
    assert r"\x1b[2J\u202e2" in str(raised.value)


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirected_history_is_an_error_and_not_an_empty_history(ask: Ask, status: int) -> None:
    reply = Reply(status, b"[]", {"location": "/login"})
    with pytest.raises(Exception, match=f"answered {status} and redirects to /login"):
        list(ask(lambda request: request.answer(reply)).threads.history("t"))
