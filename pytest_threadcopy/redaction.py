"""Takes secrets out of what is shown, and what a terminal would obey."""

import base64
import binascii
import html
import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote

import httpx

_SHORTEST_PART = 6
# As httpcore writes them: a cookie is a secret when it is first heard of.
_HEADERS = re.compile(r"(b'set-cookie', b['\"]).*?(?=['\"]\))", re.IGNORECASE)
_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy", "httpcore.socks")


def secrets_of(headers: Mapping[str, str], address: httpx.URL, marked: Iterable[str] = ()) -> list[str]:
    """Return what no message may show, in every form in which a server may repeat it.

    That is each header's value, what follows its scheme, the values of its cookies and the password of basic
    authentication; the password of the address, or its user name where it has no password, as some keys are
    given; and the texts that the user ``marked``.
    """
    values = {*headers.values(), *marked, address.password or address.username}
    for name, value in headers.items():
        values.add(value.split(" ", 1)[-1])
        if name.lower() == "cookie":
            values |= set(_long(part.partition("=")[2] for part in value.split(";")))
        if value.lower().startswith("basic "):
            values |= set(_long([_basic_password(value[6:])]))
    if address.userinfo:
        values.add(base64.b64encode(f"{address.username}:{address.password}".encode()).decode())
    # The longest first: where one is the start of another, no end of that may stay.
    forms = {form for value in filter(None, map(str.strip, values)) for form in _forms(value)}
    return sorted(forms, key=len, reverse=True)


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` with every secret replaced."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


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


def _forms(value: str) -> Iterable[str]:
    return value, quote(value, safe=""), json.dumps(value)[1:-1], html.escape(value)


def _long(parts: Iterable[str]) -> Iterable[str]:
    """Leave out what is too short to be a secret, and would be taken out of every word."""
    return (part for part in map(str.strip, parts) if len(part) >= _SHORTEST_PART)


def _basic_password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded).decode(errors="replace").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
