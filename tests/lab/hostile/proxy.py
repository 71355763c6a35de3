"""A small forward proxy. It sends every request to one server, whatever host the request names."""

import base64
import socket
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.lab.hostile.wire import Reply, Request, Server, ask


class Proxy:
    """Forwards requests; for CONNECT, it forwards the bytes of the TLS connection.

    Args:
        port: The port of the server behind it; with None, it refuses every request with 403.
        password: The password that it asks for, of the user ``me``.

    Attributes:
        requests: Each request that it let through.
    """

    def __init__(self, port: int | None, *, password: str | None = None) -> None:
        self._port, self._password = port, password
        self._server = Server(self._answer)
        self.url = f"http://127.0.0.1:{self._server.port}"
        self.requests: list[Request] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.close()

    def _answer(self, request: Request) -> None:
        credentials = base64.b64encode(f"me:{self._password}".encode()).decode()
        if self._port is None:
            request.answer(Reply(403, b"<h1>Forbidden by policy</h1>"))
        elif self._password and request.headers.get("proxy-authorization") != f"Basic {credentials}":
            request.answer(Reply(407, b"<h1>Proxy</h1>", {"proxy-authenticate": "Basic"}))
        else:
            self.requests.append(request)
            self._let_through(request, self._port)

    def _let_through(self, request: Request, port: int) -> None:
        if request.method != "CONNECT":
            parts = urlsplit(request.target)
            target = parts._replace(scheme="", netloc="").geturl()
            request.answer(ask(f"127.0.0.1:{port}", request.method, target, request.content))
            return
        with socket.create_connection(("127.0.0.1", port)) as behind:
            request.send(b"HTTP/1.1 200 Connected\r\n\r\n")
            Thread(target=_pump, args=(request.connection, behind), daemon=True).start()
            _pump(behind, request.connection)


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Forward bytes until the source ends; then shut both sockets down."""
    with suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
    for one in (source, target):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
