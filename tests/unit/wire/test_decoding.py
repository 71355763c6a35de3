"""How a body is decoded, and its bounds: bytes, levels of JSON, digits, lines and events."""

import gzip
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
    server_sent_events,
    split_lines,
    unpacked,
)
from tests.lab.hostile.packed import bomb, nested


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


def test_json_is_read_down_to_its_deepest_level() -> None:
    assert decode_json(nested(DEEPEST))
    with pytest.raises(TooDeep):
        decode_json(nested(DEEPEST + 2))


def test_brackets_in_a_text_are_no_levels() -> None:
    assert decode_json(b'["' + b"[{" * 1000 + b'"]') == ["[{" * 1000]


@pytest.mark.parametrize("text", ["1" * 5000, "-" + "1" * 5000])
def test_an_integer_longer_than_python_reads_becomes_its_digits(text: str) -> None:
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


def test_a_long_line_is_split_from_single_bytes() -> None:
    def bytes_one_by_one() -> Iterator[bytes]:
        for _ in range(300_000):
            yield b"a"
        yield b"\r\nb\n\nc"

    assert list(split_lines(bytes_one_by_one())) == ["a" * 300_000, "b", "", "c"]


@pytest.mark.parametrize(
    ("lines", "events"),
    [
        (["event: values", 'data: {"a": 1}', ""], [("values", '{"a": 1}')]),
        (["event:end", "data:null", ""], [("end", "null")]),
        (["event: values", 'data: {"a":', "data: 1}", ""], [("values", '{"a":\n1}')]),
        (["event: end", ""], [("end", "")]),
        (["event: a", "data: 1", "", "", "event: b", "data: 2", ""], [("a", "1"), ("b", "2")]),
        ([": heartbeat", "", "id: 7", "event: a", "retry: 5", "data: 1", ""], [("a", "1")]),
    ],
    ids=["one", "no space", "two lines of data", "no data", "two events", "comment and other fields"],
)
def test_an_event_has_a_name_and_data(lines: list[str], events: list[tuple[str, str]]) -> None:
    assert list(server_sent_events(lines)) == events


def test_an_event_without_a_name_is_skipped() -> None:
    assert list(server_sent_events(["data: 1", "", "event: a", "data: 2", ""])) == [("a", "2")]


def test_an_event_that_is_cut_short_is_skipped() -> None:
    assert list(server_sent_events(["event: a", "data: 1", "", "event: b", "data: {"])) == [("a", "1")]


def test_an_event_is_yielded_as_soon_as_it_ends() -> None:
    lines = iter(["event: a", "data: 1", "", "event: b"])
    assert next(server_sent_events(lines)) == ("a", "1")
    assert next(lines) == "event: b"
