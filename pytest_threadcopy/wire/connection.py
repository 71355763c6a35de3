"""A connection to a deployment, and a thread that waits on it, so that the caller can give up waiting."""

import socket
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from threading import Thread
from typing import Any

import httpx

from pytest_threadcopy.wire.decoding import unpacked


def with_query(path: str, params: Mapping[str, Any] | None) -> str:
    """Return a path with its query, as both are sent."""
    return f"{path}?{httpx.QueryParams(params)}" if params else path


@dataclass(frozen=True)
class Request:
    """A request. It is ``repeatable`` if it may be sent twice, because the second changes nothing."""

    method: str
    path: str
    content: bytes | None = field(default=None, repr=False)
    params: Mapping[str, Any] | None = None
    repeatable: bool = False


@dataclass(frozen=True)
class RawAnswer:
    """An answer as it came, the names of its headers in lower case.

    ``content`` is its whole body, or None for the head of a streamed answer: the pieces of the body follow.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(default=None, repr=False)


END = None
"""The message after the last piece of a streamed answer."""

Message = RawAnswer | bytes | Exception | None
Inbox = SimpleQueue[Message]


class Connection:
    """One connection to a deployment; sends one request at a time.

    httpx limits each read and each write, and nothing limits how a name is looked up: a request to a server
    that sends a byte now and then has no end. So the connection's own thread does the waiting, and puts the
    answer into the caller's inbox. The caller may hang up at any moment.

    ``is_sent`` says whether any part of the last request was sent to the deployment or to a proxy.
    """

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._opened: Any = None
        self._is_over = self.is_sent = False
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="threadcopy connection", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the connection's thread runs. It does not exist in a forked process."""
        return self._thread.is_alive()

    def send(
        self, request: Request, url: str, *, seconds: float, size: int, inbox: Inbox, streamed: bool
    ) -> None:
        """Send a request to ``url``, and put the parts of its answer into ``inbox``.

        An answer is one `RawAnswer`, of at most ``size`` bytes. A ``streamed`` answer that is no error is its
        head, then each piece, then `END`. If anything fails, the last message is the exception. Once the
        caller has given up, the thread waits at most ``seconds`` for each piece.
        """
        self.is_sent = False
        response = self._http.stream(
            request.method,
            url,
            content=request.content,
            params=request.params,
            headers={"content-type": "application/json"} if request.content else None,
            timeout=seconds,
            extensions={"trace": self._follow},
        )  # sends nothing before `_receive` enters it
        self._tasks.put(lambda: self._receive(response, size, inbox, streamed=streamed))

    def hang_up(self) -> None:
        """Break off the request under way, and end the thread."""
        self._is_over = True
        self._tasks.put(None)
        self._break()

    def _break(self) -> None:
        # Shut down, not closed: the system may reuse the number of a closed file while a thread waits on it.
        with suppress(OSError, AttributeError):
            self._opened.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def join(self, seconds: float) -> None:
        """Wait until the thread has ended, at most this long."""
        self._thread.join(seconds)

    def _work(self) -> None:
        with self._http:
            while task := self._tasks.get():
                task()

    def _receive(
        self, opened: AbstractContextManager[httpx.Response], size: int, inbox: Inbox, *, streamed: bool
    ) -> None:
        try:
            with opened as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                head = RawAnswer(response.status_code, headers)
                pieces = unpacked(response.iter_raw(), headers.get("content-encoding", "").lower(), size)
                if streamed and head.status < 300:
                    inbox.put(head)
                    for piece in pieces:
                        inbox.put(piece)
                    message: Message = END
                else:
                    message = replace(head, content=b"".join(pieces))
        except Exception as error:  # noqa: BLE001 (the caller gets any error)
            message = error.with_traceback(None)  # the frames of a traceback hold headers
        inbox.put(message)

    def _follow(self, event: str, details: Mapping[str, Any]) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._opened = details["return_value"]
        elif event.endswith("send_request_headers.started"):
            self.is_sent = True
        else:
            return
        if self._is_over:  # nobody waits any more, so nothing may be sent
            self._break()
