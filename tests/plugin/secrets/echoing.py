"""A deployment that repeats, wherever it can, each header that it receives."""

import http.client
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from tests.lab.servers.fake import Exchange, fake_server
from tests.plugin.secrets.canaries import CUSTOM, MARKED, MARKED_BY_ENVIRONMENT

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MARKED = {"marked": MARKED.text, "marked too": MARKED_BY_ENVIRONMENT.text}


class Place(StrEnum):
    """Where the deployment shows headers, beside ``/info`` and the head of each answer."""

    VALUES = "values and metadata"
    """A copy shows other values than its source."""
    ERRORS = "errors"
    """Each copy except the first is refused, and the refusal shows the headers."""
    IDS = "ids"
    """Each id of a thread ends in a header's value."""


class _Echo:
    def __init__(self, real: str, place: Place, words: str) -> None:
        self._host = urlsplit(real).netloc
        self._place = place
        self._words = words
        self._suffix = f"-{words or CUSTOM.text}"
        self._copies: list[str] = []
        self._threads: set[str] = set()

    def __call__(self, exchange: Exchange) -> None:
        heard = {name: value for name, value in exchange.headers.items() if name != "host"} | _MARKED
        # Also the parts of a header, like a server that has parsed it.
        parts = re.split("[;= ]+", f"{heard.get('cookie')} {heard.get('authorization')}")
        heard |= {"parts": ", ".join(parts)}
        if self._words:
            heard = {"words": self._words, self._words: "words", "x-api-key": self._words}
        is_copy = exchange.path.endswith("/copy")
        if exchange.path == "/info":
            answer: Any = {"name": f"server of {heard}", "version": f"1 for {heard.get('x-api-key')}"}
            self._send(exchange, 200, json.dumps(answer))
        elif self._place is Place.ERRORS and is_copy and self._copies:
            self._send(exchange, 500, json.dumps({"detail": heard, "as text": json.dumps(heard)}))
        else:
            status, content = self._forward(exchange)
            if is_copy and status == 200:
                self._copies.append(json.loads(content)["thread_id"])
            if self._place is Place.VALUES and exchange.path.startswith("/threads") and content:
                copied = any(copy in exchange.path for copy in self._copies) or is_copy
                content = json.dumps(_with_headers(json.loads(content), heard | {"copied": copied}))
            self._send(exchange, status, self._named(exchange, status, content))

    def _forward(self, exchange: Exchange) -> tuple[int, str]:
        connection = http.client.HTTPConnection(self._host, timeout=120)
        path = quote(unquote(exchange.path).replace(self._suffix, ""))
        body = json.dumps(exchange.body).replace(json.dumps(self._suffix)[1:-1], "") if exchange.body else ""
        query = f"?{urlencode(exchange.query)}" if exchange.query else ""
        try:
            connection.request(
                exchange.method, path + query, body or None, {"content-type": "application/json"}
            )
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def _named(self, exchange: Exchange, status: int, content: str) -> str:
        """Return an answer with the ids that threads have on this deployment."""
        if self._place is not Place.IDS:
            return content
        if status == 200 and exchange.method == "POST" and exchange.path.endswith(("/threads", "/copy")):
            self._threads.add(json.loads(content)["thread_id"])
        suffix = json.dumps(self._suffix)[1:-1]
        return _ID.sub(lambda id_: id_[0] + suffix * (id_[0] in self._threads), content)

    def _send(self, exchange: Exchange, status: int, content: str) -> None:
        """Send an answer whose head also shows the headers."""
        key = exchange.headers.get("x-api-key", "Told")
        body = content.encode()
        head = [
            f"HTTP/1.1 {status} for {key}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            f"X-Echo: {key}",
            *(f"X-Echo-{name}: {value}" for name, value in exchange.headers.items()),
            f"Set-Cookie: again={exchange.headers.get('cookie', '').partition('session=')[2]}",
            "",
            "",
        ]
        exchange.raw("\r\n".join(head).encode() + body)


def _with_headers(value: Any, heard: Any) -> Any:
    """Return an answer that shows the headers in the place of user data."""
    if isinstance(value, list):
        return [_with_headers(item, heard) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {key: _with_headers(item, heard) for key, item in value.items()}
    for key in ("values", "metadata"):
        if isinstance(changed.get(key), dict):
            changed[key] = {**changed[key], "heard": heard}
    return changed


@contextmanager
def echoing(real: str, place: Place, words: str = "") -> Iterator[str]:
    """Stand in front of the real server, and show headers, or ``words`` in their place; yield the URL."""
    with fake_server(_Echo(real, place, words)) as (url, _):
        yield url
