"""Slow behaviours: the time limit of a request holds from its start to the last byte of its answer."""

import gzip
import time
from threading import Thread

from tests.lab.hostile.behaviour import FINE, Forward, Place, at, cannot_be_tested, ends, harmless, network
from tests.lab.hostile.wire import Reply, Request

_LIMIT = "within 3 seconds"


@network(
    _LIMIT,
    elsewhere={
        Place.CREATE: cannot_be_tested(_LIMIT),
        Place.ASSISTANTS: ends("untestable", says=_LIMIT),
        Place.HISTORY: ends("untestable", says=_LIMIT),
        Place.SEARCH: FINE,
        Place.INFO: FINE,
        Place.DELETE: cannot_be_tested(_LIMIT),
    },
)
def hangs_before_the_headers(request: Request, forward: Forward) -> None:
    """Carries out the request, and never answers."""
    forward()
    request.hang()


@network(_LIMIT)
def hangs_after_the_headers(request: Request, forward: Forward) -> None:
    """Sends the headers of its answer, and nothing after them."""
    request.send(forward().head())
    request.hang()


@network(_LIMIT)
def hangs_inside_the_body(request: Request, forward: Forward) -> None:
    """Sends the headers and half of the body of its answer."""
    reply = forward()
    request.send(reply.head() + reply.content[: len(reply.content) // 2])
    request.hang()


@network(_LIMIT)
def drips_the_headers(request: Request, forward: Forward) -> None:
    """Sends its whole answer in single bytes, three a second."""
    request.drip(forward().head())


@network(_LIMIT)
def drips_the_body(request: Request, forward: Forward) -> None:
    """Sends the body of its answer in single bytes, three a second."""
    reply = forward()
    request.send(reply.head())
    request.drip(reply.content)


@network(_LIMIT)
def drips_inside_gzip(request: Request, forward: Forward) -> None:
    """Sends a compressed body in single bytes. No part of the body can be unpacked before its end."""
    content = gzip.compress(forward().content)
    request.send(Reply(200, content, {"content-encoding": "gzip"}).head())
    request.drip(content)


@network(_LIMIT)
def continues_for_ever(request: Request, forward: Forward) -> None:
    """Sends 100 Continue again and again, and never answers."""
    forward()
    while True:
        request.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.1)


@network(_LIMIT)
def keeps_alive_with_spaces(request: Request, forward: Forward) -> None:
    """Sends a space now and then in place of a body, like a server that keeps a connection alive."""
    forward()
    request.send(Reply(200, b"").head(content_length=None, transfer_encoding="chunked"))
    while True:
        request.send(b"1\r\n \r\n")
        time.sleep(0.1)


@harmless()
def answers_late(request: Request, forward: Forward) -> None:
    """Takes 0.2 seconds for every answer."""
    time.sleep(0.2)
    request.answer(forward())


@at({Place.COPY: ends("error", says=_LIMIT)})
def copies_after_the_limit(request: Request, forward: Forward) -> None:
    """Never answers a copy request. The copy appears a second after the time limit of the request."""
    time.sleep(4)
    forward()
    request.hang()


@at({Place.COPY: ends("error", says="answered 504")})
def copies_after_a_504(request: Request, forward: Forward) -> None:
    """Answers 504 to a copy request, like an impatient proxy. The copy appears a second later."""

    def go_on() -> None:
        time.sleep(1)
        forward()

    Thread(target=go_on).start()
    request.answer(Reply(504, b"<html><h1>504 Gateway Time-out</h1></html>", {"content-type": "text/html"}))


@at({Place.COPY: ends("error", says="504")}, "--threadcopy-timeout=20")
def copies_for_long(request: Request, forward: Forward) -> None:
    """Copies behind a proxy that answers 504 after 3 seconds."""
    forward()
    time.sleep(3)
    request.answer(Reply.of({"detail": "upstream request timeout"}, 504))


@at(
    {Place.LATER: ends("untestable", says="the run's time limit of 8 seconds", leaves=True)},
    "--threadcopy-timeout=20",
    "--threadcopy-total-timeout=8",
)
def hangs_until_the_run_is_over(request: Request, forward: Forward) -> None:
    """Never answers after the first copy; a request may take 20 seconds, and the whole run 8."""
    request.hang()
