"""One HTTP request to the deployment: its time limit, its one retry, its error, and what it cost."""

import json as jsonlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

_SHOWN_BODY = 300
# What passes on the way, rather than a word of the deployment about the thread that was asked for.
_NOT_ABOUT_THE_THREAD = {401, 403, 407, 408, 429, 502, 503, 504}


class DeploymentError(Exception):
    """The deployment did not do what was asked, for a reason that is told."""


class NoAnswer(DeploymentError):
    """The deployment did not answer: unreachable, reset, or too slow. Never a verdict about a copy."""


class ApiError(DeploymentError):
    """The deployment answered with an error, or with what is no JSON.

    ``method``, ``url``, ``status`` and ``body`` (its start) are what the message shows, without secrets.
    """

    def __init__(self, method: str, url: str, status: int, body: str, problem: str = "") -> None:
        super().__init__(f"{method} {url} answered {status}{problem}: {body or '(no body)'}")
        self.method, self.url, self.status, self.body = method, url, status, body

    @property
    def is_about_the_thread(self) -> bool:
        """Whether the answer says something of the thread, rather than of access, load or a proxy."""
        return self.status not in _NOT_ABOUT_THE_THREAD


@dataclass(frozen=True)
class Answer:
    """A response, read whole."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    redact: Callable[[str], str] = field(repr=False)

    def json(self) -> Any:
        """Return the body as JSON, None for an empty one.

        Raises:
            ApiError: The body is no JSON.
        """
        try:
            return jsonlib.loads(self.content) if self.content.strip() else None
        except (ValueError, RecursionError) as error:
            raise self.error(" with what is no JSON") from error

    def error(self, problem: str = "") -> ApiError:
        """Return this answer as an error."""
        text = self.redact(self.content.decode(errors="replace"))[:_SHOWN_BODY]
        return ApiError(self.method, self.url, self.status, text, problem)


class Traffic:
    """Counts requests and runs, and the time in which at least one request was under way (seconds)."""

    def __init__(self) -> None:
        self.requests = 0
        self.runs = 0
        self.seconds = 0.0
        self._open = 0
        self._since = 0.0
        self._lock = threading.Lock()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count one request for as long as the context lasts."""
        with self._lock:
            self.requests += 1
            self._open += 1
            if self._open == 1:
                self._since = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self._open -= 1
                if self._open == 0:
                    self.seconds += time.perf_counter() - self._since


