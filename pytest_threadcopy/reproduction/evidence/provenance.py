"""Where a value in a request comes from: an earlier answer that has it, and its place there."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any
from urllib.parse import unquote

from pytest_threadcopy.reproduction.evidence.exchange import Exchange

Path = tuple[str | int, ...]

# An id or a cursor is long and has a digit. The name of a node is no value that a deployment makes.
_HANDED_OUT = re.compile(r"(?=.*\d)[0-9A-Za-z_.:|~-]{16,200}")


def scalars_of(value: Any) -> Iterator[tuple[Path, Any]]:
    """Yield every string, number, boolean and null in a JSON value, but no key, with its place.

    No recursion: a value may be nested deeper than Python's functions may call each other.
    """
    pending: list[tuple[Path, Any]] = [((), value)]
    while pending:
        path, one = pending.pop()
        if isinstance(one, dict | list):
            items = list(one.items() if isinstance(one, dict) else enumerate(one))
            pending += [((*path, key), inner) for key, inner in reversed(items)]
        else:
            yield path, one


def asked_with(exchange: Exchange) -> set[str]:
    """Return the values of a request, without its thread's id, that an earlier answer may have handed out."""
    values = [value for _, value in scalars_of([exchange.body, dict(exchange.params)])]
    if exchange.thread_id:
        values += map(unquote, exchange.rest.split("/"))
    return {value for value in values if isinstance(value, str) and _HANDED_OUT.fullmatch(value)}


def place_in(exchange: Exchange, value: str) -> Path | None:
    """Return the shortest path to a value in an answer; a path through a parent only if there is no other."""
    paths = [path for path, one in scalars_of(exchange.value) if one == value]
    return min(paths, key=lambda path: (any("parent" in str(key) for key in path), len(path)), default=None)


def origins(repeated: Collection[Exchange], known: Sequence[Exchange]) -> set[Exchange]:
    """Return the further exchanges whose answers hand out the values that the requests of ``repeated`` use.

    ``known`` are all exchanges, in order. A value that a request had before any answer is our own.
    """
    threads = {one.made for one in known}
    further: set[Exchange] = set()
    for asking in sorted(repeated, key=lambda one: one.started):
        for value in asked_with(asking) - threads:
            # An answer after the first request that uses the value only repeats it.
            used = next(one.started for one in known if value in asked_with(one))
            holding = [
                one
                for one in known
                if one.ended <= used and value.encode() in (one.answer or b"") and place_in(one, value)
            ]
            if holding and further.union(repeated).isdisjoint(holding):
                further.add(holding[-1])
    return further
