"""The bytes of an answer: unpacked, split into lines, and read as JSON, always within bounds."""

import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from pytest_threadcopy.schemas import Json

DEEPEST = 500
"""How many levels deep JSON may be nested. Python's own functions give up on deeper JSON."""

_LONGEST_INTEGER = 4000
_PIECE = 1_000_000
_GZIP = 31
_GZIP_NAMES = ("gzip", "x-gzip")  # the same encoding, by RFC 9110


class TooLarge(Exception):
    """There are more bytes than the limit allows."""


class BadEncoding(Exception):
    """The bytes do not have the encoding that the answer names."""


class TooDeep(ValueError):
    """JSON is nested deeper than `DEEPEST`."""


class LongInteger(str):
    """The digits of an integer that is longer than Python reads or writes."""

    __slots__ = ()


def unpacked(pieces: Iterable[bytes], encoding: str, size: int) -> Iterator[bytes]:
    """Yield the content of an answer, piece by piece; ``encoding`` is the answer's ``Content-Encoding``.

    Raises:
        TooLarge: The content has more than ``size`` bytes. Nothing more is unpacked.
        BadEncoding: The encoding is neither plain nor gzip (the request accepts no other), or the gzip is
            not valid or cut short.
    """
    if encoding not in ("", "identity", *_GZIP_NAMES):
        raise BadEncoding(f"its encoding is {encoding}, which the request does not accept")
    for piece in _gunzipped(pieces) if encoding in _GZIP_NAMES else pieces:
        size -= len(piece)
        if size < 0:
            raise TooLarge
        yield piece


def _gunzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(_GZIP)
    is_empty = True
    try:
        for packed in filter(None, pieces):
            rest, piece, is_empty = packed, b"", False
            while rest or len(piece) == _PIECE:  # the unpacker may hold more
                piece = unpacker.decompress(rest, _PIECE)
                yield piece
                rest = unpacker.unconsumed_tail
                if unpacker.unused_data:
                    raise BadEncoding("there is more after the end of its gzip")
    except zlib.error as error:
        raise BadEncoding(f"it is no gzip ({error})") from None
    if not (unpacker.eof or is_empty):
        raise BadEncoding("its gzip is cut short")


def split_lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Yield lines, split at line feeds only: JSON may contain U+2028 and other separators."""
    begun: list[bytes] = []
    for piece in pieces:
        first, *more = piece.split(b"\n")
        begun.append(first)
        if more:
            for line in (b"".join(begun), *more[:-1]):
                yield line.removesuffix(b"\r").decode(errors="replace")
            begun = [more[-1]]
    if any(begun):
        yield b"".join(begun).decode(errors="replace")


def server_sent_events(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the name and the data of each event, by the rules of the HTML standard ("Server-sent events").

    An event without a name is skipped, and so is a last event that no empty line ends.
    """
    name, data = "", list[str]()
    for line in lines:
        field, _, value = line.partition(":")
        if field == "event":
            name = value.removeprefix(" ")
        elif field == "data":
            data.append(value.removeprefix(" "))
        elif not line:
            if name:
                yield name, "\n".join(data)
            name, data = "", []


def decode_json(content: bytes) -> Any:
    """Return a JSON document. If a key has two values, the last counts, as in JavaScript and jq.

    Raises:
        TooDeep: The document is nested too deep to read.
        ValueError: The document is no JSON in UTF-8. NaN and infinities are no JSON.
    """
    text = content.decode("utf-8-sig")
    try:
        value = _STRICT.decode(text)
    except RecursionError:
        raise TooDeep from None
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer may have more digits than Python reads
        value = _WITH_LONG_INTEGERS.decode(text)
    # Few brackets cannot nest deep, and counting them is cheap.
    if text.count("[") + text.count("{") > DEEPEST and _is_too_deep(value):
        raise TooDeep
    return value


def _is_too_deep(value: Any) -> bool:
    objects: list[Json] = []
    lists = [[value]]
    for _ in range(DEEPEST + 1):
        items = chain(chain.from_iterable(map(dict.values, objects)), chain.from_iterable(lists))
        objects, lists = [], []
        for item in items:  # two comprehensions, one for each kind, would take 1.5 times as long
            kind = type(item)
            if kind is dict:
                objects.append(item)
            elif kind is list:
                lists.append(item)
        if not (objects or lists):
            return False
    return True


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _integer(digits: str) -> int | LongInteger:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else LongInteger(digits)


_STRICT = json.JSONDecoder(parse_constant=_refuse)
# This one is slower, since it calls our function for each integer. It is used only if the strict one fails.
_WITH_LONG_INTEGERS = json.JSONDecoder(parse_constant=_refuse, parse_int=_integer)
