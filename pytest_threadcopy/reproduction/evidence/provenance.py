"""Where a value in a request came from: the earlier answer that first held it, and its place there."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote

from pytest_threadcopy.reproduction.evidence.exchange import Exchange

Path = tuple[str | int, ...]

# Long, and with a digit: an id, a cursor. A word such as a node's name is nobody's to hand out.
_HANDED_OUT = re.compile(r"(?=.*\d)[0-9A-Za-z_.:|~-]{16,200}")


def scalars_of(value: Any) -> Iterator[tuple[Path, Any]]:
    """Yield every string, number, boolean and null in a JSON value, keys left out, with its place.

    A value may be nested as deep as Python's functions may call each other: so none calls itself here.
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
    """Return what a request holds that an earlier answer may have handed out: its thread's id apart."""
    values = [value for _, value in scalars_of([exchange.body, dict(exchange.params)])]
    if exchange.thread_id:
        values += map(unquote, exchange.rest.split("/"))
    return {value for value in values if isinstance(value, str) and _HANDED_OUT.fullmatch(value)}


def place_in(exchange: Exchange, value: str) -> Path | None:
    """Return where an answer holds a value: where a checkpoint is named, rather than its child's parent."""
    found = [path for path, one in scalars_of(exchange.value) if one == value]
    return min(found, key=lambda path: (any("parent" in str(key) for key in path), len(path)), default=None)


def origins(kept: Sequence[Exchange], known: Sequence[Exchange]) -> list[Exchange]:
    """Return the exchanges, beside those that are kept, whose answers hand out what these ask with.

    A value that a request held before any answer did was ours.

    Args:
        kept: What is to be done again.
        known: All that is known, in order.
    """
    ids = {id(one) for one in kept}
    threads = {one.made for one in known if one.made}
    found: list[Exchange] = []
    for asking in kept:
        for value in asked_with(asking) - threads:
            holding = [
                one
                for one in known
                if one.ended <= asking.started
                and value.encode() in (one.answer or b"")
                and place_in(one, value)
            ]
            # An answer to who asked with it, or after somebody did, only says it again.
            asked = next((one.started for one in known if value in asked_with(one)), asking.started)
            holding = [one for one in holding if one.ended <= asked]
            if holding and not any(id(one) in ids for one in holding):
                found.append(holding[-1])
                ids.add(id(holding[-1]))
    return found
