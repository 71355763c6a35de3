"""A request to the faulty server and its answer, which a fault of the HTTP layer may change."""

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from tests.lab.faults import threads

HEADER = "x-threadcopy-fault"
"""The header that names the fault of a request."""

COPY, THREAD, STATE, HISTORY = "POST /copy", "GET", "GET /state", "history"
UPDATE, PATCH, DELETE, RUN, RUNS = "POST /state", "PATCH", "DELETE", "POST /runs", "GET /runs"
SEARCH = "POST search"
ROUTES = {
    COPY: r"POST /copy",
    THREAD: r"GET ",
    STATE: r"GET /state(/[^/]+)?",
    HISTORY: r"(GET|POST) /history",
    UPDATE: r"POST /state",
    PATCH: r"PATCH ",
    DELETE: r"DELETE ",
    RUN: r"POST /runs/(wait|stream)",
    RUNS: r"GET /runs",
    SEARCH: r"POST search",
}
"""The routes that faults spoil, by what follows ``/threads/{thread_id}`` in their path, or replaces it."""

_THREAD_PATH = re.compile(r"/threads/([^/]+)(/.*)?")
_NO_THREAD = {"search", "count", "prune"}


@dataclass(frozen=True)
class Exchange:
    """A request. A fault sends it to the real server unchanged, or sends another in its place."""

    method: str
    path: str
    query: str
    content: bytes = field(repr=False)
    headers: Sequence[tuple[bytes, bytes]] = field(repr=False)

    @cached_property
    def thread_id(self) -> str | None:
        """The id of the thread that the path names, or None."""
        match = _THREAD_PATH.fullmatch(self.path)
        return match[1] if match and match[1] not in _NO_THREAD else None

    @property
    def source_id(self) -> str | None:
        """The id of that thread's source, or None if the thread is no copy."""
        return threads.source_of.get(self.thread_id or "")

    @property
    def body(self) -> Any:
        """The body of the request."""
        return json.loads(self.content) if self.content else None

    def header(self, name: str) -> str:
        """Return the value of a header, or an empty text if the request does not have it."""
        return dict(self.headers).get(name.encode(), b"").decode()

    def asks(self, route: str) -> bool:
        """Whether this is a request to one of the `ROUTES`."""
        match = _THREAD_PATH.fullmatch(self.path)
        place = (match[2] or "" if self.thread_id else match[1]) if match else self.path
        return re.fullmatch(ROUTES[route], f"{self.method} {place}") is not None

    def with_header(self, name: str, value: str) -> "Exchange":
        """Return the same request with another value of a header."""
        others = [(key, old) for key, old in self.headers if key != name.encode()]
        return replace(self, headers=[*others, (name.encode(), value.encode())])

    def to(self, thread_id: str) -> "Exchange":
        """Return the same request about another thread."""
        return replace(self, path=self.path.replace(str(self.thread_id), thread_id))

    def as_(self, *, path: str, method: str | None = None, content: bytes | None = None) -> "Exchange":
        """Return another request by the same client."""
        body = self.content if content is None else content
        return replace(self, path=path, method=method or self.method, content=body)

    def saying(self, **changes: Any) -> "Exchange":
        """Return the same request with keys of its body changed."""
        return replace(self, content=json.dumps({**(self.body or {}), **changes}).encode())


@dataclass(frozen=True)
class Answer:
    """The whole answer to a request."""

    status: int
    content: bytes
    media_type: str = "application/json"

    @classmethod
    def of(cls, value: Any, status: int = 200) -> "Answer":
        """Return an answer with this JSON value as its body."""
        return cls(status, json.dumps(value).encode())

    @property
    def body(self) -> Any:
        """The body of the answer."""
        return json.loads(self.content)

    def saying(self, value: Any) -> "Answer":
        """Return the same answer with another body."""
        return replace(self, content=json.dumps(value).encode())


Server = Callable[[Exchange], Awaitable[Answer]]
"""Sends a request on to the real server, and returns its answer."""
