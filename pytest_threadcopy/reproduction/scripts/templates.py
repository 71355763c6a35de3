"""Templates of JSON values: a variable stands in place of each id that only the run of a script knows."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_threadcopy.api.routes import quoted

_REPEATED = 200
"""A longer string is written as a repetition, if it is one."""
_LONGEST = 2000
"""A longer string that is no repetition is cut."""
_SERIES = 4
"""A list of this many items or more is written as a series, if its items differ only in a number."""
_WIDTH = 96


@dataclass(frozen=True)
class Ref:
    """A variable of the script. ``is_odd`` says that its value must be quoted in a URL."""

    name: str
    is_odd: bool = False


@dataclass(frozen=True)
class Index:
    """The number of an item in its series."""


@dataclass(frozen=True)
class Text:
    """A string, as the parts that it consists of."""

    parts: tuple[str | Ref | Index, ...]

    @property
    def plain(self) -> str | None:
        """The string, None where it has variables."""
        strings = [part for part in self.parts if isinstance(part, str)]
        return "".join(strings) if len(strings) == len(self.parts) else None

    @property
    def is_odd(self) -> bool:
        """Whether the string must be quoted in a URL."""
        return any(part.is_odd if isinstance(part, Ref) else quoted(str(part)) != part for part in self.parts)

    def written(self, string: Callable[[str], str], variable: Callable[[Ref], str], index: str = "") -> str:
        """Return the parts in one string, each as a language writes it."""
        return "".join(
            string(part) if isinstance(part, str) else variable(part) if isinstance(part, Ref) else index
            for part in self.parts
        )


@dataclass(frozen=True)
class Repeat:
    """A string that repeats a text, ``unit``, a number of times."""

    unit: str
    times: int


@dataclass(frozen=True)
class Series:
    """A list of ``count`` items that are equal except for the `Index` in them."""

    count: int
    item: Any


class Templates:
    """Makes templates of values, and ``remarks`` that say which strings were cut.

    Args:
        threads: The variables of thread ids. A variable replaces its id wherever the id stands in a text.
        values: The variables of other values. A variable replaces a text that is its value as a whole.
    """

    def __init__(self, threads: Mapping[str, str], values: Mapping[str, str]) -> None:
        self._threads = threads
        self._values = values
        self.remarks: list[str] = []
        # The longest id first: a shorter id may be the start of a longer one.
        ids = sorted(threads, key=len, reverse=True)
        # An id may be short: within a word or a longer id, the same text is no id.
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
        # Every second piece is an id: the same text may also stand within a word.
        pieces = self._split.split(text) if self._split else [text]
        parts = [
            _ref(self._threads[piece], piece) if place % 2 else piece for place, piece in enumerate(pieces)
        ]
        return Text(tuple(part for part in parts if part != ""))

    def _short(self, text: str) -> str:
        if len(text) <= _LONGEST:
            return text
        self.remarks.append(f"(a string of {len(text)} characters is cut here)")
        return text[:_LONGEST]

    def _series(self, items: list[Any]) -> Series | None:
        if len(items) < _SERIES or not isinstance(items[0], dict):
            return None
        known = [*self._threads, *self._values]
        if any(one in json.dumps(items, ensure_ascii=False) for one in known):
            return None
        try:
            return Series(len(items), _alike(items))
        except _Differ:
            return None


def _ref(name: str, value: str) -> Ref:
    return Ref(name, is_odd=quoted(value) != value)


def _repeat(text: str) -> Repeat | None:
    if len(text) <= _REPEATED:
        return None
    period = (text + text).find(text, 1)
    return Repeat(text[:period], len(text) // period) if period <= _REPEATED and period < len(text) else None


class _Differ(Exception):
    """Items differ in more than their number."""


def _alike(items: Sequence[Any]) -> Any:
    """Return the template of all items, with `Index` for their number."""
    first = items[0]
    if isinstance(first, str):
        return _numbered(items)
    if isinstance(first, dict) and all(isinstance(one, dict) and list(one) == list(first) for one in items):
        return {Text((key,)): _alike([one[key] for one in items]) for key in first}
    if isinstance(first, list) and all(isinstance(one, list) and len(one) == len(first) for one in items):
        return [_alike(column) for column in zip(*items, strict=True)]
    if len({json.dumps(one) for one in items}) > 1:
        raise _Differ
    return first


def _numbered(items: Sequence[Any]) -> Text:
    first = items[0]
    if len(first) > _REPEATED:
        raise _Differ
    if all(one == first for one in items):
        return Text((first,) if first else ())
    for zero in re.finditer("0", first):
        start, end = first[: zero.start()], first[zero.end() :]
        if all(one == f"{start}{index}{end}" for index, one in enumerate(items)):
            return Text(tuple(part for part in (start, Index(), end) if part != ""))
    raise _Differ


def enclosed(opening: str, items: Sequence[str], closing: str, indent: int, *, comma: str = "") -> str:
    """Return items in brackets: on one line where they fit, else each on a line of its own.

    ``indent`` is the indentation of the first line, in steps of four spaces. ``comma`` follows the last item
    where each item has a line.
    """
    short = f"{opening}{', '.join(items)}{closing}"
    if len(short) + 4 * indent <= _WIDTH and "\n" not in short:
        return short
    inner, outer = "\n" + "    " * (indent + 1), "\n" + "    " * indent
    return f"{opening.rstrip()}{inner}{(',' + inner).join(items)}{comma}{outer}{closing.lstrip()}"
