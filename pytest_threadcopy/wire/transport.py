"""One HTTP request to the deployment: its time limit, its tries, its answer and its errors."""

import json as jsonlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from typing import Any

from pytest_threadcopy.text.logs import RedactedLogs
from pytest_threadcopy.text.secrets import Redactor, secrets_of
from pytest_threadcopy.text.terminal import one_line
from pytest_threadcopy.wire.attempt import Attempt, BrokeOff, pause_before_next_try
from pytest_threadcopy.wire.connection import Connection, RawAnswer, Request, with_query
from pytest_threadcopy.wire.decoding import split_lines
from pytest_threadcopy.wire.endpoint import Endpoint
from pytest_threadcopy.wire.limits import Limits
from pytest_threadcopy.wire.response import Answer, ApiError, DeploymentError, NoAnswer, NotSent, TooLong
from pytest_threadcopy.wire.traffic import Traffic

__all__ = ["Answer", "ApiError", "DeploymentError", "Limits", "NoAnswer", "NotSent", "TooLong", "Transport"]

_CLOSING_SECONDS = 0.5


class Transport:
    """Sends requests to one deployment under one identity. Threads may share it.

    Args:
        url: The deployment's address; a base path stays part of it.
        headers: The headers of each request. Their values are secrets: no message shows them.
        limits: The limits of the deployment; its identities share them.
        verify: False to trust any certificate, or the path of a CA bundle.
        redact: Takes secrets out of messages, and learns cookies. Without it the transport makes its own,
            which also takes them out of logs until `close`.
        note: Called after each exchange with the fields of an `Exchange`, except ``who``.

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
        redact: Redactor | None = None,
        note: Callable[..., None] | None = None,
    ) -> None:
        self.redact = redact or Redactor(secrets_of(headers or {}, url))
        self.limits = limits or Limits()
        self.traffic = Traffic()
        redirects = self.limits.redirects > 0
        self._endpoint = Endpoint(url, headers or {}, verify, redirects=redirects, learn=self.redact.learn)
        self.url = self.redact(self._endpoint.url)
        self._note = note
        self._lock = Lock()
        self._attempts: set[Attempt] = set()
        self._idle: list[Connection] = []
        self._closing: list[Connection] = []
        self._logs = None if redact else RedactedLogs(self.redact.json)

    def close(self) -> None:
        """End every request under way, and close every connection."""
        self.abort()
        until = time.monotonic() + _CLOSING_SECONDS
        with self._lock:
            connections, self._idle, self._closing = self._idle + self._closing, [], []
        for connection in connections:
            connection.hang_up()
        for connection in connections:
            connection.join(max(0.0, until - time.monotonic()))
        if self._logs:
            self._logs.remove()

    def abort(self) -> None:
        """End every request under way at once: each raises `NoAnswer`. New requests may follow."""
        with self._lock:
            attempts = list(self._attempts)
        for attempt in attempts:
            attempt.end()

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

        ``content`` is a ready JSON body, for null, which ``json`` cannot express (None means no body).
        A ``repeatable`` request (GET always is) is sent once more if the connection breaks, and again after a
        503 that says when. Any request is sent again after a 429. One time limit holds for all tries.

        Raises:
            NoAnswer: No whole answer came within ``timeout`` seconds.
        """
        content = content if json is None else _encode(json)
        request = Request(method, path, content, params, repeatable or method == "GET")
        with self._attempt(request, timeout) as attempt:
            try:
                raw = self._final_answer(attempt)
            except BrokeOff as error:
                raise attempt.failed(f"got no answer: {self._shown(error)}") from None
            attempt.status, attempt.answer = raw.status, raw.content
        return self._answer(request, raw, is_second_try=attempt.broke_off)

    def lines(self, method: str, path: str, *, json: Any, timeout: float | None = None) -> Iterator[str]:
        """Send a request and yield each line of its answer as it arrives.

        Raises:
            ApiError: The answer is an error.
            NoAnswer: The answer did not end within ``timeout`` seconds.
        """
        request = Request(method, path, _encode(json))
        with self._attempt(request, timeout, streamed=True) as attempt:
            try:
                raw = self._final_answer(attempt)
                body = bytearray(raw.content or b"")
                attempt.status, attempt.answer = raw.status, body
                if raw.content is not None:
                    raise self._answer(request, raw).error()
                for line in split_lines(attempt.pieces()):
                    body += f"{line}\n".encode()
                    yield line
            except BrokeOff as error:
                raise attempt.failed(f"broke off: {self._shown(error)}") from None

    @contextmanager
    def _attempt(
        self, request: Request, timeout: float | None, *, streamed: bool = False
    ) -> Iterator[Attempt]:
        """Hold a slot for a request; at the end give the slot and the connection back."""
        seconds, name = timeout or self.limits.timeout, f"{request.method} {self.url}{request.path}"
        attempt = Attempt(request, self.limits, seconds, name, streamed=streamed)
        with self._lock:
            self._attempts.add(attempt)
        try:
            with attempt.slot(), self._noted(attempt):
                yield attempt
        finally:
            with self._lock:
                self._attempts.discard(attempt)
            self._put_back(attempt)

    def _final_answer(self, attempt: Attempt) -> RawAnswer:
        """Return the answer after all tries and redirects, or the head of a streamed one."""
        request, url, abroad = attempt.request, self._endpoint.url + attempt.request.path, False
        resets, redirects, refusals = int(request.repeatable), self.limits.redirects, 0
        while True:
            try:
                raw = self._try_once(attempt, request, url, abroad=abroad)
            except BrokeOff:
                if not resets:
                    raise
                resets -= 1
                attempt.broke_off = True
                continue
            target = self._endpoint.follow(url, raw) if redirects else None
            pause = pause_before_next_try(raw, refusals, repeatable=request.repeatable)
            if target:
                redirects -= 1
                request = replace(request, params=None)  # the new address has its own query
                if raw.status == 303:
                    request = replace(request, method="GET", content=None)
                url, abroad = target, abroad or self._endpoint.is_abroad(target)
            elif pause is not None and pause < attempt.remaining:
                refusals += 1
                self.traffic.pauses += 1
                attempt.pause(pause)
            else:
                return raw

    def _try_once(self, attempt: Attempt, request: Request, url: str, *, abroad: bool) -> RawAnswer:
        """Send a request once and return its answer, or the head of a streamed one."""
        if attempt.connection:
            self._put_back(attempt)
            self.traffic.count_retry()
            attempt.is_repeated = True
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
        raw = attempt.message()
        assert isinstance(raw, RawAnswer)
        return raw

    def _connection(self, attempt: Attempt, *, abroad: bool) -> Connection:
        while self._idle and not abroad:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection and connection.is_alive:
                return connection
        try:
            return self._endpoint.connect(abroad=abroad)
        except ValueError as error:
            raise attempt.failed(f"cannot be sent: {self._shown(error)}") from None

    def _put_back(self, attempt: Attempt) -> None:
        """Keep the connection for other requests. Hang up if it broke, or if more of its answer may come."""
        connection, attempt.connection = attempt.connection, None
        if connection is None:
            return
        with self._lock:
            if attempt.is_complete and not attempt.is_abroad:
                self._idle.append(connection)
            else:
                connection.hang_up()
                self._closing = [*(one for one in self._closing if one.is_alive), connection]

    @contextmanager
    def _noted(self, attempt: Attempt) -> Iterator[None]:
        """Count and note one exchange, however it ends."""
        started, request = time.monotonic(), attempt.request
        try:
            with self.traffic.request(request.method, request.path, attempt.seconds):
                yield
        finally:
            if self._note:
                answer = None if attempt.answer is None else bytes(attempt.answer)
                sent = {"method": request.method, "path": request.path, "content": request.content}
                times = {"started": started, "ended": time.monotonic()}
                received = {"status": attempt.status, "answer": answer, "streamed": attempt.streamed}
                self._note(**sent, params=request.params, **received, **times)

    def _shown(self, error: Exception) -> str:
        return one_line(self.redact(str(error)))

    def _answer(self, request: Request, raw: RawAnswer, *, is_second_try: bool = False) -> Answer:
        assert raw.content is not None
        target = with_query(request.path, request.params)
        head = request.method, self.redact(self.url + target), raw.status, raw.headers
        return Answer(*head, raw.content, self.redact, request.repeatable, is_second_try, target)


def _encode(json: Any) -> bytes:
    # ASCII with escapes, so that a lone surrogate can be sent. NaN is refused: it is no JSON.
    return jsonlib.dumps(json, allow_nan=False).encode()
