"""What the routes of a deployment have in common."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pytest_threadcopy.api.response_checks import Check, anything
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import Transport


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
        check: Check = anything,
    ) -> Any:
        answer = self._transport.send(
            method, path, json=body, params=params, repeatable=repeatable, timeout=timeout
        )
        if answer.status >= 300:  # a redirect, too, does not do what was asked
            raise answer.error()
        content = answer.json()
        problem = check(content)
        if problem:
            raise answer.error(f" with {problem}")
        return content


def thread_path(thread_id: str, *rest: str) -> str:
    """Return the path of a route of a thread."""
    return "/".join(["/threads", *map(quoted, (thread_id, *rest))])


def quoted(part: str) -> str:
    """Return a part of a path. Ids come from deployments: none leads out of its place."""
    quoted = quote(part, safe="", errors="surrogatepass")
    return quoted.replace(".", "%2E") if part in (".", "..") else quoted


def given(**arguments: Any) -> Json:
    """Return those arguments that were given."""
    return {name: value for name, value in arguments.items() if value is not None}
