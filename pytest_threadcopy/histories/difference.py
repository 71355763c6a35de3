"""Where two JSON values differ, types included, and how to write that in a few words."""

import json
import marshal
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pytest_threadcopy.histories.thread_ids import Path


class Remark:
    """Stands in a difference for a side that has no JSON value to show, and says why."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


MISSING: Final = Remark("(missing)")

_LONGEST = 100
_LONGEST_PATH = 300


@dataclass(frozen=True)
class Difference:
    """One difference between two histories.

    ``kind`` is ``empty``, ``length``, ``order``, ``repeated``, ``thread id`` or ``checkpoint``. ``where``
    names the checkpoint, and ``path`` the place in it. The values are JSON, cut to a readable length.
    ``pattern`` is the path with ``[*]`` for each index: the same place in any checkpoint.
    """

    kind: str
    where: str = ""
    path: str = ""
    original: str = ""
    copy: str = ""
    pattern: str = ""

    def __str__(self) -> str:
        path = f"\n  {self.path}" if self.path else ""
        has_values = self.original or self.copy
        values = f"\n    original: {self.original}\n    copy:     {self.copy}" if has_values else ""
        return f"{self.where or self.kind}{path}{values}"


class StrictEquality:
    """Tells whether JSON values are equal with their types: 1, 1.0 and true are three values.

    Equal bytes decode to equal values, so `marshal` decides in C that two values are equal. Its version 4 is
    the fastest, but also writes which objects are shared, as in a history that was made with ``deepcopy``.
    Version 2 does not, and is used from the first such history on. The order of keys means nothing in JSON:
    only a walk decides that two values differ.
    """

    def __init__(self) -> None:
        self._version = 4

    def __call__(self, left: Any, right: Any) -> bool:
        """Return whether ``left`` and ``right`` are equal."""
        try:
            for version in range(self._version, 0, -2):
                if marshal.dumps(left, version) == marshal.dumps(right, version):
                    self._version = version
                    return True
        except ValueError:  # deeper than marshal goes, or no plain JSON type
            pass
        return next(differences(left, right), None) is None


def differences(left: Any, right: Any) -> Iterator[tuple[Path, Any, Any]]:
    """Yield ``(path, left, right)`` for each place where two JSON values differ, in document order.

    A key that one side lacks has `MISSING` on that side. Two lists of different lengths yield one difference
    for their lengths, and then one for each item that differs as far as both go. The walk does not recurse,
    so no value is too deep.
    """
    stack: list[tuple[Path, Any, Any]] = [((), left, right)]
    while stack:
        path, a, b = stack.pop()
        if isinstance(a, dict) and isinstance(b, dict):
            keys = [*a, *(key for key in b if key not in a)]
            stack += [((*path, key), a.get(key, MISSING), b.get(key, MISSING)) for key in reversed(keys)]
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                yield path, Remark(f"{len(a)} items"), Remark(f"{len(b)} items")
            stack += [((*path, i), a[i], b[i]) for i in reversed(range(min(len(a), len(b))))]
        # repr tells 0.0 from -0.0, and says that NaN is NaN.
        elif type(a) is not type(b) or (repr(a) != repr(b) if isinstance(a, float) else a != b):
            yield path, a, b


def show_path(path: Path) -> str:
    """Write a path as in Python or jq, cut to a readable length: ``values.messages[3]["content type"]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.isidentifier():
            text += f".{part}" if text else part
        else:
            text += f"[{_printable(part)}]"
    half = _LONGEST_PATH // 2
    return text if len(text) <= _LONGEST_PATH else f"{text[:half]}…{text[-half:]}"


def show_pattern(path: Path) -> str:
    """Write a path with ``[*]`` in place of each index: ``values.messages[*].id``."""
    return re.sub(r"\[\d+\]", "[*]", show_path(path))


def show_values(left: Any, right: Any) -> tuple[str, str]:
    """Write two values that differ as JSON, cut to a readable length around their first difference."""
    a, b = _printable(left), _printable(right)
    first = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    start = max(0, first - _LONGEST // 2) if max(len(a), len(b)) > _LONGEST else 0
    return _cut(a, start), _cut(b, start)


def show_value(value: Any) -> str:
    """Write a value as JSON, cut to a readable length."""
    return _cut(_printable(value), 0)


def _cut(text: str, start: int) -> str:
    end = start + _LONGEST
    rest = len(text) - end
    return ("…" if start else "") + text[start:end] + (f"… ({rest:,} more characters)" if rest > 0 else "")


def _printable(value: Any) -> str:
    """Write JSON in the reader's own script; escape every character if one could drive a terminal."""
    if isinstance(value, Remark):
        return value.text
    try:
        text = json.dumps(value, ensure_ascii=False, default=repr)
    except (RecursionError, ValueError):  # deeper than json goes, or an integer longer than Python writes
        return f"({type(value).__name__} that is too deep or too long to be written)"
    return text if text.isprintable() else json.dumps(value, default=repr)
