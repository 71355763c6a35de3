"""Behaviours that spoil the body of an answer: it is too long, no JSON, or unexpected JSON."""

import json
import struct
import zlib
from functools import cache

from tests.lab.hostile.behaviour import (
    FINE,
    Forward,
    Place,
    at,
    cannot_be_tested,
    ends,
    harmless,
    network,
    word,
)
from tests.lab.hostile.wire import Reply, Request

_NO_JSON = "a body that is no JSON"
_MEGABYTE = 1_000_000


def _json(request: Request, content: bytes, **headers: str) -> None:
    request.answer(Reply(200, content, {"content-type": "application/json", **headers}))


@cache
def _bomb() -> bytes:
    """Return a gigabyte of spaces and an empty object, in a megabyte of gzip.

    One packed megabyte is repeated: to pack a gigabyte takes longer than the time limit of a request.
    """
    spaces, end = b" " * _MEGABYTE, b"{}"
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(spaces) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = packed * 1000 + packer.compress(end) + packer.flush()
    checksum = 0
    for part in (*[spaces] * 1000, end):
        checksum = zlib.crc32(part, checksum)
    header = b"\x1f\x8b\x08" + bytes(7)
    return header + packed + struct.pack("<II", checksum, 1000 * _MEGABYTE + len(end))


@network("more than 100 MB", "--threadcopy-timeout=20")
def sends_a_gzip_bomb(request: Request, forward: Forward) -> None:
    """Sends a megabyte that unpacks to a gigabyte."""
    _json(request, _bomb(), **{"content-encoding": "gzip"})


@network("more than 100 MB", "--threadcopy-timeout=20")
def sends_a_gigabyte(request: Request, forward: Forward) -> None:
    """Sends a body of a gigabyte."""
    request.send(Reply(200, b"").head(content_length=str(1000 * _MEGABYTE)))
    for _ in range(1000):
        request.send(b" " * _MEGABYTE)


@network("more than 100 MB", "--threadcopy-timeout=20")
def sends_a_body_without_end(request: Request, forward: Forward) -> None:
    """Sends chunks without end."""
    request.send(Reply(200, b"").head(content_length=None, transfer_encoding="chunked"))
    while True:
        request.send(b"%x\r\n%s\r\n" % (_MEGABYTE, b" " * _MEGABYTE))


@network("got no answer")
def sends_gzip_that_is_none(request: Request, forward: Forward) -> None:
    """Says that its answer is compressed, but sends it uncompressed."""
    reply = forward()
    request.send(reply.head(content_encoding="gzip") + reply.content)


@word(_NO_JSON)
def answers_half(request: Request, forward: Forward) -> None:
    """Sends the first half of its JSON as a complete answer."""
    content = forward().content
    _json(request, content[: len(content) // 2])


@word(_NO_JSON)
def answers_more(request: Request, forward: Forward) -> None:
    """Sends its JSON twice."""
    _json(request, forward().content * 2)


@word(_NO_JSON)
def answers_other_bytes(request: Request, forward: Forward) -> None:
    """Sends bytes that are not UTF-8, with escape sequences for a terminal."""
    forward()
    _json(request, b'"\xff\xfe\x9b31m\x1b[2J\x1b]0;owned\x07"')


@word("nested too deep")
def nests_100_000_levels(request: Request, forward: Forward) -> None:
    """Sends lists in lists, 100,000 levels deep."""
    forward()
    _json(request, b"[" * 100_000 + b"]" * 100_000)


@word(_NO_JSON)
def answers_nan(request: Request, forward: Forward) -> None:
    """Sends NaN and infinities, which JSON does not have."""
    forward()
    _json(request, b"[NaN, Infinity, -Infinity]")


@harmless()
def begins_with_a_byte_order_mark(request: Request, forward: Forward) -> None:
    """Sends a byte order mark before its JSON."""
    reply = forward()
    _json(request, b"\xef\xbb\xbf" * bool(reply.content) + reply.content)


@harmless()
def says_another_content_type(request: Request, forward: Forward) -> None:
    """Labels its JSON as text in UTF-16."""
    request.answer(Reply(200, forward().content, {"content-type": "text/plain; charset=utf-16"}))


def _each_state(request: Request, forward: Forward, more: str) -> None:
    """Answer a history with ``more`` among the values of each state."""
    reply = forward()
    states = reply.body
    for state in states:
        state["values"] = {**(state["values"] or {}), "threadcopy_more": "MORE"}
    request.answer(Reply(reply.status, json.dumps(states).replace('"MORE"', more).encode(), reply.headers))


_VALUES = {Place.HISTORY: FINE, Place.COPIED: ends("passed", "violated", "the histories differ")}


@at(_VALUES)
def has_integers_of_10_000_digits(request: Request, forward: Forward) -> None:
    """Shows an integer of 10,000 digits among the values of each checkpoint."""
    _each_state(request, forward, "7" * 10_000)


@at(_VALUES)
def has_lone_surrogates(request: Request, forward: Forward) -> None:
    """Shows half of a surrogate pair among the values of each checkpoint."""
    _each_state(request, forward, r'"\ud83d and \udc00", "\ud83d": null')


@at(_VALUES)
def names_a_key_twice(request: Request, forward: Forward) -> None:
    """Names one key twice, with two values."""
    _each_state(request, forward, '1, "threadcopy_more": 2')


@at(_VALUES)
def has_floats_beyond_all_bounds(request: Request, forward: Forward) -> None:
    """Shows 1e400, which a float cannot hold, among the values of each checkpoint."""
    _each_state(request, forward, "1e400")


@at(_VALUES)
def writes_on_the_terminal(request: Request, forward: Forward) -> None:
    """Shows terminal escape sequences among the values of each checkpoint."""
    _each_state(request, forward, r'"\u001b[2J\u001b]0;owned\u0007\u009b31m\r\n\u202e"')


@at(
    {
        Place.EVERYWHERE: cannot_be_tested("is no LangGraph-compatible API", leaves=None),
        Place.COPY: ends("violated", says="a value that is no thread object"),
        Place.COPIED: ends("passed", "violated", "no list of thread states"),
        Place.HISTORY: ends("untestable", says="no list of thread states"),
        Place.THREAD: ends("violated", "passed"),
        Place.ASSISTANTS: ends("untestable", says="no assistant plays the role plain"),
        Place.INFO: FINE,
        Place.SEARCH: FINE,
    }
)
def answers_a_number(request: Request, forward: Forward) -> None:
    """Answers `7`."""
    forward()
    _json(request, b"7")