class Transport:
    """Sends requests to one deployment under one identity. May be shared by threads.

    Args:
        url: The deployment's address; a base path is kept.
        headers: What each request carries. Their values are secrets: no message shows them.
        timeout: Seconds that a request may take, from its start to the last byte of its answer.
        verify: False to trust any certificate, or the path of a CA bundle.

    Raises:
        ValueError: A header's value cannot be sent.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
        verify: bool | str = True,
    ) -> None:
        address = httpx.URL(url)
        self._secrets = _secrets(headers or {}, address)
        for name, value in (headers or {}).items():
            if not (value.isascii() and value.isprintable()):
                raise ValueError(f"the value of the header {name} cannot be sent: only printable ASCII can")
        # Not as a part of the URL, which httpx logs.
        auth = (address.username, address.password) if address.userinfo else None
        address = address.copy_with(username=None, password=None)
        # Made once: reading the certificates takes longer than a request. Plain http needs none.
        context = _ssl_context(verify) if address.scheme == "https" else False
        self._make: Callable[[], httpx.Client] = lambda: httpx.Client(
            base_url=address, headers=headers, auth=auth, verify=context
        )
        self._http = self._make()
        self._replaced: list[httpx.Client] = []
        self.url = self.redact(str(address).rstrip("/"))
        self.timeout = timeout
        self.traffic = Traffic()

    def close(self) -> None:
        """Close every connection."""
        for http in (self._http, *self._replaced):
            http.close()

    def redact(self, text: str) -> str:
        """Return ``text`` with every secret of this transport removed."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

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
        ``repeatable`` (GET always is) allows one more try when a kept-alive connection was reset.

        Raises:
            NoAnswer: No whole answer came within ``timeout`` seconds.
        """
        content = content if json is None else _encode(json)
        limit = timeout or self.timeout
        tries = 2 if repeatable or method == "GET" else 1
        while True:
            tries -= 1
            try:
                with self.traffic.request():
                    return self._send(method, path, content, params, time.monotonic() + limit)
            except httpx.TimeoutException as error:
                problem = f"did not answer within {limit:g} seconds"
                raise NoAnswer(f"{method} {self.url}{path} {problem}") from error
            except httpx.RequestError as error:
                if not tries:
                    raise NoAnswer(f"{method} {self.url}{path} got no answer: {self._why(error)}") from error

    def _send(
        self,
        method: str,
        path: str,
        content: bytes | None,
        params: Mapping[str, Any] | None,
        deadline: float,
    ) -> Answer:
        with self._open(method, path, content=content, params=params, deadline=deadline) as response:
            chunks = []
            for chunk in response.iter_bytes():
                chunks.append(chunk)
                _check(deadline)
        return self._answer(method, path, response, b"".join(chunks))

    def lines(self, method: str, path: str, *, json: Any, timeout: float | None = None) -> Iterator[str]:
        """Send a request and yield the lines of its answer as they come.

        Raises:
            ApiError: The answer is an error.
            NoAnswer: It did not end within ``timeout`` seconds.
        """
        limit = timeout or self.timeout
        deadline = time.monotonic() + limit
        try:
            with (
                self.traffic.request(),
                self._open(method, path, content=_encode(json), params=None, deadline=deadline) as response,
            ):
                if response.status_code >= 400:
                    raise self._answer(method, path, response, response.read()).error()
                for line in _lines(response.iter_bytes(), deadline):
                    yield line
                    _check(deadline)
        except httpx.TimeoutException as error:
            raise NoAnswer(f"{method} {self.url}{path} did not end within {limit:g} seconds") from error
        except httpx.RequestError as error:
            raise NoAnswer(f"{method} {self.url}{path} broke off: {self._why(error)}") from error

    def _why(self, error: httpx.RequestError) -> str:
        return self.redact(str(error)) or type(error).__name__

    @contextmanager
    def _open(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None,
        params: Mapping[str, Any] | None,
        deadline: float,
    ) -> Iterator[httpx.Response]:
        headers = {"content-type": "application/json"} if content else None
        remaining = max(0.001, deadline - time.monotonic())
        with self._http.stream(
            method, path, content=content, params=params, headers=headers, timeout=remaining
        ) as response:
            if response.status_code >= 500:
                # The reference resets a connection that carried a 500 (protocol): do not use it again.
                self._replaced.append(self._http)
                self._http = self._make()
            yield response

    def _answer(self, method: str, path: str, response: httpx.Response, content: bytes) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(method, self.url + path, response.status_code, headers, content, self.redact)


def _encode(json: Any) -> bytes:
    # Escaped, so that a lone surrogate in a value can be sent; never NaN, which is no JSON.
    return jsonlib.dumps(json, allow_nan=False).encode()


def _secrets(headers: Mapping[str, str], address: httpx.URL) -> list[str]:
    """Return what no message may show: each header's value, and what follows its scheme; the password."""
    values = [*headers.values(), *(value.split(" ", 1)[-1] for value in headers.values()), address.password]
    # The longest first: where one is the start of another, no end of that may stay.
    return sorted(filter(None, map(str.strip, values)), key=len, reverse=True)


def _lines(chunks: Iterator[bytes], deadline: float) -> Iterator[str]:
    """Split at line ends alone; httpx also splits at U+2028 and the like, which JSON leaves as they are."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.removesuffix(b"\r").decode(errors="replace")
        _check(deadline)
    if rest:
        yield rest.decode(errors="replace")


def _check(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise httpx.ReadTimeout("the answer took longer than its time limit")


def _ssl_context(verify: bool | str) -> ssl.SSLContext | bool:
    if isinstance(verify, str):
        return ssl.create_default_context(cafile=verify)
    return httpx.create_ssl_context() if verify else False
