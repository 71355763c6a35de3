"""The form of a fault: a function or class whose docstring says what goes wrong."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

from tests.lab.faults.copied import Copied
from tests.lab.faults.exchange import COPY, Answer, Exchange, Server
from tests.lab.servers.faithful_saver import FaithfulSaver

Kind = Literal["checkpointer", "response", "behaviour"]
Handler = Callable[[Exchange, Server], Awaitable[Answer]]


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong in a deployment that is faithful otherwise.

    ``sentence`` says what goes wrong. ``caught_by`` is the requirement that is meant to catch the fault, and
    ``says`` is a part of the reason that this requirement then gives. A fault of the checkpointer has a
    ``saver``, any other has a ``handler`` of requests. ``options`` are the options of pytest that the
    requirement needs. ``second`` is the second user: an ``auditor`` may read the first user's threads.
    ``plugin`` is a pytest plugin that puts the fault into the embedded server, if the fault needs that one.
    """

    name: str
    sentence: str
    kind: Kind
    caught_by: str
    says: str
    saver: type[FaithfulSaver] = FaithfulSaver
    handler: Handler | None = None
    options: tuple[str, ...] = ()
    second: Literal["second", "auditor"] = "second"
    plugin: str | None = None


FAULTS: dict[str, Fault] = {}
"""Every fault by its name. The decorators below add them."""


def _add(fault: Fault) -> None:
    if fault.name in FAULTS:
        raise ValueError(f"two faults are called {fault.name}")
    FAULTS[fault.name] = fault


def _sentence(what: Callable[..., object]) -> str:
    return " ".join((what.__doc__ or "").split())


def spoils_copy(
    caught_by: str, says: str, *, options: tuple[str, ...] = ()
) -> Callable[[Callable[[Copied], object]], None]:
    """Decorate a function that spoils a copy which the checkpointer just made faithfully."""

    def add(spoil: Callable[[Copied], object]) -> None:
        class Saver(FaithfulSaver):
            async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
                await super().acopy_thread(source_thread_id, target_thread_id)
                spoil(Copied(self, source_thread_id, target_thread_id))

        name = spoil.__name__
        _add(Fault(name, _sentence(spoil), "checkpointer", caught_by, says, saver=Saver, options=options))

    return add


def checkpointer(
    caught_by: str, says: str, *, options: tuple[str, ...] = ()
) -> Callable[[type[FaithfulSaver]], None]:
    """Decorate a checkpointer that does one thing wrong."""

    def add(saver: type[FaithfulSaver]) -> None:
        name = re.sub(r"(?<!^)([A-Z])", r"_\1", saver.__name__).lower()
        _add(Fault(name, _sentence(saver), "checkpointer", caught_by, says, saver=saver, options=options))

    return add


def response(
    route: str, caught_by: str, says: str, *, whose: Literal["copies", "any"] = "copies"
) -> Callable[[Callable[[Answer, Exchange], Answer]], None]:
    """Decorate a function that changes the server's answers on a route, by default those about copies."""

    def add(spoil: Callable[[Answer, Exchange], Answer]) -> None:
        async def handler(exchange: Exchange, server: Server) -> Answer:
            answer = await server(exchange)
            concerned = exchange.asks(route) and (exchange.source_id or whose == "any" or route == COPY)
            return spoil(answer, exchange) if concerned and answer.status < 300 else answer

        _add(Fault(spoil.__name__, _sentence(spoil), "response", caught_by, says, handler=handler))

    return add


def behaviour(
    caught_by: str,
    says: str,
    *,
    options: tuple[str, ...] = (),
    second: Literal["second", "auditor"] = "second",
    plugin: str | None = None,
) -> Callable[[Handler], None]:
    """Decorate a function that answers every request, most of them by asking the real server."""

    def add(handler: Handler) -> None:
        fault = Fault(handler.__name__, _sentence(handler), "behaviour", caught_by, says)
        _add(replace(fault, handler=handler, options=options, second=second, plugin=plugin))

    return add
