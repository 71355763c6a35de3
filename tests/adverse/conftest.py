"""Transports and clients of servers that misbehave."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from pytest_threadcopy.api.client import Client
from pytest_threadcopy.wire.limits import Limits
from pytest_threadcopy.wire.transport import Transport
from tests.lab.hostile.wire import Answer, Server, serving

TAG = {"threadcopy_run": "this one"}

Serve = Callable[..., Server]
Connect = Callable[..., Transport]
Ask = Callable[[Answer], Client]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that starts a server; stop the server at the end."""
    with ExitStack() as stack:
        yield lambda answer, **options: stack.enter_context(serving(answer, **options))


@pytest.fixture
def connect(serve: Serve) -> Iterator[Connect]:
    """Return a function that makes a transport to a server with these answers; close it at the end."""
    with ExitStack() as stack:

        def make(answer: Answer, limits: Limits | None = None, **options: Any) -> Transport:
            url = f"http://127.0.0.1:{serve(answer).port}"
            return stack.enter_context(closing(Transport(url, limits=limits, **options)))

        yield make


@pytest.fixture
def ask(connect: Connect) -> Ask:
    """Return a function that makes a client of a server with these answers."""
    return lambda answer: Client(connect(answer, Limits(5)), tag=TAG)
