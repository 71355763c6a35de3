"""An answer of the deployment says whether a thread exists; an answer of a proxy does not."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from pytest_threadcopy.api.client import Client
from pytest_threadcopy.contract.steps.refusals import ids_with, is_gone, may_read
from pytest_threadcopy.wire.transport import ApiError, Limits, Transport
from tests.lab.servers.fake import Exchange, fake_server

Ask = Callable[[Callable[[Exchange], None]], Client]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Return a function that starts a server with these answers, and returns a client of it."""
    with ExitStack() as stack:

        def start(answer: Callable[[Exchange], None]) -> Client:
            url, _ = stack.enter_context(fake_server(answer))
            return Client(stack.enter_context(closing(Transport(url, limits=Limits(5)))), tag={})

        yield start


@pytest.mark.parametrize(("status", "body"), [(404, {}), (410, {}), (401, {}), (403, {}), (200, None)])
def test_a_thread_that_is_refused_or_null_is_not_there(ask: Ask, status: int, body: Any) -> None:
    client = ask(lambda exchange: exchange.answer(status, body))
    assert not may_read(client, "t")
    assert is_gone(client, "t")


@pytest.mark.parametrize("status", [302, 502, 503])
def test_a_proxys_answer_says_nothing_about_a_thread(ask: Ask, status: int) -> None:
    with pytest.raises(ApiError):
        may_read(ask(lambda exchange: exchange.answer(status, {})), "t")


def test_threads_are_found_although_pages_are_short(ask: Ask) -> None:
    def search(exchange: Exchange) -> None:
        limit, offset = exchange.body["limit"], exchange.body["offset"]
        threads = [{"thread_id": f"t{i}", "metadata": {"mark": "x"}} for i in range(25)]
        exchange.answer(*((422, {}) if limit > 10 else (200, threads[offset : offset + limit])))

    assert len(ids_with(ask(search), {"mark": "x"})) == 25
