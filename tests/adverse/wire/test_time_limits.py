"""A request ends at its time limit, at the end of the run and at an abort, even if its answer drips."""

import threading
import time
from collections.abc import Callable

import pytest

from pytest_threadcopy.wire.limits import Limits
from pytest_threadcopy.wire.transport import NoAnswer, Transport
from tests.adverse.conftest import Connect, Serve
from tests.lab.hostile.wire import Reply, Request

OK = Reply.of({})


def drip_the_headers(request: Request) -> None:
    request.drip(OK.head(), pause=0.05)


def continue_for_ever(request: Request) -> None:
    while True:
        request.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.01)


def drip_the_body(request: Request) -> None:
    request.send(OK.head(content_length="1000"))
    request.drip(b" " * 1000, pause=0.05)


def hang(request: Request) -> None:
    request.hang()


SLOW: list[Callable[[Request], None]] = [
    drip_the_headers,
    continue_for_ever,
    drip_the_body,
    hang,
]


@pytest.mark.parametrize("slow", SLOW)
def test_a_dripping_answer_ends_at_the_time_limit(connect: Connect, slow: Callable[[Request], None]) -> None:
    transport = connect(slow, Limits(0.3))
    began = time.monotonic()
    with pytest.raises(NoAnswer, match=r"/x did not answer within 0\.3 seconds"):
        transport.send("GET", "/x")
    with pytest.raises(NoAnswer, match=r"/x did not end within 0\.3 seconds"):
        list(transport.lines("POST", "/x", json={}))
    assert time.monotonic() - began < 0.9


def test_a_tls_handshake_without_end_ends_at_the_time_limit(serve: Serve) -> None:
    server = serve(hang, meet=lambda _: time.sleep(5))
    transport = Transport(f"https://127.0.0.1:{server.port}", limits=Limits(0.3))
    began = time.monotonic()
    with pytest.raises(NoAnswer, match=r"did not answer within 0\.3 seconds"):
        transport.send("POST", "/threads")
    assert time.monotonic() - began < 0.9
    transport.close()


def test_a_stream_without_end_ends_at_the_time_limit(connect: Connect) -> None:
    def talk(request: Request) -> None:
        request.send(OK.head(content_length=None, transfer_encoding="chunked"))
        while True:
            request.send(b"a\r\nevent: a\n\n\r\n")

    began = time.monotonic()
    lines = connect(talk).lines("POST", "/x", json={}, timeout=0.3)
    with pytest.raises(NoAnswer, match=r"did not end within 0\.3 seconds"):
        for _ in lines:
            pass
    assert time.monotonic() - began < 1.5


def test_the_connection_of_a_request_over_its_limit_is_closed(connect: Connect) -> None:
    gone = threading.Event()

    def notice(request: Request) -> None:
        request.hang()
        gone.set()

    with pytest.raises(NoAnswer):
        connect(notice, Limits(0.1)).send("GET", "/x", timeout=0.1)
    assert gone.wait(2)


def test_the_request_after_a_hanging_one_is_answered(connect: Connect) -> None:
    def first_hangs(request: Request) -> None:
        if request.path == "/hang":
            request.hang()
        request.answer(OK)

    transport = connect(first_hangs, Limits(5))
    with pytest.raises(NoAnswer):
        transport.send("GET", "/hang", timeout=0.1)
    assert transport.send("GET", "/x").status == 200


def test_nothing_is_sent_after_the_end_of_the_run(connect: Connect) -> None:
    transport = connect(lambda request: request.answer(OK), Limits(total=0.2))
    assert transport.send("GET", "/x").status == 200
    time.sleep(0.2)
    with pytest.raises(NoAnswer, match=r"the run's time limit of 0\.2 seconds was reached"):
        transport.send("GET", "/x")


def test_a_request_under_way_ends_with_the_run(connect: Connect) -> None:
    began = time.monotonic()
    with pytest.raises(NoAnswer, match=r"the run's time limit of 0\.2 seconds was reached"):
        connect(hang, Limits(30, total=0.2)).send("GET", "/x")
    assert time.monotonic() - began < 1


def test_requests_to_clean_up_may_follow_the_end_of_the_run(connect: Connect) -> None:
    transport = connect(lambda request: request.answer(OK), Limits(total=0))
    transport.limits.allow(30)
    assert transport.send("DELETE", "/threads/t").status == 200


def in_a_thread(call: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    """Make a call in a thread, and store the exception that it raises."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except NoAnswer as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, raised


def test_aborting_ends_every_request_under_way_at_once(connect: Connect) -> None:
    transport = connect(hang, Limits(30, in_flight=2))
    calls = [
        in_a_thread(lambda: transport.send("POST", "/threads")),
        in_a_thread(lambda: list(transport.lines("POST", "/runs", json={}))),
        in_a_thread(lambda: transport.send("GET", "/this one waits for a slot")),
    ]
    while len(transport.traffic.under_way()) < 2:
        time.sleep(0.01)
    began = time.monotonic()
    transport.abort()
    for thread, raised in calls:
        thread.join(5)
        assert [str(error).rpartition(": ")[2] for error in raised] == ["the run was ended"]
    assert time.monotonic() - began < 1


def test_aborting_ends_a_pause_before_the_next_try(connect: Connect) -> None:
    transport = connect(lambda request: request.answer(Reply.of({}, 429, retry_after="20")), Limits(30))
    thread, raised = in_a_thread(lambda: transport.send("GET", "/x"))
    while not transport.traffic.requests:
        time.sleep(0.01)
    time.sleep(0.1)
    transport.abort()
    thread.join(2)
    assert "the run was ended" in str(raised[0])


def test_a_request_after_an_abort_is_answered(connect: Connect) -> None:
    transport = connect(lambda request: request.answer(OK))
    transport.abort()
    assert transport.send("GET", "/x").status == 200


def test_traffic_lists_the_requests_under_way_with_their_age(connect: Connect) -> None:
    transport = connect(hang, Limits(30))
    thread, _ = in_a_thread(lambda: transport.send("GET", "/x", timeout=20))
    time.sleep(0.3)
    ((method, path, seconds, limit),) = transport.traffic.under_way()
    assert (method, path, limit) == ("GET", "/x", 20)
    assert 0.1 < seconds < 5
    transport.abort()
    thread.join(2)
    assert transport.traffic.under_way() == []


def test_the_limit_of_requests_under_way_holds_for_all_identities(connect: Connect) -> None:
    at_once, most = 0, 0
    lock = threading.Lock()

    def count(request: Request) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.05)
        with lock:
            at_once -= 1
        request.answer(OK)

    limits = Limits(5, in_flight=2)
    transports = [connect(count, limits) for _ in range(2)]  # two identities share them
    calls = [in_a_thread(lambda one=one: one.send("GET", "/x")) for one in transports * 4]  # type: ignore[misc]
    for thread, raised in calls:
        thread.join(5)
        assert not raised
    assert most == 2


def test_the_wait_for_a_slot_does_not_count_as_time_of_the_deployment(connect: Connect) -> None:
    def slow(request: Request) -> None:
        time.sleep(0.2)
        request.answer(OK)

    transport = connect(slow, Limits(0.4, in_flight=1))
    calls = [in_a_thread(lambda: transport.send("GET", "/x")) for _ in range(5)]
    for thread, raised in calls:
        thread.join(5)
        assert not raised
