"""A request and its answer, as the record keeps them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from pytest_threadcopy.wire.connection import with_query
from pytest_threadcopy.wire.decoding import decode_json, server_sent_events, split_lines

_THREAD_PATH = re.compile(r"/threads/(?!(?:search|count|prune)(?:/|$))([^/]+)(?:/(.*))?")
_READING_POSTS = {"history", "state/checkpoint"}


@dataclass(frozen=True, eq=False)
class Exchange:
    """A request, the identity that sent it (``first``, ``second`` or ``anonymous``), and its answer.

    ``status`` is None where no answer came, ``answer`` where it is not kept. ``started`` and ``ended`` are
    monotonic seconds.
    """

    who: str
    method: str
    path: str
    params: Mapping[str, Any]
    content: bytes | None = field(repr=False)
    status: int | None
    answer: bytes | None = field(repr=False)
    started: float
    ended: float
    streamed: bool = False

    @property
    def target(self) -> str:
        """The path and the query of the request."""
        return with_query(self.path, self.params)

    @property
    def thread_id(self) -> str | None:
        """The id of the thread that the path of the request names, or None."""
        match = _THREAD_PATH.fullmatch(self.path)
        return unquote(match[1]) if match else None

    @property
    def rest(self) -> str:
        """The path after the thread's id, for example ``runs/wait``; the whole path if it names no thread."""
        match = _THREAD_PATH.fullmatch(self.path)
        return (match[2] or "") if match else self.path

    @property
    def is_read(self) -> bool:
        """Whether the request changes nothing."""
        if self.method != "POST" or self.path.endswith(("/search", "/count")):
            return self.method in ("GET", "POST")
        return self.rest in _READING_POSTS

    @property
    def is_copy(self) -> bool:
        """Whether the request copies a thread."""
        return self.method == "POST" and self.rest == "copy"

    @property
    def is_run(self) -> bool:
        """Whether the request runs an assistant."""
        return self.method == "POST" and self.rest.startswith("runs")

    @property
    def succeeded(self) -> bool:
        """Whether the answer is a success."""
        return self.status is not None and self.status < 300

    @cached_property
    def body(self) -> Any:
        """The body of the request as JSON; None if there is none, text if a redaction left no valid JSON."""
        return _decoded(self.content or b"")

    @cached_property
    def value(self) -> Any:
        """The answer as JSON; as text if it is no JSON. A stream is a list of pairs (event, data)."""
        content = self.answer or b""
        if self.streamed and self.succeeded:
            events = server_sent_events(split_lines([content]))
            return [[name, _decoded(data.encode())] for name, data in events]
        return _decoded(content)

    @property
    def made(self) -> str | None:
        """The id of the thread that the request made, or None."""
        makes = self.is_copy or (self.method == "POST" and self.path == "/threads")
        thread = self.value if makes and self.succeeded else None
        thread_id = thread.get("thread_id") if isinstance(thread, dict) else None
        return thread_id if isinstance(thread_id, str) and thread_id else None

    @property
    def failed_run(self) -> Any:
        """The error that the answer to a run reports, or None."""
        return self.value.get("__error__") if self.is_run and isinstance(self.value, dict) else None


def _decoded(content: bytes) -> Any:
    try:
        return decode_json(content) if content.strip() else None
    except ValueError:
        return content.decode(errors="replace")
