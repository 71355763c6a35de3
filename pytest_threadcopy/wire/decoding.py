"""Bytes of an answer, unpacked, split into lines and read as JSON: within bounds, whatever they are."""

import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

DEEPEST = 500
"""How many levels JSON may be nested; deeper, Python's own functions give up."""

_LONGEST_INTEGER = 4000
_PIECE = 1_000_000
_GZIP = 31
_GZIP_NAMES = ("gzip", "x-gzip")  # RFC 9110 takes them for the same


class TooLarge(Exception):
    """There is more than there may be."""


class BadEncoding(Exception):
    """The bytes are not packed as the answer says."""


class TooDeep(ValueError):
    """JSON is nested deeper than `DEEPEST`."""


class LongInteger(str):
    """An integer that is longer than Python reads or writes, as its digits."""

    __slots__ = ()


def unpacked(pieces: Iterable[bytes], encoding: str, size: int) -> Iterator[bytes]:
    """Yield the content of an answer, piece by piece; no more of it is ever unpacked than may be there.

    Args:
        pieces: The bytes as they came.
        encoding: The answer's ``Content-Encoding``: none, or gzip, which is all that is asked for.
        size: How many bytes there may be.

    Raises:
        TooLarge: There are more.
        BadEncoding: They are packed in another way, or cut short.
    """
    for piece in _gunzipped(pieces) if encoding in _GZIP_NAMES else _plain(pieces, encoding):
        size -= len(piece)
        if size < 0:
            raise TooLarge
        yield piece


def _plain(pieces: Iterable[bytes], encoding: str) -> Iterable[bytes]:
    if encoding not in ("", "identity"):
        raise BadEncoding(f"it is encoded as {encoding}, which nobody asked for")
    return pieces


def _gunzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(_GZIP)
    is_empty = True
    try:
        for packed in filter(None, pieces):
            rest, piece, is_empty = packed, b"", False
            while rest or len(piece) == _PIECE:  # there may be more of what was taken in
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
    """Yield lines, split at line ends alone: JSON leaves U+2028 and the like as they are."""
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
    """Return a JSON document; the last of two values of one key counts, as in JavaScript and jq.

    Raises:
        TooDeep: It is nested too deep to read.
        ValueError: It is no JSON in UTF-8. NaN and infinities are none.
    """
    text = content.decode("utf-8-sig")
    try:
        value = _decode(text)
    except RecursionError:
        raise TooDeep from None
    # Few brackets cannot be nested deep, and counting them is cheap.
    if text.count("[") + text.count("{") > DEEPEST and _is_too_deep(value):
        raise TooDeep
    return value


def _decode(text: str) -> Any:
    try:
        return _STRICT.decode(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # it may have an integer of more digits than Python reads
        return _PATIENT.decode(text)


def _is_too_deep(value: Any) -> bool:
    objects: list[dict[str, Any]] = []
    lists = [[value]]
    for _ in range(DEEPEST + 1):
        items = chain(chain.from_iterable(map(dict.values, objects)), chain.from_iterable(lists))
        objects, lists = [], []
        for item in items:  # a comprehension for each kind takes half as long again
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
# Kept for where it is needed: a function of ours for each integer takes its time.
_PATIENT = json.JSONDecoder(parse_constant=_refuse, parse_int=_integer)
