"""JSON values with holes: what a script writes in place of ids that only its own run knows."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_threadcopy.api.routes import quoted

_REPEATED = 200
"""Strings longer than this are written as a repetition, where they are one."""
_LONGEST = 2000
"""Strings longer than this, and no repetition, are cut."""
_SERIES = 4
"""Lists of as many items that differ in their number alone are written as a series."""


@dataclass(frozen=True)
class Ref:
    """A variable of the script. ``is_odd`` says that its value is not to stand in a URL as it is."""

    name: str
    is_odd: bool = False


@dataclass(frozen=True)
class Index:
    """The number of an item in the series that it stands in."""


@dataclass(frozen=True)
class Text:
    """A string, put together from its parts."""

    parts: tuple[str | Ref | Index, ...]

    @property
    def is_odd(self) -> bool:
        """Whether it is not to stand in a URL as it is."""
        return any(part.is_odd if isinstance(part, Ref) else quoted(str(part)) != part for part in self.parts)


@dataclass(frozen=True)
class Repeat:
    """A string that is a text as often as told."""

    unit: str
    times: int


@dataclass(frozen=True)
class Series:
    """A list of so many items, alike but for the `Index` in them."""

    count: int
    item: Any


class Templates:
    """Makes templates of values.

    Args:
        threads: Thread id to the variable that holds it; put in wherever the id is found in a text.
        values: Other value to its variable; put in where it is the whole text.

    ``cut`` has the lengths of the strings that were cut.
    """

    def __init__(self, threads: Mapping[str, str], values: Mapping[str, str]) -> None:
        self._threads = threads
        self._values = values
        self.cut: list[int] = []
        # The longest first: where one id starts as another does, the longer is meant.
        ids = sorted(threads, key=len, reverse=True)
        # An id may be short: within a word, or a longer id, it is none.
        self._split = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, ids))})(?![\w-])") if ids else None

    def of(self, value: Any) -> Any:
        """Return the template of a JSON value: its keys and texts as `Text` or `Repeat`."""
        if isinstance(value, str):
            return _repeat(value) or self.text(self._short(value))
        if isinstance(value, dict):
            return {self.text(key): self.of(one) for key, one in value.items()}
        if isinstance(value, list):
            return self._series(value) or [self.of(one) for one in value]
        return value

    def text(self, text: str) -> Text:
        """Return the template of a string that stands in a URL, or as a key."""
        if text in self._values:
            return Text((_ref(self._values[text], text),))
        # Every other piece is an id: the same text may stand within a word, too.
        pieces = self._split.split(text) if self._split else [text]
        parts = [
            _ref(self._threads[piece], piece) if place % 2 else piece for place, piece in enumerate(pieces)
        ]
        return Text(tuple(part for part in parts if part != ""))

    def _short(self, text: str) -> str:
        if len(text) <= _LONGEST:
            return text
        self.cut.append(len(text))
        return text[:_LONGEST]

    def _series(self, items: list[Any]) -> Series | None:
        if len(items) < _SERIES or not isinstance(items[0], dict):
            return None
        known = [*self._threads, *self._values]
        if any(one in json.dumps(items, ensure_ascii=False) for one in known):
            return None
        item = _alike(items)
        return None if item is _NONE else Series(len(items), item)


def _ref(name: str, value: str) -> Ref:
    return Ref(name, is_odd=quoted(value) != value)


def _repeat(text: str) -> Repeat | None:
    if len(text) <= _REPEATED:
        return None
    period = (text + text).find(text, 1)
    return Repeat(text[:period], len(text) // period) if period <= _REPEATED and period < len(text) else None


_NONE = object()


def _alike(items: Sequence[Any]) -> Any:
    """Return what items have in common, with `Index` for their number; `_NONE` where they differ more."""
    first = items[0]
    if isinstance(first, str):
        return _numbered(items)
    if isinstance(first, dict):
        if any(not isinstance(one, dict) or list(one) != list(first) for one in items):
            return _NONE
        found = {Text((key,)): _alike([one[key] for one in items]) for key in first}
        return _NONE if any(one is _NONE for one in found.values()) else found
    if isinstance(first, list):
        if any(not isinstance(one, list) or len(one) != len(first) for one in items):
            return _NONE
        listed = [_alike(column) for column in zip(*items, strict=True)]
        return _NONE if any(one is _NONE for one in listed) else listed
    return first if len({json.dumps(one) for one in items}) == 1 else _NONE


def _numbered(items: Sequence[Any]) -> Any:
    first = items[0]
    if len(first) > _REPEATED:
        return _NONE
    if all(one == first for one in items):
        return Text((first,) if first else ())
    for found in re.finditer("0", first):
        start, end = first[: found.start()], first[found.end() :]
        if all(one == f"{start}{index}{end}" for index, one in enumerate(items)):
            return Text(tuple(part for part in (start, Index(), end) if part != ""))
    return _NONE
