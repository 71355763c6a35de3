"""Behaviours of connections: they break, or carry bytes that are not HTTP."""

import socket
import time

from tests.lab.hostile.behaviour import FINE, Forward, Place, at, cannot_be_tested, ends, harmless, network
from tests.lab.hostile.wire import Reply, Request


@network(
    "got no answer",
    elsewhere={
        Place.CREATE: cannot_be_tested("got no answer"),
        Place.ASSISTANTS: ends("untestable", says="got no answer"),
        Place.HISTORY: ends("untestable", says="got no answer"),
        Place.SEARCH: FINE,
        Place.INFO: FINE,
        Place.DELETE: cannot_be_tested("got no answer"),
    },
)
def resets_after_the_request(request: Request, forward: Forward) -> None:
    """Carries out the request, and resets the connection."""
    forward()
    request.reset()


@network("got no answer")
def resets_inside_the_headers(request: Request, forward: Forward) -> None:
    """Resets the connection after half of the headers."""
    head = forward().head()
    request.send(head[: len(head) // 2])
    time.sleep(0.05)
    request.reset()


@network("got no answer")
def resets_inside_the_body(request: Request, forward: Forward) -> None:
    """Resets the connection after half of the body."""
    reply = forward()
    request.send(reply.head() + reply.content[: len(reply.content) // 2])
    time.sleep(0.05)
    request.reset()


@network("got no answer")
def hangs_up_without_an_answer(request: Request, forward: Forward) -> None:
    """Carries out the request, and closes the connection without an answer."""
    forward()
    request.hang_up()


@harmless()
def closes_every_connection(request: Request, forward: Forward) -> None:
    """Closes each connection after one answer, without a header that announces it."""
    reply = forward()
    # MSG_MORE sends the end together with the last bytes, so that no client can send a request in between.
    request.connection.sendall(reply.head() + reply.content, getattr(socket, "MSG_MORE", 0))
    request.hang_up()


@harmless()
def answers_without_a_length(request: Request, forward: Forward) -> None:
    """Sends no Content-Length: the answer ends with the connection."""
    reply = forward()
    request.send(reply.head(content_length=None) + reply.content)
    request.hang_up()


@harmless()
def answers_in_chunks_of_a_byte(request: Request, forward: Forward) -> None:
    """Sends its answer in chunks of one byte each."""
    reply = forward()
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in reply.content)
    request.send(reply.head(content_length=None, transfer_encoding="chunked") + chunks + b"0\r\n\r\n")


@network("got no answer")
def promises_more_than_it_sends(request: Request, forward: Forward) -> None:
    """Sends a Content-Length that is longer than its answer, and closes the connection."""
    reply = forward()
    request.send(reply.head(content_length=str(len(reply.content) + 10)) + reply.content)
    request.hang_up()


@network("got no answer")
def says_a_length_that_is_no_number(request: Request, forward: Forward) -> None:
    """Sends the Content-Length `many`."""
    reply = forward()
    request.send(reply.head(content_length="many") + reply.content)
    request.hang_up()


@network("got no answer")
def says_two_lengths(request: Request, forward: Forward) -> None:
    """Sends two Content-Length headers with different lengths."""
    reply = forward()
    request.send(reply.head(**{"Content-Length": "1"}) + reply.content)
    request.hang_up()


@network("got no answer")
def chunks_are_garbage(request: Request, forward: Forward) -> None:
    """Says that its answer comes in chunks, and sends other bytes."""
    forward()
    request.send(Reply(200, b"").head(content_length=None, transfer_encoding="chunked") + b"no chunk\r\n" * 9)
    request.hang_up()


@network("got no answer")
def chunks_break_off(request: Request, forward: Forward) -> None:
    """Closes the connection inside a chunk."""
    content = forward().content
    head = Reply(200, b"").head(content_length=None, transfer_encoding="chunked")
    request.send(head + b"%x\r\n" % (len(content) + 1) + content)
    request.hang_up()


@network("got no answer")
def is_no_http_server(request: Request, forward: Forward) -> None:
    """Speaks another protocol."""
    request.send(b"SSH-2.0-OpenSSH_9.6\r\n")
    request.hang_up()


@network("got no answer")
def sends_headers_without_end(request: Request, forward: Forward) -> None:
    """Sends header after header, without end."""
    request.send(b"HTTP/1.1 200 Told\r\n")
    while True:
        request.send(b"x-more: and more\r\n" * 1000)


@at(
    {
        Place.EVERYWHERE: cannot_be_tested("got no answer", leaves=None),
        Place.COPIED: FINE,  # the plugin sends a read again, on a new connection
    }
)
def breaks_each_connection_at_its_second_request(request: Request, forward: Forward) -> None:
    """Answers the first request of each connection, and resets the connection at the next."""
    if request.nth:
        request.reset()
    else:
        request.answer(forward())


@at({Place.LATER: ends("error", says="got no answer", leaves=True)})
def dies(request: Request, forward: Forward) -> None:
    """From the second copy on, resets every connection."""
    request.reset()
