"""What a deployment answers, and what is raised where that is not what was asked for."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pytest_threadcopy.text.secrets import printable
from pytest_threadcopy.wire.decoding import TooDeep, decode_json

_SHOWN_BODY = 300
_READ_BODY = 1_000_000
REDIRECTS = {301, 302, 303, 307, 308}
_USER_INFO = re.compile(r"(?<=//)[^/?#\s\"'<>]*@")
# What speaks of access, load, the connection or the way, and not of the thread that was asked for.
_NOT_ABOUT_THE_THREAD = {401, 402, 403, 407, 408, 421, 425, 426, 429, 451, 502, 503, 504, 505, 508, 511}
# No API says anything by a code that HTTP does not have; proxies made up many: 444, 460, 499, 520, 561, 598.
_KNOWN = set(HTTPStatus)


class DeploymentError(Exception):
    """The deployment did not do what was asked, for a reason that is told."""


class NoAnswer(DeploymentError):
    """The deployment did not answer: unreachable, reset, or too slow. Never a verdict about a copy."""


class NotSent(NoAnswer):
    """Nothing of the request was sent, as no connection came about: it did nothing."""


class TooLong(NoAnswer):
    """The deployment's answer is longer than is read."""


class ApiError(DeploymentError):
    """The deployment answered with an error, or with a body that is no JSON, or of another shape.

    ``method``, ``url``, ``status`` and ``body`` (its start) are what the message shows, without secrets.
    ``target`` is the path and query of the request: with ``method`` and ``status`` it identifies the
    exchange in the record. ``is_about_the_thread`` says whether the answer says something of the thread,
    rather than of access, load or a proxy.
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
        on_the_way: bool = False,
    ) -> None:
        super().__init__(f"{method} {url} answered {status}{problem}: {body or '(no body)'}")
        self.method, self.url, self.target, self.status, self.body = method, url, target, status, body
        is_word = status < 300 or (status >= 400 and status in _KNOWN - _NOT_ABOUT_THE_THREAD)
        self.is_about_the_thread = is_word and not on_the_way


@dataclass(frozen=True)
class Answer:
    """A response, read whole.

    ``is_read`` says that it was asked for by what changes nothing, ``is_second_try`` that a try before may
    have been heard. ``target`` is the path and query of the request.
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
            ApiError: The body is no JSON, or nested too deep to read.
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
        # Secrets go first: of one that is cut, a part would stay.
        body = printable(self.redact(start))
        if self.status in REDIRECTS:
            location = printable(self.redact(self.headers.get("location", "")))
            # Somebody's, if not the user's; a page repeats where it leads.
            location, body = (_USER_INFO.sub("***@", text) for text in (location, body))
            problem += f" and redirects to {location[:_SHOWN_BODY] or 'nowhere'}"
        # A page is somebody else's word, as where one must log in.
        is_page = "html" in self.headers.get("content-type", "").lower() or start.lstrip()[:1] == "<"
        on_the_way = self.is_read and self.status < 300 and is_page
        return ApiError(
            self.method,
            self.url,
            self.status,
            body[:_SHOWN_BODY],
            problem,
            target=self.target,
            on_the_way=on_the_way,
        )
