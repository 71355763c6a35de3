"""The answers of a deployment, and the errors that are raised for them."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pytest_threadcopy.text.terminal import one_line
from pytest_threadcopy.wire.decoding import TooDeep, decode_json

_SHOWN_BODY = 300
_READ_BODY = 1_000_000
REDIRECTS = {301, 302, 303, 307, 308}
_USER_INFO = re.compile(r"(?<=//)[^/?#\s\"'<>]*@")
# These are about access, load, the connection or a proxy, not about the thread.
_NOT_ABOUT_THE_THREAD = {401, 402, 403, 407, 408, 421, 425, 426, 429, 451, 502, 503, 504, 505, 508, 511}
# Codes that HTTP does not define come from proxies, not from an API: 444, 460, 499, 520, 561, 598.
_KNOWN = set(HTTPStatus)


class DeploymentError(Exception):
    """The deployment did not do what the request asks; the message says why."""


class NoAnswer(DeploymentError):
    """The deployment did not answer: it was unreachable, reset or too slow. No verdict about a copy."""


class NotSent(NoAnswer):
    """No connection was made, so nothing of the request was sent, and it had no effect."""


class TooLong(NoAnswer):
    """The deployment's answer is longer than its limit."""


class ApiError(DeploymentError):
    """The deployment answered with an error, with a body that is no JSON, or with JSON of another shape.

    The message has ``method``, ``url``, ``status`` and the start of the ``body``, without secrets. ``target``
    is the path and query of the request: with ``method`` and ``status`` it identifies the exchange in the
    record. ``is_about_the_thread`` says whether the answer is about the thread, not about access, load or a
    proxy, and ``is_definite`` whether it is about the thread or about access to it.
    """

    def __init__(
        self,
        method: str,
        url: str,
        status: int,
        body: str,
        problem: str = "",
        *,
        target: str = "",
        is_page: bool = False,
    ) -> None:
        super().__init__(f"{method} {url} answered {status}{problem}: {body or '(no body)'}")
        self.method, self.url, self.target, self.status, self.body = method, url, target, status, body
        is_thread_status = status < 300 or (status >= 400 and status in _KNOWN - _NOT_ABOUT_THE_THREAD)
        self.is_about_the_thread = is_thread_status and not is_page
        self.is_definite = self.is_about_the_thread or status in (401, 403)


@contextmanager
def suppress_refusal(*, of_access: bool = False) -> Iterator[None]:
    """Suppress an error that is about the thread; with ``of_access``, an error about access to it too."""
    try:
        yield
    except ApiError as error:
        if not (error.is_definite if of_access else error.is_about_the_thread):
            raise


@dataclass(frozen=True)
class Answer:
    """An answer with its whole body, and the request that it answers.

    ``is_read`` says that the request was repeatable, ``is_second_try`` that an earlier try broke off and may
    have taken effect. ``target`` is the path and query of the request.
    """

    method: str
    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    redact: Callable[[str], str] = field(repr=False)
    is_read: bool = False
    is_second_try: bool = False
    target: str = field(default="", repr=False)

    def json(self) -> Any:
        """Return the body as JSON, None for an empty one.

        Raises:
            ApiError: The body is no JSON, or it is nested too deep to read.
        """
        try:
            return decode_json(self.content) if self.content.strip() else None
        except TooDeep:
            raise self.error(" with JSON that is nested too deep to read") from None
        except ValueError:
            raise self.error(" with a body that is no JSON") from None

    def error(self, problem: str = "") -> ApiError:
        """Return this answer as an error."""
        start = self.content[:_READ_BODY].decode(errors="replace")
        # Redact before cutting: the first part of a cut secret would stay.
        body = one_line(self.redact(start))
        if self.status in REDIRECTS:
            location = one_line(self.redact(self.headers.get("location", "")))
            # User info in a URL is a secret, even if it is not the user's; a page repeats the location.
            location, body = (_USER_INFO.sub("***@", text) for text in (location, body))
            problem += f" and redirects to {location[:_SHOWN_BODY] or 'nowhere'}"
        # An HTML page does not come from the API: it is, for example, a login page.
        is_html = "html" in self.headers.get("content-type", "").lower() or start.lstrip()[:1] == "<"
        is_page = self.is_read and self.status < 300 and is_html
        parts = self.method, self.url, self.status, body[:_SHOWN_BODY], problem
        return ApiError(*parts, target=self.target, is_page=is_page)
