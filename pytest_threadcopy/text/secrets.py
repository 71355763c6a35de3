"""Takes secrets out of what is shown, and what a terminal would obey."""

import base64
import binascii
import html
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

import httpx

SHORTEST = 3
"""What is shorter is no secret, and would be taken out of every word."""

ON_COOKIE: list[Callable[[str], None]] = []
"""Who is told the value of each cookie that a deployment sets."""

_SHORTEST_PART = 6
_PUBLIC = {"accept", "accept-encoding", "accept-language", "content-type", "user-agent"}
"""Headers whose values are no secrets, and are in every script."""
_PLAIN = re.compile(r"[0-9A-Za-z]+")
_BACKSLASHES = r"\\"
# As httpcore writes them: a cookie is a secret when it is first heard of, and so is who logs in elsewhere.
_HEADERS = re.compile(r"(b'(?:set-cookie|location)', b['\"]).*?(?=['\"]\))", re.IGNORECASE)
_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy", "httpcore.socks")


def secrets_of(headers: Mapping[str, str], address: httpx.URL, marked: Iterable[str] = ()) -> list[str]:
    """Return what no message may show, the longest first.

    That is each header's value, what follows its scheme, the values of its cookies and the password of basic
    authentication; the password of the address, or its user name where it has no password, as some keys are
    given; that of each proxy in the environment; and the texts that the user ``marked``.
    """
    secret = {name: value for name, value in headers.items() if name.lower() not in _PUBLIC}
    values = {*secret.values(), *marked, *_of_proxies(), address.password or address.username}
    for name, value in secret.items():
        values.add(value.split(" ", 1)[-1])
        if name.lower() == "cookie":
            values |= set(_long(part.partition("=")[2] for part in value.split(";")))
        if value.lower().startswith("basic "):
            values |= set(_long([_basic_password(value[6:])]))
    if address.userinfo:
        values.add(_basic(address.username, address.password))
    return sorted((one for one in map(str.strip, values) if len(one) >= SHORTEST), key=len, reverse=True)


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` with every secret replaced, however it is written.

    A server may repeat a secret in a URL, in JSON, in HTML, as Python writes it, or in one inside another.
    """
    known = tuple(secrets)
    if not any(_core(secret) in text for secret in known):
        return text
    return _pattern(known).sub("***", text)


@lru_cache(maxsize=1000)
def _core(secret: str) -> str:
    """Return the longest part of a secret that is written as it is everywhere."""
    return max(_PLAIN.findall(secret), key=len, default="")


@lru_cache(maxsize=100)
def _pattern(secrets: tuple[str, ...]) -> re.Pattern[str]:
    # The longest first: where one is the start of another, no end of that may stay.
    longest_first = sorted(secrets, key=len, reverse=True)
    return re.compile("|".join("".join(map(written, secret)) for secret in longest_first))


def written(char: str) -> str:
    """Return a pattern of the ways to write a character. Each level of JSON or Python doubles backslashes."""
    if char.isascii() and char.isalnum():
        return char
    if char == "\\":
        return rf"(?:{_BACKSLASHES}{{1,16}}|%5[Cc]|&#92;)"
    units = char.encode("utf-16-be", "surrogatepass")
    octets = char.encode("utf-8", "surrogatepass")
    ways = {
        re.escape(char),
        re.escape(html.escape(char)),
        rf"&#0*{ord(char)};",
        rf"&#x0*{ord(char):x};",
        "".join(f"%(?i:{octet:02x})" for octet in octets),
        "".join(rf"{_BACKSLASHES}{{1,16}}u(?i:{units[at : at + 2].hex()})" for at in range(0, len(units), 2)),
        "".join(rf"{_BACKSLASHES}{{1,16}}x(?i:{octet:02x})" for octet in octets),
        rf"{_BACKSLASHES}{{1,16}}(?:x|U)0*(?i:{ord(char):x})",
        *(["[+]"] if char == " " else []),
    }
    # By their lengths: one that is the start of another must not end the match before it.
    return rf"{_BACKSLASHES}{{0,16}}(?:{'|'.join(sorted(ways, key=len, reverse=True))})"


def printable(text: str) -> str:
    r"""Return ``text`` as one line; what a terminal obeys or hides is written as its escape (``\x1b``)."""
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in line
    )


class HiddenInLogs(logging.Filter):
    """Takes secrets out of what httpx logs, which is headers too, from `install` until `remove`."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__()
        self._redact = redact

    def install(self) -> None:
        """Begin."""
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self)

    def remove(self) -> None:
        """End."""
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite a record."""
        message = _HEADERS.sub(r"\1***", record.getMessage())
        record.msg, record.args = self._redact(message), None
        return True


def _long(parts: Iterable[str]) -> Iterable[str]:
    """Leave out what is too short to be a secret, and would be taken out of every word."""
    return (part for part in map(str.strip, parts) if len(part) >= _SHORTEST_PART)


def _of_proxies() -> Iterator[str]:
    for proxy in getproxies().values():
        with suppress(ValueError):  # httpx will say what is wrong with it
            parts = urlsplit(proxy if "://" in proxy else f"//{proxy}")
            user, password = unquote(parts.username or ""), unquote(parts.password or "")
            yield from (password or user, _basic(user, password)) if user or password else ()


def _basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode().rstrip("=")


def _basic_password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded).decode(errors="replace").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
