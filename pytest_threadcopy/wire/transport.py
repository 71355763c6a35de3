"""One HTTP request to the deployment: its time limit, what is tried again, its error, and what it cost."""

import json as jsonlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from typing import Any

from pytest_threadcopy.text.secrets import HiddenInLogs, printable
from pytest_threadcopy.wire.attempt import Attempt, Broken, pause_before_next_try
from pytest_threadcopy.wire.connection import AnswerHead, Connection, Request, WholeAnswer, with_query
from pytest_threadcopy.wire.decoding import split_lines
from pytest_threadcopy.wire.endpoint import Endpoint
from pytest_threadcopy.wire.limits import Limits
from pytest_threadcopy.wire.response import Answer, ApiError, DeploymentError, NoAnswer, NotSent, TooLong
from pytest_threadcopy.wire.traffic import Traffic

__all__ = [
    "Answer",
    "ApiError",
    "DeploymentError",
    "Limits",
    "NoAnswer",
    "NotSent",
    "TooLong",
    "Traffic",
    "Transport",
]

_CLOSING_SECONDS = 0.5


class Transport:
    """Sends requests to one deployment under one identity. May be shared by threads.

    Args:
        url: The deployment's address; a base path is kept.
        headers: What each request carries. Their values are secrets: no message shows them.
        limits: How much a request may take; the identities of one deployment share them.
        verify: False to trust any certificate, or the path of a CA bundle.
        secrets: What else no message may show.
        note: Called after each exchange with what `Exchange` is made of.

    Raises:
        ValueError: A header's value cannot be sent.
        DeploymentError: The certificates to trust cannot be read.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        verify: bool | str = True,
        secrets: Iterable[str] = (),
        note: Callable[..., None] | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.traffic = Traffic()
        redirects = self.limits.redirects > 0
        self._endpoint = Endpoint(url, headers or {}, verify, redirects=redirects, secrets=secrets)
        self.url = self.redact(self._endpoint.url)
        self._note = note
        self._lock = Lock()
        self._attempts: set[Attempt] = set()
        self._idle: list[Connection] = []
        self._left: list[Connection] = []
        self._logs = HiddenInLogs(self.redact)
        self._logs.install()

    def close(self) -> None:
        """End what is under way, and close every connection."""
        self.abort()
        until = time.monotonic() + _CLOSING_SECONDS
        with self._lock:
            connections, self._idle, self._left = self._idle + self._left, [], []
        for connection in connections:
            connection.hang_up()
        for connection in connections:
            connection.join(max(0.0, until - time.monotonic()))
        self._logs.remove()

    def abort(self) -> None:
        """End every request under way at once: each raises `NoAnswer`. Others may follow."""
        with self._lock:
            attempts = list(self._attempts)
        for attempt in attempts:
            attempt.end()

    def redact(self, text: str) -> str:
        """Return ``text`` with every secret of this transport removed."""
        return self._endpoint.redact(text)

    def send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        params: Mapping[str, Any] | None = None,
        repeatable: bool = False,
        timeout: float | None = None,
    ) -> Answer:
        """Send a request and return its answer, whatever its status.

        ``content`` is a JSON body as it is, for what ``json`` cannot say: null (no ``json`` is no body).
        ``repeatable`` (GET always is) allows one more try when the connection broke, and others when nobody
        is there (503) and the answer says when somebody will be. What was too much (429) is sent again
        whatever it is. All of it within one time limit.

        Raises:
            NoAnswer: No whole answer came within ``timeout`` seconds.
        """
        content = content if json is None else _encode(json)
        request = Request(method, path, content, params, repeatable or method == "GET")
        with self._attempt(request, timeout) as attempt, self._noted(request) as heard:
            try:
                whole = self._answered(attempt)
            except Broken as error:
                raise attempt.failed(f"got no answer: {self._shown(error)}") from None
            assert isinstance(whole, WholeAnswer)
            heard.update(status=whole.head.status, answer=whole.content)
        return self._answer(request, whole, is_second_try=attempt.may_be_heard)

    def lines(self, method: str, path: str, *, json: Any, timeout: float | None = None) -> Iterator[str]:
        """Send a request and yield the lines of its answer as they come.

        Raises:
            ApiError: The answer is an error.
            NoAnswer: It did not end within ``timeout`` seconds.
        """
        request = Request(method, path, _encode(json))
        with (
            self._attempt(request, timeout, streamed=True) as attempt,
            self._noted(request, streamed=True) as heard,
        ):
            try:
                first = self._answered(attempt)
                if isinstance(first, WholeAnswer):
                    heard.update(status=first.head.status, answer=first.content)
                    raise self._answer(request, first).error()
                kept = bytearray()
                heard.update(status=first.status, answer=kept)
                for line in split_lines(attempt.pieces()):
                    kept += f"{line}\n".encode()
                    yield line
            except Broken as error:
                raise attempt.failed(f"broke off: {self._shown(error)}") from None

    @contextmanager
    def _attempt(
        self, request: Request, timeout: float | None, *, streamed: bool = False
    ) -> Iterator[Attempt]:
        """Wait for a slot; at the end give it back, and the connection."""
        seconds = timeout or self.limits.timeout
        attempt = Attempt(
            request, self.limits, seconds, f"{request.method} {self.url}{request.path}", streamed=streamed
        )
        with self._lock:
            self._attempts.add(attempt)
        try:
            with attempt.slot(), self.traffic.request(request.method, request.path, seconds):
                yield attempt
        finally:
            with self._lock:
                self._attempts.discard(attempt)
            self._put_back(attempt)

    def _answered(self, attempt: Attempt) -> AnswerHead | WholeAnswer:
        """Return the answer, or the head of one that is streamed, once there is nothing more to try.

        Raises:
            NoAnswer: It did not come in time.
            Broken: The connection broke.
        """
        request, url, abroad = attempt.request, self._endpoint.url + attempt.request.path, False
        resets, redirects, refusals = int(request.repeatable), self.limits.redirects, 0
        while True:
            try:
                first = self._first(attempt, request, url, abroad=abroad)
            except Broken:
                if not resets:
                    raise
                resets -= 1
                attempt.may_be_heard = True
                continue
            head = first if isinstance(first, AnswerHead) else first.head
            target = self._endpoint.follow(url, head) if redirects else None
            pause = pause_before_next_try(head, refusals, repeatable=request.repeatable)
            if target:
                redirects -= 1
                request = replace(request, params=None)  # the new address has its own
                if head.status == 303:
                    request = replace(request, method="GET", content=None)
                url, abroad = target, abroad or self._endpoint.is_abroad(target)
            elif pause is not None and pause < attempt.remaining:
                refusals += 1
                self.traffic.pauses += 1
                attempt.pause(pause)
            else:
                return first

    def _first(
        self, attempt: Attempt, request: Request, url: str, *, abroad: bool
    ) -> AnswerHead | WholeAnswer:
        """Send a request and return the whole answer, or the head of one that is streamed."""
        if attempt.connection:
            self._put_back(attempt)
            self.traffic.again()
            attempt.is_again = True
        attempt.connection = self._connection(attempt, abroad=abroad)
        attempt.is_complete, attempt.is_abroad = False, abroad
        attempt.connection.send(
            request,
            url,
            seconds=max(0.001, attempt.remaining),
            size=self.limits.size,
            inbox=attempt.inbox,
            streamed=attempt.streamed,
        )
        first = attempt.message()
        assert isinstance(first, AnswerHead | WholeAnswer)
        return first

    def _connection(self, attempt: Attempt, *, abroad: bool) -> Connection:
        while self._idle and not abroad:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection and connection.is_there:
                return connection
        try:
            return self._endpoint.connect(abroad=abroad)
        except ValueError as error:
            raise attempt.failed(f"cannot be sent: {self._shown(error)}") from None

    def _put_back(self, attempt: Attempt) -> None:
        """Keep the connection of a attempt for others; hang up one that broke, or of which more may come."""
        connection, attempt.connection = attempt.connection, None
        if connection is None:
            return
        is_kept = attempt.is_complete and not attempt.is_abroad
        if not is_kept:
            connection.hang_up()
        with self._lock:
            if is_kept:
                self._idle.append(connection)
            else:
                self._left = [*(one for one in self._left if one.is_there), connection]

    @contextmanager
    def _noted(self, request: Request, *, streamed: bool = False) -> Iterator[dict[str, Any]]:
        """Note one exchange, however it ends; ``heard`` takes what came of it."""
        heard: dict[str, Any] = {"status": None, "answer": None}
        started = time.monotonic()
        try:
            yield heard
        finally:
            if self._note:
                if isinstance(heard["answer"], bytearray):
                    heard["answer"] = bytes(heard["answer"])
                sent = {"method": request.method, "path": request.path, "content": request.content}
                times = {"started": started, "ended": time.monotonic()}
                self._note(**sent, params=request.params, **heard, **times, streamed=streamed)

    def _shown(self, error: Exception) -> str:
        return printable(self.redact(str(error)))

    def _answer(self, request: Request, whole: WholeAnswer, *, is_second_try: bool = False) -> Answer:
        target = with_query(request.path, request.params)
        return Answer(
            request.method,
            self.redact(self.url + target),
            whole.head.status,
            whole.head.headers,
            whole.content,
            self.redact,
            request.repeatable,
            is_second_try,
            target,
        )


def _encode(json: Any) -> bytes:
    # Escaped, so that a lone surrogate in a value can be sent; never NaN, which is no JSON.
    return jsonlib.dumps(json, allow_nan=False).encode()
