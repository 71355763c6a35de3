"""A small HTTP server that answers as a test says, and lists the requests that it gets."""

import json
import socketserver
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SO_LINGER, SOL_SOCKET
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Exchange:
    """One request, and the means to answer it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    connection: int
    """The client's port: two requests with the same one came over the same connection."""
    nth: int
    """How many requests came over this connection before."""
    _handler: BaseHTTPRequestHandler = field(repr=False)

    def answer(self, status: int, body: Any = None, content_type: str = "application/json") -> None:
        """Send a whole answer; a body that is not text is sent as JSON."""
        text = body if isinstance(body, str) else json.dumps(body)
        content = text.encode()
        lines = f"HTTP/1.1 {status} Told", f"Content-Type: {content_type}", f"Content-Length: {len(content)}"
        self.raw("\r\n".join([*lines, "", ""]).encode() + content)

    def raw(self, content: bytes) -> None:
        """Send bytes as they are."""
        self._handler.wfile.write(content)
        self._handler.wfile.flush()

    def hang_up(self, *, reset: bool = False) -> None:
        """Close the connection, as a proxy or a crashed server does."""
        if reset:
            self._handler.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        self._handler.close_connection = True


class _Server(ThreadingHTTPServer):
    block_on_close = False  # a hanging answer must not hold up the end of a test

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: in these tests, clients give up on purpose."""


@contextmanager
def fake_server(
    answer: Callable[[Exchange], None], *, tls: ssl.SSLContext | None = None
) -> Iterator[tuple[str, list[Exchange]]]:
    """Serve on a free port; yield the URL and a list, to which each request is added."""
    requests: list[Exchange] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        nth = 0

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            parts = urlsplit(self.path)
            content = self.rfile.read(int(self.headers.get("content-length", 0)))
            exchange = Exchange(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query)),
                {name.lower(): value for name, value in self.headers.items()},
                json.loads(content) if content else None,
                self.client_address[1],
                self.nth,
                self,
            )
            self.nth += 1
            requests.append(exchange)
            answer(exchange)

    server = _Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}", requests
    finally:
        with suppress(OSError):
            server.shutdown()
        socketserver.TCPServer.server_close(server)
        thread.join()
