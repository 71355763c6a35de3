"""A proxy before a deployment. It records each request and its answer, and can refuse requests itself."""

import http.client
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.lab.servers.fake import Exchange, fake_server

_THREAD_PATH = re.compile(r"/threads/([^/]+)(/.*)?")
_NO_THREAD = {"search", "count", "prune"}

Refuse = Callable[["RecordedRequest"], bool]


@dataclass(frozen=True)
class RecordedRequest:
    """One request, and the answer of the deployment or of the proxy."""

    method: str
    path: str
    body: Any
    status: int = 0
    answer: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.path} {json.dumps(self.body)[:200]} -> {self.status}"

    @property
    def thread_id(self) -> str | None:
        """The id of the thread that the path names, or None."""
        match = _THREAD_PATH.fullmatch(self.path)
        return match[1] if match and match[1] not in _NO_THREAD else None

    @property
    def route(self) -> str:
        """The method and the path, with ``{id}`` for the thread's or the assistant's id."""
        path = self.path
        if self.thread_id:
            path = path.replace(self.thread_id, "{id}", 1)
        path = re.sub(r"(?<=/state/)(?!checkpoint$)[^/]+$", "{checkpoint}", path)
        return f"{self.method} {re.sub(r'(?<=/assistants/)(?!search$)[^/]+', '{id}', path)}"

    @property
    def created_id(self) -> str | None:
        """The id of the thread that the request created, or None."""
        creates = self.route in ("POST /threads", "POST /threads/{id}/copy") and self.status < 300
        return self.answer["thread_id"] if creates and isinstance(self.answer, dict) else None


@contextmanager
def recorder(real: str, refuse: Refuse = lambda _: False) -> Iterator[tuple[str, list[RecordedRequest]]]:
    """Stand before the deployment at ``real``; yield the proxy's address and the list of the requests.

    Args:
        real: The deployment's address.
        refuse: Which requests the proxy answers with 404.
    """
    host = urlsplit(real).netloc
    requests: list[RecordedRequest] = []

    def pass_on(exchange: Exchange) -> None:
        request = RecordedRequest(exchange.method, exchange.path, exchange.body)
        if refuse(request):
            requests.append(RecordedRequest(exchange.method, exchange.path, exchange.body, 404))
            exchange.answer(404, {"detail": "Not Found"})
            return
        status, content_type, content = _forward(host, exchange)
        requests.append(
            RecordedRequest(exchange.method, exchange.path, exchange.body, status, _value(content))
        )
        head = f"HTTP/1.1 {status} Told\r\nContent-Type: {content_type}\r\nContent-Length: {len(content)}"
        exchange.raw(f"{head}\r\n\r\n".encode() + content)

    with fake_server(pass_on) as (url, _):
        yield url, requests


def _forward(host: str, exchange: Exchange) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection(host, timeout=120)
    content = None if "content-length" not in exchange.headers else json.dumps(exchange.body)
    query = f"?{urlencode(exchange.query)}" if exchange.query else ""
    try:
        connection.request(
            exchange.method, exchange.path + query, content, {"content-type": "application/json"}
        )
        answer = connection.getresponse()
        return answer.status, answer.getheader("content-type", "application/json"), answer.read()
    finally:
        connection.close()


def _value(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")
