"""The HTTP layer of the faulty server: each request goes through the fault that its header names."""

import asyncio
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.lab.faults import threads
from tests.lab.faults.catalogue import FAULTS
from tests.lab.faults.exchange import HEADER, Answer, Exchange
from tests.lab.faults.identities import USER
from tests.lab.faults.repairs import repaired
from tests.lab.faults.saver import current_fault


class Gateway:
    """ASGI middleware around the real server. It reads every answer whole, also a streamed one.

    Args:
        app: The real server.
        fault: The fault of requests that name none.
    """

    def __init__(self, app: ASGIApp, fault: str | None = None) -> None:
        self._app = app
        self._fault = fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, with its fault."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        exchange = Exchange(
            request.method, request.url.path, request.url.query, await request.body(), scope["headers"]
        )
        name = exchange.header(HEADER) or None
        if not exchange.header(USER):  # a request without a user names no fault either
            name = threads.fault_of.get(exchange.thread_id or "", self._fault)
        current_fault.set(name)
        if exchange.thread_id:
            threads.note(exchange.thread_id, name)

        async def server(exchange: Exchange) -> Answer:
            return await repaired(exchange, self._real(scope))

        handler = FAULTS[name].handler if name else None
        answer = await (handler(exchange, server) if handler else server(exchange))
        response = Response(answer.content, answer.status, media_type=answer.media_type)
        await response(scope, receive, send)

    def _real(self, scope: Scope) -> Any:
        async def ask(exchange: Exchange) -> Answer:
            pending: list[Message] = [{"type": "http.request", "body": exchange.content}]
            start: Message = {}
            content: list[bytes] = []

            async def receive() -> Message:
                if not pending:  # the server waits for the client to hang up
                    await asyncio.Event().wait()
                return pending.pop()

            async def send(message: Message) -> None:
                if message["type"] == "http.response.start":
                    start.update(message)
                content.append(message.get("body", b""))

            path = {"path": exchange.path, "raw_path": exchange.path.encode()}
            length = [(b"content-length", str(len(exchange.content)).encode())]
            others = [(key, value) for key, value in exchange.headers if key != b"content-length"]
            replaced = {"method": exchange.method, "query_string": exchange.query.encode(), **path}
            await self._app({**scope, **replaced, "headers": others + length}, receive, send)
            headers = {key.lower(): value.decode() for key, value in start["headers"]}
            return Answer(
                start["status"], b"".join(content), headers.get(b"content-type", "application/json")
            )

        return ask


app = Starlette(middleware=[Middleware(Gateway)])
