"""What a deployment answers, and what is raised where that is not what was asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_threadcopy.wire.decoding import TooDeep, decode_json
from pytest_threadcopy.wire.redaction import printable

_SHOWN_BODY = 300
_READ_BODY = 1_000_000
_REDIRECTS = {301, 302, 303, 307, 308}
# What passes on the way, rather than a word of the deployment about the thread that was asked for; 52x are
# a content network's.
_NOT_ABOUT_THE_THREAD = _REDIRECTS | {401, 403, 407, 408, 425, 429, 502, 503, 504, 511, *range(520, 531)}


class DeploymentError(Exception):
    """The deployment did not do what was asked, for a reason that is told."""


class NoAnswer(DeploymentError):
    """The deployment did not answer: unreachable, reset, or too slow. Never a verdict about a copy."""


class TooLong(NoAnswer):
    """The deployment's answer is longer than is read."""


class ApiError(DeploymentError):
    """The deployment answered with an error, or with what is no JSON, or of another shape.

    ``method``, ``url``, ``status`` and ``body`` (its start) are what the message shows, without secrets.
    ``is_about_the_thread`` says whether the answer says something of the thread, rather than of access, load
    or a proxy.
    """

    def __init__(
        self, method: str, url: str, status: int, body: str, problem: str = "", *, on_the_way: bool = False
    ) -> None:
        super().__init__(f"{method} {url} answered {status}{problem}: {body or '(no body)'}")
        self.method, self.url, self.status, self.body = method, url, status, body
        self.is_about_the_thread = not (on_the_way or status in _NOT_ABOUT_THE_THREAD)


@dataclass(frozen=True)
class Answer:
    """A response, read whole. ``is_read`` says that it was asked for by what changes nothing."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    redact: Callable[[str], str] = field(repr=False)
    is_read: bool = False

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
            raise self.error(" with what is no JSON") from None

    def error(self, problem: str = "") -> ApiError:
        """Return this answer as an error."""
        start = self.content[:_READ_BODY].decode(errors="replace")
        # Secrets go first: of one that is cut, a part would stay.
        body = printable(self.redact(start))[:_SHOWN_BODY]
        if self.status in _REDIRECTS:
            location = printable(self.redact(self.headers.get("location", "")))[:_SHOWN_BODY]
            problem += f" and redirects to {location or 'nowhere'}"
        # A page is somebody else's word, as where one must log in.
        is_page = "html" in self.headers.get("content-type", "").lower() or start.lstrip()[:1] == "<"
        on_the_way = self.is_read and self.status < 300 and is_page
        return ApiError(self.method, self.url, self.status, body, problem, on_the_way=on_the_way)
