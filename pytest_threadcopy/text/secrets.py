"""Takes secrets out of texts: as they are, escaped, wrapped over lines, or cut."""

import base64
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

from pytest_threadcopy.text.escapes import BREAK, pattern_of, patterns_of

_Value = TypeVar("_Value")
_HIDDEN = "***"
_SHORTEST = 3
_SHORTEST_HEADER_PART = 6
_SHORTEST_COOKIE = 8
_SHORTEST_CUT = 4
_MOST_COOKIES = 50
_LONGEST_FORM = 40
_LEAD = 16  # characters of a secret that are searched first: a pattern of long cookies takes seconds to make
_LONG = 256
_PUBLIC_HEADERS = {"accept", "accept-encoding", "accept-language", "content-type", "user-agent"}
_PLAIN = re.compile(r"[0-9A-Za-z]+")
_END = ""  # ends a secret in a tree of characters
_MORE = "more"  # ends the lead of a secret there

_BREAKS = re.compile(BREAK)
_MAY_BE_BREAK = re.compile(r"""\n(?<=["'\s]\n)[\sE>]*b?["']""")
_LONGEST_HALF = 32
# The escapes of one character, cut at the end; and in reversed texts, cut at the start.
_HALF_ESCAPE = re.compile(r"(?:\\+(?:[uUx][0-9A-Fa-f]{0,7})?|%[0-9A-Fa-f]{0,7}|&#?[0-9A-Za-z]{0,7}){1,4}")
_HALF_ESCAPE_BACKWARDS = re.compile(
    r"(?:[0-9A-Fa-f]{2}(?:%|x\\+)){0,3}(?:[0-9A-Fa-f]{1,8}[uUx]?|;[0-9A-Za-z]{0,7}#?)"
)


def secrets_of(headers: Mapping[str, str], url: str, marked: Iterable[str] = ()) -> set[str]:
    """Return the secrets of one identity.

    They are the value of each header, the part after its scheme, its cookies and the password of basic
    authentication; the password of the URL, or its user name if it has no password, since that may be a key;
    the same of each proxy in the environment; and the texts that the user ``marked``.
    """
    values = {*marked, *(one for address in (url, *getproxies().values()) for one in _of_user_info(address))}
    for name, value in headers.items():
        if name.lower() in _PUBLIC_HEADERS:
            continue
        values |= {value, value.split(" ", 1)[-1]}
        parts = [part.partition("=")[2] for part in value.split(";")] if name.lower() == "cookie" else []
        if value.lower().startswith("basic "):
            with suppress(ValueError):  # not base64: the header as a whole is the secret
                parts.append(base64.b64decode(value[6:]).decode(errors="replace").partition(":")[2])
        values |= {part for part in map(str.strip, parts) if len(part) >= _SHORTEST_HEADER_PART}
    return {value.strip() for value in values}


class _Secret(NamedTuple):
    """A secret, and the runs of letters and digits in it, which no form of writing escapes.

    ``runs`` are all of them, the longest first. ``start`` and ``end`` are the longest run in its first and in
    its last four characters. If a secret contains an ellipsis, each piece of it is also a secret, for which
    ``is_whole`` is false.
    """

    text: str
    is_whole: bool
    runs: tuple[str, ...]
    start: str
    end: str


