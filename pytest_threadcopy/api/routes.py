"""The parts that all routes share: sending a request, checking its answer, and building its path."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pytest_threadcopy.api.response_checks import Check, T, anything
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import Answer, Transport


class Routes:
    """Some routes of a deployment under one identity."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        repeatable: bool = False,
        timeout: float | None = None,
        check: Check[T] = anything,
    ) -> T:
        answer = self._transport.send(
            method, path, json=body, params=params, repeatable=repeatable, timeout=timeout
        )
        return checked_json(answer, check)


def checked_json(answer: Answer, check: Check[T]) -> T:
    """Return the JSON of an answer.

    Raise `ApiError` if the answer is an error, a redirect or no JSON, or if ``check`` finds a problem in it.
    """
    if answer.status >= 300:
        raise answer.error()
    content: T = answer.json()
    problem = check(content)
    if problem:
        raise answer.error(f" with {problem}")
    return content


def thread_path(thread_id: str, *rest: str) -> str:
    """Return the path of a route of a thread."""
    return "/".join(["/threads", *map(quoted, (thread_id, *rest))])


def quoted(part: str) -> str:
    """Return a part of a path, quoted. Ids come from deployments: none may lead to another route."""
    escaped = quote(part, safe="", errors="surrogatepass")
    return escaped.replace(".", "%2E") if part in (".", "..") else escaped


def without_none(**arguments: Any) -> Json:
    """Return the arguments that are not None."""
    return {name: value for name, value in arguments.items() if value is not None}
