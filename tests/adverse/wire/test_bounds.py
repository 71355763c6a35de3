"""How much of an answer is read: bytes, however they are packed; levels of JSON; digits; lines."""

import gzip
import io
import json
import tracemalloc
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_threadcopy.wire.decoding import (
    DEEPEST,
    BadEncoding,
    LongInteger,
    TooDeep,
    TooLarge,
    decode_json,
    split_lines,
    unpacked,
)
from pytest_threadcopy.wire.limits import Limits
from pytest_threadcopy.wire.transport import ApiError, NoAnswer
from tests.adverse.conftest import Connect
from tests.lab.hostile.wire import Reply, Request

SMALL = Limits(5, size=2_000_000)


def bomb(megabytes: int) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        for _ in range(megabytes):
            file.write(b" " * 1_000_000)
    return packed.getvalue()


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


def test_unpacking_a_bomb_stops_at_the_size_limit() -> None:
    content = bomb(100)
    tracemalloc.start()
    with pytest.raises(TooLarge):
        for _ in unpacked([content], "gzip", 10_000_000):
            pass
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("content", [json.dumps(list(range(10_000))).encode(), b"0" * 3_000_000])
def test_gzip_is_unpacked_from_pieces_of_any_size(content: bytes, size: int) -> None:
    packed = gzip.compress(content)
    pieces = [packed[start : start + size] for start in range(0, len(packed), size)]
    assert b"".join(unpacked(pieces, "gzip", len(content))) == content


BADLY_PACKED = {
    "no gzip": ([b"{}"], "gzip"),
    "cut short": ([gzip.compress(b"{}" * 1000)[:-9]], "gzip"),
    "something after its end": ([gzip.compress(b"{}") + b"{}"], "gzip"),
    "zlib, not gzip": ([zlib.compress(b"{}")], "gzip"),
    "an encoding that nobody asked for": ([b"{}"], "br"),
    "two encodings": ([gzip.compress(gzip.compress(b"{}"))], "gzip, gzip"),
}


@pytest.mark.parametrize(("pieces", "encoding"), BADLY_PACKED.values(), ids=BADLY_PACKED)
def test_a_bad_encoding_is_an_error(pieces: list[bytes], encoding: str) -> None:
    with pytest.raises(BadEncoding):
        list(unpacked(pieces, encoding, 10_000))


@pytest.mark.parametrize("encoding", ["", "identity", "gzip"])
def test_an_empty_answer_is_empty_in_any_encoding(encoding: str) -> None:
    assert b"".join(unpacked([], encoding, 1000)) == b""


def test_x_gzip_is_gzip() -> None:
    assert b"".join(unpacked([gzip.compress(b"{}")], "x-gzip", 100)) == b"{}"


def test_a_gzipped_answer_is_read_and_its_connection_is_reused(connect: Connect) -> None:
    nth = []

    def packed(request: Request) -> None:
        nth.append(request.nth)
        request.answer(Reply(200, gzip.compress(b'{"a": 1}'), {"content-encoding": "gzip"}))

    transport = connect(packed)
    assert [transport.send("GET", "/x").json() for _ in range(3)] == [{"a": 1}] * 3
    assert nth == [0, 1, 2]


def nested(levels: int) -> bytes:
    return b'{"a":[' * (levels // 2) + b"]}" * (levels // 2)


def test_json_is_read_down_to_its_deepest_level() -> None:
    assert decode_json(nested(DEEPEST))
    with pytest.raises(TooDeep):
        decode_json(nested(DEEPEST + 2))


@pytest.mark.parametrize("content", [b"[" * 100_000, nested(100_000), b"[" * 600 + b"]" * 600])
def test_json_that_is_nested_too_deep_is_an_api_error_that_says_so(connect: Connect, content: bytes) -> None:
    answer = connect(lambda request: request.answer(Reply(200, content))).send("GET", "/x")
    with pytest.raises(ApiError, match="answered 200 with JSON that is nested too deep to read"):
        answer.json()


def test_brackets_in_a_text_are_no_levels() -> None:
    assert decode_json(b'["' + b"[{" * 1000 + b'"]') == ["[{" * 1000]


@pytest.mark.parametrize("text", ["1" * 5000, "-" + "1" * 5000])
def test_an_integer_longer_than_python_reads_is_kept_as_its_digits(text: str) -> None:
    (value,) = decode_json(f"[{text}]".encode())
    assert isinstance(value, LongInteger)
    assert value == text
    assert json.dumps(decode_json(f'{{"n": {text}, "m": 7}}'.encode())) == f'{{"n": "{text}", "m": 7}}'


@pytest.mark.parametrize(
    "content", [b"NaN", b"[Infinity]", b'{"a": -Infinity}', b'"\xff"', b'"\xed\xa0\x80"']
)
def test_nan_and_other_extensions_are_no_json(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"no JSON|can't decode"):
        decode_json(content)


JSON = {
    "a byte order mark": (b"\xef\xbb\xbf[]", []),
    "a lone surrogate, escaped": (b'"\\ud800"', "\ud800"),
    "a key named twice": (b'{"a": 1, "a": 2}', {"a": 2}),
    "a float beyond all bounds": (b"1e400", float("inf")),
    "the longest integer that Python reads": (b"9" * 4000, int("9" * 4000)),
}


@pytest.mark.parametrize(("content", "value"), JSON.values(), ids=JSON)
def test_odd_json_is_read(content: bytes, value: Any) -> None:
    assert decode_json(content) == value


def test_lines_are_split_in_time_from_pieces_of_any_size() -> None:
    def bytes_one_by_one() -> Iterator[bytes]:
        for _ in range(300_000):
            yield b"a"
        yield b"\r\nb\n\nc"

    assert list(split_lines(bytes_one_by_one())) == ["a" * 300_000, "b", "", "c"]
