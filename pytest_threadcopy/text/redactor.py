"""Takes secrets out of what pytest shows, where they may also be wrapped over lines, or cut."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from pytest_threadcopy.text.secrets import SHORTEST, written

_HIDDEN = "***"
# How pytest breaks a long string into several, one a line.
_BREAK = r"""(?:["']\s*\n[\sE>]*b?["'])?"""
_DOTS = ("...", "…")
_CUT = re.compile("|".join(map(re.escape, _DOTS)))
_ESCAPE = r"\\+"
_SHORTEST_PART = 4
_LONGEST_FORM = 40
_MOST_LEARNED = 50


class Redactor:
    """Replaces secrets by three asterisks.

    A part of a secret is one too, where a text is cut: before dots or after them, or at its end.

    Args:
        secrets: The secrets as they are. Those of fewer than `SHORTEST` characters are left alone.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        # The longest first: where one is the start of another, no end of that may stay.
        found = sorted({one for one in secrets if len(one) >= SHORTEST}, key=len, reverse=True)
        self._learned: deque[str] = deque(maxlen=_MOST_LEARNED)
        self._secrets = [[_form(char) for char in secret] for secret in found]
        self._whole = re.compile("|".join(map(_BREAK.join, self._secrets)) or r"(?!)")
        parted = [forms for forms in self._secrets if len(forms) > _SHORTEST_PART]
        self._heads = [("".join(forms[:_SHORTEST_PART]), forms[_SHORTEST_PART:]) for forms in parted]
        self._tails = [("".join(forms[-_SHORTEST_PART:]), forms[:-_SHORTEST_PART]) for forms in parted]
        self._head = re.compile("|".join(head for head, _ in self._heads) or r"(?!)")
        self._tail = re.compile("|".join(tail for tail, _ in self._tails) or r"(?!)")

    def learn(self, secret: str) -> None:
        """Take one more text for a secret. The last alone are known: some deployments set ever new ones."""
        if secret not in self._learned:
            self._learned.append(secret)

    def __call__(self, text: str) -> str:
        """Return a text without the secrets."""
        text = self._whole.sub(_HIDDEN, text)
        parts = sorted({*self._cut_at_the_end(text), *self._cut_at_the_start(text)}, reverse=True)
        for start, end in parts:
            text = text[:start] + _HIDDEN + text[end:]
        for secret in tuple(self._learned):
            # Making a redactor takes longer than looking for an end of what it would look for.
            if secret[:_SHORTEST_PART] in text or secret[-_SHORTEST_PART:] in text:
                text = _redactor_of(secret)(text)
        return text

    def json(self, value: Any) -> Any:
        """Return plain JSON without them, in values and in keys."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, dict):
            return {self(str(key)): self.json(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return list(map(self.json, value))
        # A number is never cut, and only one with a whole secret in it is hidden.
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return self(str(value)) if is_number and self._whole.search(str(value)) else value

    def _cut_at_the_end(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where a text has the first characters of a secret, and is cut there."""
        for begun in self._head.finditer(text):
            for head, forms in self._heads:
                found = _compiled(head).match(text, begun.start())
                end = _walk(text, found.end(), forms) if found else 0
                # Dots may be characters of the secret, too.
                if found and (end == len(text) or any(_CUT.match(text, end - back) for back in range(3))):
                    yield begun.start(), end

    def _cut_at_the_start(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where a text has the last characters of a secret, and was cut before."""
        for ended in self._tail.finditer(text):
            for tail, forms in self._tails:
                found = _compiled(tail).match(text, ended.start())
                start = _walk_back(text, ended.start(), forms) if found else 0
                if found and any(text.endswith(_DOTS, 0, start + back) for back in range(3)):
                    yield start, found.end()


IN_FORCE: list[Redactor] = []
"""Those of the runs of pytest that go on in this process."""


@lru_cache(maxsize=_MOST_LEARNED)
def _redactor_of(secret: str) -> Redactor:
    return Redactor([secret])


def _walk(text: str, at: int, forms: list[str]) -> int:
    """Return how far a text goes on with these characters, or the half of an escape."""
    for form in forms:
        found = _compiled(_BREAK + form).match(text, at)
        if not found:
            break
        at = found.end()
    while text.startswith("\\", at):
        at += 1
    return at


def _walk_back(text: str, at: int, forms: list[str]) -> int:
    for form in reversed(forms):
        pattern = _compiled(form + _BREAK)
        widths = range(min(_LONGEST_FORM, at), 0, -1)
        width = next((width for width in widths if pattern.fullmatch(text, at - width, at)), 0)
        if not width:
            break
        at -= width
    return at


def _form(char: str) -> str:
    if char.isascii():
        return written(char)
    # The bytes of one character may be on two lines.
    octets = char.encode("utf-8", "surrogatepass")
    return f"(?:{written(char)}|{_BREAK.join(f'{_ESCAPE}x{octet:02x}' for octet in octets)})"


@lru_cache(maxsize=10_000)
def _compiled(pattern: str) -> "re.Pattern[str]":
    return re.compile(pattern)
