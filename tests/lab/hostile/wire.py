"""A small HTTP server that can send any bytes at any pace."""

import json
import os
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from threading import Thread
from typing import Any, BinaryIO

Json = dict[str, Any]
_LONGEST = 120.0


@dataclass(frozen=True)
class Reply:
    """A correct answer, which a hostile server may spoil."""

    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Any, status: int = 200, **headers: str) -> "Reply":
        """Return a reply with a JSON body; further arguments are headers, ``retry_after`` for Retry-After."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(status, json.dumps(value).encode(), {"content-type": "application/json"} | named)

    @property
    def body(self) -> Any:
        """The content, decoded from JSON."""
        return json.loads(self.content)

    def head(self, **replaced: str | None) -> bytes:
        """Return the whole head with some headers replaced; None leaves a header out."""
        headers = {"content-length": str(len(self.content)), **self.headers}
        headers |= {name.replace("_", "-"): value for name, value in replaced.items()}  # type: ignore[misc]
        lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
        return "\r\n".join([f"HTTP/1.1 {self.status} Told", *lines, "", ""]).encode()


@dataclass
class Request:
    """One request, and the connection on which to answer it."""

    method: str
    target: str
    headers: dict[str, str]
    content: bytes = field(repr=False)
    nth: int
    """How many requests came over this connection before."""
    connection: socket.socket = field(repr=False)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def body(self) -> Any:
        """The content, decoded from JSON, or None if there is none."""
        return json.loads(self.content) if self.content else None

    def send(self, content: bytes) -> None:
        """Send bytes as they are."""
        self.connection.sendall(content)

    def answer(self, reply: Reply) -> None:
        """Send a whole answer."""
        self.send(reply.head() + reply.content)

    def drip(self, content: bytes, pause: float = 0.3) -> None:
        """Send a byte after each pause."""
        drip(self.connection, content, pause)

    def hang(self) -> None:
        """Send nothing until the client has gone, and close the connection."""
        hang(self.connection)
        self.hang_up()

    def hang_up(self) -> None:
        """Shut the connection down in order, like a proxy that restarts."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """Reset the connection."""
        break_off(self.connection)


def ask(host: str, method: str, target: str, content: bytes = b"") -> Reply:
    """Send a request to a server on a new connection, and return the answer."""
    connection = HTTPConnection(host, timeout=_LONGEST)
    try:
        connection.request(method, target, content or None, {"content-type": "application/json"})
        answer = connection.getresponse()
        return Reply(answer.status, answer.read(), {"content-type": answer.getheader("content-type", "")})
    finally:
        connection.close()


def hang(connection: socket.socket) -> None:
    """Read until the client has gone."""
    connection.settimeout(_LONGEST)
    while connection.recv(65536):
        pass


def drip(connection: socket.socket, content: bytes, pause: float = 0.3) -> None:
    """Send a byte after each pause."""
    for byte in content:
        time.sleep(pause)
        connection.sendall(bytes([byte]))


def break_off(connection: socket.socket) -> None:
    """Close a connection with a reset."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())  # the socket's close() would wait for the file that reads from it


Answer = Callable[[Request], None]
Meet = Callable[[socket.socket], None]


class Server:
    """Listens on a free port of loopback; each connection has a thread of its own.

    Args:
        answer: Answers a request. The server ignores the OSError that it raises when the client has gone.
        host: ``127.0.0.1`` or ``::1``.
        tls: The TLS context, or None for plain HTTP.
        meet: Called with each connection before its first byte is read.

    Attributes:
        port: Its port.
        requests: Each request, in order.
    """

    def __init__(
        self,
        answer: Answer,
        *,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        meet: Meet | None = None,
    ) -> None:
        self._answer, self._tls, self._meet = answer, tls, meet
        self._listening = socket.create_server(
            (host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=128
        )
        self.port = int(self._listening.getsockname()[1])
        self.requests: list[Request] = []
        self._connections: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening, and shut down every connection."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._connections.append(connection)
            Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, ValueError):  # the client has gone, or is no HTTP client
            if self._meet:
                self._meet(connection)
            with self._spoken(connection) as spoken, spoken.makefile("rb") as stream:
                for nth, (start, headers, content) in enumerate(_requests(stream)):
                    method, target, _ = start.split(" ")
                    self.requests.append(Request(method, target, headers, content, nth, spoken))
                    self._answer(self.requests[-1])

    def _spoken(self, connection: socket.socket) -> socket.socket:
        """Return the connection for HTTP: the one of TLS, if the server uses TLS."""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self._tls:
            return connection
        self._connections.append(self._tls.wrap_socket(connection, server_side=True))
        return self._connections[-1]


def _requests(stream: BinaryIO) -> Iterator[tuple[str, dict[str, str], bytes]]:
    """Yield the first line, the headers and the content of each request, until the client hangs up."""
    while line := stream.readline():
        headers = {}
        while field_line := stream.readline().strip():
            name, _, value = field_line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        yield line.decode("latin-1").strip(), headers, stream.read(int(headers.get("content-length", 0)))


@contextmanager
def serving(answer: Answer, **options: Any) -> Iterator[Server]:
    """Serve for as long as the context lasts; ``options`` are those of `Server`."""
    server = Server(answer, **options)
    try:
        yield server
    finally:
        server.close()
