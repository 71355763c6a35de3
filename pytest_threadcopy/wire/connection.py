"""A connection to a deployment, and a thread that waits on it, so that whoever asks can give up waiting."""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread
from typing import Any

import httpx

from pytest_threadcopy.wire.decoding import unpacked


def with_query(path: str, params: Mapping[str, Any] | None) -> str:
    """Return a path with its parameters, as both are sent."""
    return f"{path}?{httpx.QueryParams(params)}" if params else path


@dataclass(frozen=True)
class Request:
    """A request. What is ``repeatable`` changes nothing, and may be sent again."""

    method: str
    path: str
    content: bytes | None = field(default=None, repr=False)
    params: Mapping[str, Any] | None = None
    repeatable: bool = False


@dataclass(frozen=True)
class AnswerHead:
    """The begin of an answer, its headers' names in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class WholeAnswer:
    """An answer, read whole."""

    head: AnswerHead
    content: bytes = field(repr=False)


END = None
"""Follows the last piece of an answer that is streamed."""

Message = AnswerHead | WholeAnswer | bytes | Exception | None
Inbox = SimpleQueue[Message]


class Connection:
    """One connection to a deployment; sends one request at a time.

    httpx limits each read and each write, and nothing limits how a name is looked up: a request to a server
    that sends a byte now and then has no end. So a thread of the connection does the waiting, and tells
    whoever asked what came of it; they may hang up at any moment.

    ``is_sent`` says whether the last request, or the begin of it, left for the deployment or a proxy.

    Args:
        make: Makes the HTTP client, which is this connection's own.
    """

    def __init__(self, make: Callable[[], httpx.Client]) -> None:
        self._http = make()
        self._opened: Any = None
        self._is_over = self.is_sent = False
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="threadcopy connection", daemon=True)
        self._thread.start()

    @property
    def is_there(self) -> bool:
        """Whether its thread is there, which does not come along into a forked process."""
        return self._thread.is_alive()

    def send(
        self, request: Request, url: str, *, seconds: float, size: int, inbox: Inbox, streamed: bool
    ) -> None:
        """Send a request, and put the parts of its answer into ``inbox``.

        A whole answer is one `WholeAnswer`. A ``streamed`` answer that is no error is an `AnswerHead`, then
        each piece, then `END`. If anything fails, the last message is the exception.

        Args:
            request: The request.
            url: Where the request goes, in place of its path.
            seconds: How long the thread waits for each piece, once the caller has given up.
            size: How many bytes the answer may have.
            inbox: Where the messages go.
            streamed: Whether to pass on each piece as it comes.
        """
        self.is_sent = False
        self._tasks.put(
            lambda: self._exchange(request, url, seconds=seconds, size=size, inbox=inbox, streamed=streamed)
        )

    def hang_up(self) -> None:
        """Break off whatever is under way, and end the thread."""
        self._is_over = True
        self._tasks.put(None)
        self._break()

    def _break(self) -> None:
        # Not closed: the number of a file that another thread waits on could be given to the next one.
        with suppress(OSError, AttributeError):
            self._opened.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def join(self, seconds: float) -> None:
        """Wait until the thread has ended, for so long at most."""
        self._thread.join(seconds)

    def _work(self) -> None:
        with self._http:
            while task := self._tasks.get():
                task()

    def _exchange(
        self, request: Request, url: str, *, seconds: float, size: int, inbox: Inbox, streamed: bool
    ) -> None:
        headers = {"content-type": "application/json"} if request.content else None
        try:
            with self._http.stream(
                request.method,
                url,
                content=request.content,
                params=request.params,
                headers=headers,
                timeout=seconds,
                extensions={"trace": self._follow},
            ) as response:
                head = AnswerHead(
                    response.status_code, {name.lower(): value for name, value in response.headers.items()}
                )
                pieces = _pieces(response, size)
                if streamed and head.status < 300:
                    inbox.put(head)
                    for piece in pieces:
                        inbox.put(piece)
                    message: Message = END
                else:
                    message = WholeAnswer(head, b"".join(pieces))
        except Exception as error:  # noqa: BLE001 (whoever asked is told, whatever it is)
            message = error.with_traceback(None)  # whose frames hold headers
        inbox.put(message)

    def _follow(self, event: str, told: Mapping[str, Any]) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._opened = told["return_value"]
        elif event.endswith("send_request_headers.started"):
            self.is_sent = True
        else:
            return
        if self._is_over:  # nothing may be sent that nobody waits for any more
            self._break()


def _pieces(response: httpx.Response, size: int) -> Iterator[bytes]:
    return unpacked(response.iter_raw(), response.headers.get("content-encoding", "").lower(), size)