class Redactor:
    """Replaces secrets by three asterisks.

    A secret is replaced as it is, and as a URL, JSON, HTML or Python writes it, also several times in one of
    these. A letter or a digit of ASCII is found only as it is, not as "%73". A part of four characters or
    more is replaced, too, where the text is cut: before or after an ellipsis, and at the end of the text. A
    text of fewer than three characters is no secret: it is a part of too many words.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._fixed = [part for one in set(secrets) if len(one) >= _SHORTEST for part in _secrets_in(one)]
        self._learned: deque[_Secret] = deque(maxlen=_MOST_COOKIES)
        self._pattern = lru_cache(maxsize=4 * _MOST_COOKIES)(_pattern)

    def learn(self, cookie: str) -> None:
        """Add a cookie to the secrets. Only the newest 50 stay: some deployments set a new one each time."""
        if len(cookie) >= _SHORTEST_COOKIE and all(one.text != cookie for one in tuple(self._learned)):
            self._learned.extend(_secrets_in(cookie))

    def __call__(self, text: str) -> str:
        """Return a text without the secrets."""
        return self._without_parts(self._without_whole(text))

    def json(self, value: _Value) -> _Value:
        """Return plain JSON without the secrets, in values and in keys."""
        return cast("_Value", self._json(value))

    def _json(self, value: Any) -> Any:
        if isinstance(value, str):
            return self(value)
        if isinstance(value, dict):
            return {self(str(key)): self._json(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return list(map(self._json, value))
        if not isinstance(value, int | float) or isinstance(value, bool):
            return value
        # A number is never cut.
        text = str(value)
        redacted = self._without_whole(text)
        return value if redacted == text else redacted

    def _without_whole(self, text: str) -> str:
        unbroken = _unbroken(text)
        secrets = [one for one in self._secrets if one.is_whole and all(run in unbroken for run in one.runs)]
        long = sorted((one.text for one in secrets if len(one.text) > _LONG), key=len, reverse=True)
        for secret in long:  # a pattern of many long cookies takes seconds to make
            text = text.replace(secret, _HIDDEN)
        if long:
            unbroken = _unbroken(text)
            secrets = [one for one in secrets if all(run in unbroken for run in one.runs)]
        if not secrets:
            return text
        return self._pattern_of(secrets, is_broken=unbroken is not text).sub(_HIDDEN, text)

    def _without_parts(self, text: str) -> str:
        secrets = [one for one in self._secrets if len(one.text) > _SHORTEST_CUT]
        reach = max((len(one.text) for one in secrets), default=0) * _LONGEST_FORM
        near, is_marked = _near_ends(text, reach)
        unbroken = _unbroken(near)
        is_broken = unbroken is not near
        starts = [one for one in secrets if one.start in unbroken]
        ends = [one for one in secrets if is_marked and one.end in unbroken]
        if not (starts or ends):
            return text
        start = self._pattern_of(starts, is_broken=is_broken, is_part=True, most=_LEAD)
        end = self._pattern_of(ends, is_broken=is_broken, is_part=True, is_backwards=True, most=_LEAD)
        pieces = _MARKS.split(text) if is_marked else [text]
        for number in range(0, len(pieces), 2):  # between them are the ellipses
            if number and any(one.end in _unbroken(pieces[number][:reach]) for one in ends):
                head, rest = pieces[number][:reach], pieces[number][reach:]
                backwards = self._without_start(head[::-1], end, ends, is_broken=is_broken, is_backwards=True)
                pieces[number] = backwards[::-1] + rest
            if any(one.start in _unbroken(pieces[number][-reach:]) for one in starts):
                rest, tail = pieces[number][:-reach], pieces[number][-reach:]
                pieces[number] = rest + self._without_start(tail, start, starts, is_broken=is_broken)
        return "".join(pieces)

    def _without_start(self, tail: str, lead: "re.Pattern[str]", secrets: list[_Secret], **kind: bool) -> str:
        """Return a text that is cut at its end without the start of a secret there.

        ``lead`` matches the first characters of the secrets.
        """
        for text in _without_half_escape(tail, is_backwards="is_backwards" in kind):
            match = lead.search(text)
            if match and match.end() == len(text):
                return text[: match.start()] + _HIDDEN
            if match:
                begun = [
                    one
                    for one in secrets
                    if self._pattern_of([one], is_part=True, most=_LEAD, **kind).search(text, match.start())
                ]
                redacted = self._pattern_of(begun, is_part=True, **kind).sub(_HIDDEN, text)
                if redacted != text:
                    half_escape = tail[len(text) :]
                    return redacted if redacted.endswith(_HIDDEN) else redacted + half_escape
        return tail

    @property
    def _secrets(self) -> list[_Secret]:
        return [*self._fixed, *self._learned]

    def _pattern_of(self, secrets: list[_Secret], **kind: int) -> "re.Pattern[str]":
        # The longest first: where one secret is the start of another, no end of the longer one may stay.
        return self._pattern(tuple(sorted((one.text for one in secrets), key=len, reverse=True)), **kind)


def _without_half_escape(text: str, *, is_backwards: bool) -> Iterator[str]:
    """Yield a text as it is, and without each end of it that may be the half of an escape."""
    yield text
    half = _HALF_ESCAPE_BACKWARDS if is_backwards else _HALF_ESCAPE
    for at in reversed(range(max(0, len(text) - _LONGEST_HALF), len(text))):
        if half.fullmatch(text, at):
            yield text[:at]


def _secrets_in(secret: str) -> Iterator[_Secret]:
    for text in {secret, *_MARKS.split(secret)[::2]}:
        runs = sorted(_PLAIN.findall(text), key=len, reverse=True)
        ends = text[:_SHORTEST_CUT], text[-_SHORTEST_CUT:]
        start, end = (max(_PLAIN.findall(part), key=len, default="") for part in ends)
        yield _Secret(text, text == secret, tuple(runs), start, end)


def _unbroken(text: str) -> str:
    """Return a text without the breaks that pytest puts into long strings; itself, where it has none."""
    return _BREAKS.sub("", text) if _MAY_BE_BREAK.search(text) else text


def _near_ends(text: str, reach: int) -> tuple[str, bool]:
    """Return the parts of a text near its end and near its ellipses, and whether it has ellipses."""
    near = [text[-reach:]]
    for lead, parts in _PARTS_OF_MARKS.items():
        for part in parts if lead in text else ():
            at = text.find(part)
            while at >= 0:
                near.append(text[max(0, at - reach) : at + reach])
                if 2 * reach * len(near) > len(text):
                    return text, True
                at = text.find(part, at + len(part))
    return "".join(near), len(near) > 1


def _pattern(
    secrets: tuple[str, ...],
    *,
    is_broken: bool,
    is_part: bool = False,
    is_backwards: bool = False,
    most: int = 0,
) -> "re.Pattern[str]":
    """Return a pattern of secrets, or, if ``is_part``, of their starts at the end of a text.

    A start has four characters or more. If ``is_backwards``, the pattern matches reversed texts. With
    ``most``, it has only so many characters of each secret. A start of 256 characters, of 512 and so on
    matches anywhere: else a search would read a text of almost a long secret again from each character.

    It is a tree, so that the common start of many secrets is matched once: cookies often begin alike.
    """
    tree: dict[str, Any] = {}
    for secret in secrets:
        node = tree
        lead = (secret[-most - 1 :] if is_backwards else secret[: most + 1]) if most else secret
        forms = patterns_of(lead, is_broken=is_broken, is_backwards=is_backwards)
        for form in forms[: most or None]:
            node = node.setdefault(form, {})
        node[_MORE if 0 < most < len(forms) else _END] = {}

    def following(node: dict[str, Any], depth: int) -> str:
        parts: list[str] = []
        while len(node) == 1 and not node.keys() & {_END, _MORE}:
            if is_part and parts and depth >= _LONG and depth & (depth - 1) == 0:
                return "".join(parts) + f"(?:{following(node, depth)})?"
            ((form, node),) = node.items()
            parts.append(rf"(?:{form}|\Z)" if is_part and depth >= _SHORTEST_CUT else form)
            depth += 1
        branches = [
            following({form: child}, depth) for form, child in node.items() if form not in {_END, _MORE}
        ]
        if _END in node:
            branches.append(r"\Z" if is_part else "")
        if _MORE in node:
            branches.append("")
        return "".join(parts) + (branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})")

    return re.compile(following(tree, 0) if secrets else r"(?!)")


_MARKS = re.compile(rf"({pattern_of('.')}{{3}}|{pattern_of('…')})")
_PARTS_OF_MARKS = {
    ".": ("...",),
    "…": ("…",),
    "&": ("hellip", "mldr", "8230", "x2026", "X2026", "02026"),
    "\\": ("u2026", "u{", "02026", "x80\\"),
    "%": ("80%", "2E%", "2e%", "hellip", "mldr", "8230", "u2026", "x2026", "X2026", "02026"),
}
"""Parts of the ways to write an ellipsis, by a shorter part that few texts have and that is found faster."""


def _of_user_info(url: str) -> Iterator[str]:
    with suppress(ValueError):  # httpx reports an invalid URL
        parts = urlsplit(url if "://" in url else f"//{url}")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if user or password:
            yield password or user
            yield base64.b64encode(f"{user}:{password}".encode()).decode().rstrip("=")
