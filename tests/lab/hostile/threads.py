"""Behaviours of threads: histories and runs without end, and ids that are no ids."""

import itertools
import time
from collections import Counter
from threading import BoundedSemaphore
from urllib.parse import parse_qs, urlsplit

from tests.lab.hostile.behaviour import Ending, Forward, Place, at, cannot_be_tested, ends
from tests.lab.hostile.wire import Json, Reply, Request

_PAGE = 2


def _limit_of(request: Request) -> tuple[int, bool]:
    """Return the limit of a request for a page of history, and whether it asks for a later page."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(request.target).query).items()}
    parameters: Json = query | (request.body or {})
    return int(parameters.get("limit", 10)), "before" in parameters


def _page(request: Request, states: list[Json]) -> None:
    request.answer(Reply.of(states))


def _show_fewer(request: Request, forward: Forward, count: int) -> None:
    """Answer with the newest ``count`` states of a page; a negative count leaves out the oldest."""
    reply = forward()
    if reply.status == 200:
        _page(request, reply.body[:count])
    else:
        request.answer(reply)


_numbers = itertools.count()
_STATE: Json = {"values": {"n": 1}, "next": [], "tasks": [], "metadata": {"step": 1}, "created_at": None}


def _made_up(number: int) -> Json:
    own, parent = (
        {"checkpoint_id": f"{0xFFFFFFFF - one:08x}-0000-6000-8000-000000000000", "checkpoint_ns": ""}
        for one in (number, number + 1)
    )
    return {**_STATE, "checkpoint": own, "parent_checkpoint": parent}


@at(
    {
        Place.HISTORY: ends("passed", "untestable", "checkpoints"),
        Place.COPIED: ends("passed", "violated", "histor"),
    },
    "--threadcopy-timeout=10",
    "--threadcopy-total-timeout=60",
)
def has_a_history_without_end(request: Request, forward: Forward) -> None:
    """Shows page after page of 1,000 new checkpoints, without end."""
    limit, _ = _limit_of(request)
    count = 1000 if limit > 1 else 1
    _page(request, [_made_up(number) for number in itertools.islice(_numbers, count)])


@at(
    {
        Place.HISTORY: ends("passed", "untestable", "repeats itself"),
        Place.COPIED: ends("passed", "violated", "repeats itself"),
    }
)
def repeats_a_page(request: Request, forward: Forward) -> None:
    """Shows two checkpoints a page, and the first page in place of every later page."""
    limit, is_later = _limit_of(request)
    if limit > 1 and is_later:
        request.target, request.content = urlsplit(request.target).path + f"?limit={_PAGE}", b""
        request.method = "GET"
    _show_fewer(request, forward, min(limit, _PAGE))


_reads: Counter[int] = Counter()


@at(
    {
        Place.HISTORY: ends("passed", "untestable", "histor"),
        Place.COPIED: ends("passed", "violated", "missing from the copy"),
    }
)
def shrinks_while_it_is_read(request: Request, forward: Forward) -> None:
    """Leaves out one to three of the oldest checkpoints of a history, another number at each read."""
    limit, is_later = _limit_of(request)
    server = request.connection.getsockname()[1]  # each run has its own server
    _reads[server] += limit > 1 and not is_later
    _show_fewer(request, forward, -1 - _reads[server] % 3)


@at(
    {
        Place.HISTORY: ends("passed", "untestable", "cannot be read past checkpoint"),
        Place.COPIED: ends("passed", "violated", "missing from the copy"),
    }
)
def shows_one_page_only(request: Request, forward: Forward) -> None:
    """Shows two checkpoints, and an empty page after them."""
    limit, is_later = _limit_of(request)
    _show_fewer(request, forward, 0 if is_later else min(limit, _PAGE))


_run = "--threadcopy-run-timeout=3"


@at({Place.RUN: Ending({"CONT-02": "error"}, "did not answer within 3 seconds")}, _run)
def runs_without_end(request: Request, forward: Forward) -> None:
    """Never ends a run, and sends a line end now and then, like the reference server during a run."""
    request.send(Reply(200, b"").head(content_length=None, transfer_encoding="chunked"))
    while True:
        request.send(b"1\r\n\n\r\n")
        time.sleep(0.2)


def _stream(request: Request) -> None:
    stream = {"content_length": None, "content_type": "text/event-stream"}
    request.send(Reply(200, b"").head(**stream, transfer_encoding="chunked"))


def _event(request: Request, content: bytes) -> None:
    request.send(b"%x\r\n%s\r\n" % (len(content), content))


@at({Place.RUN: Ending({"CONT-08": "error"}, "did not end within 3 seconds")}, _run)
def streams_without_end(request: Request, forward: Forward) -> None:
    """Streams the same event again and again."""
    _stream(request)
    while True:
        _event(request, b'event: values\ndata: {"messages": []}\n\n')
        time.sleep(0.1)


@at({Place.RUN: Ending({"CONT-08": "error"}, "did not end within 3 seconds")}, _run)
def streams_nothing(request: Request, forward: Forward) -> None:
    """Begins a stream, and sends no event."""
    _stream(request)
    request.hang()


@at({Place.RUN: Ending({"CONT-08": "error"}, "broke off")}, _run)
def streams_until_it_breaks_off(request: Request, forward: Forward) -> None:
    """Closes the connection inside a stream."""
    _stream(request)
    _event(request, b"event: values\ndata: {")
    request.hang_up()


@at({Place.RUN: Ending({"CONT-08": "error"}, "more than 100 MB")}, "--threadcopy-run-timeout=20")
def streams_a_line_without_end(request: Request, forward: Forward) -> None:
    """Streams one event whose data has no end."""
    _stream(request)
    while True:
        _event(request, b" " * 1_000_000)


@at({Place.RUN: Ending({"CONT-08": "untestable"}, "a body that is no JSON")}, _run)
def streams_what_is_no_json(request: Request, forward: Forward) -> None:
    """Streams an event whose data is no JSON."""
    _stream(request)
    _event(request, b"event: values\ndata: {half\n\n")
    request.send(b"0\r\n\r\n")


_seats = BoundedSemaphore(3)


@at({Place.EVERYWHERE: Ending({"NEW-03": "passed"})}, "--threadcopy-in-flight=3", "--threadcopy-timeout=10")
def serves_three_at_once(request: Request, forward: Forward) -> None:
    """Answers 503 while it answers three other requests."""
    if not _seats.acquire(blocking=False):
        request.answer(Reply.of({"detail": "busy"}, 503))
        return
    try:
        reply = forward()
        time.sleep(0.05)
    finally:
        _seats.release()
    request.answer(reply)


@at({Place.CREATE: cannot_be_tested("names no thread_id")})
def numbers_its_threads(request: Request, forward: Forward) -> None:
    """Answers with a thread whose id is a number."""
    request.answer(Reply.of({**forward().body, "thread_id": 7}))


@at({Place.CREATE: cannot_be_tested("names no thread_id")})
def names_no_thread(request: Request, forward: Forward) -> None:
    """Answers with a thread whose id is empty."""
    request.answer(Reply.of({**forward().body, "thread_id": ""}))


@at({Place.COPY: ends("violated")})
def names_threads_by_paths(request: Request, forward: Forward) -> None:
    """Answers a copy with an id that would change the path of a URL."""
    request.answer(Reply.of({**forward().body, "thread_id": "../../assistants/search?x=#y\r\nz: 1"}))


@at(
    {
        Place.CREATE: cannot_be_tested("is no LangGraph-compatible API"),
        Place.COPY: ends("violated", says="no thread"),
    }
)
def wraps_its_threads(request: Request, forward: Forward) -> None:
    """Answers with a thread inside a list."""
    request.answer(Reply.of([forward().body]))


def _misshape(states: list[Json]) -> list[Json]:
    return [
        state | {"checkpoint": "c", "parent_checkpoint": 1, "tasks": "tasks", "metadata": [], "next": 3}
        for state in states
    ]


@at(
    {
        Place.HISTORY: ends("untestable"),
        Place.COPIED: ends("passed", "violated"),
    }
)
def misshapes_its_states(request: Request, forward: Forward) -> None:
    """Shows states with text, numbers and lists in the place of objects."""
    _page(request, _misshape(forward().body))
