"""How much the client reads from a deployment that sends too much."""

import gzip
from typing import Any

import pytest

from pytest_threadcopy.wire.limits import Limits
from pytest_threadcopy.wire.transport import ApiError, NoAnswer
from tests.adverse.conftest import Connect
from tests.lab.hostile.packed import bomb, nested
from tests.lab.hostile.wire import Reply, Request

SMALL = Limits(5, size=2_000_000)


def packed_bomb(request: Request) -> None:
    request.answer(Reply(200, bomb(20), {"content-encoding": "gzip"}))


def endless(request: Request) -> None:
    request.send(Reply(200, b"").head(content_length=None, transfer_encoding="chunked"))
    while True:
        request.send(b"%x\r\n%s\r\n" % (100_000, b" " * 100_000))


@pytest.mark.parametrize("large", [packed_bomb, endless])
def test_an_answer_that_is_too_large_is_not_read(connect: Connect, large: Any) -> None:
    transport = connect(large, SMALL)
    with pytest.raises(NoAnswer, match="/x sent more than 2 MB"):
        transport.send("GET", "/x")
    with pytest.raises(NoAnswer, match="/x sent more than 2 MB"):
        list(transport.lines("POST", "/x", json={}))


def test_a_gzipped_answer_is_read_and_its_connection_is_reused(connect: Connect) -> None:
    nth = []

    def packed(request: Request) -> None:
        nth.append(request.nth)
        request.answer(Reply(200, gzip.compress(b'{"a": 1}'), {"content-encoding": "gzip"}))

    transport = connect(packed)
    assert [transport.send("GET", "/x").json() for _ in range(3)] == [{"a": 1}] * 3
    assert nth == [0, 1, 2]


@pytest.mark.parametrize("content", [b"[" * 100_000, nested(100_000), b"[" * 600 + b"]" * 600])
def test_json_that_is_nested_too_deep_is_an_api_error_that_says_so(connect: Connect, content: bytes) -> None:
    answer = connect(lambda request: request.answer(Reply(200, content))).send("GET", "/x")
    with pytest.raises(ApiError, match="answered 200 with JSON that is nested too deep to read"):
        answer.json()
