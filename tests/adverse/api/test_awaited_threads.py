"""Which threads a search takes for lost threads, and how long the search lasts."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from threading import Timer
from typing import Any

import pytest

from pytest_threadcopy.api.client import Client
from pytest_threadcopy.api.owned_threads import LostThread
from pytest_threadcopy.wire.limits import Limits
from pytest_threadcopy.wire.transport import ApiError, NoAnswer, NotSent, Transport
from tests.adverse.api.test_leftovers import Threads, create, late, never
from tests.adverse.conftest import TAG, Ask, Connect
from tests.lab.hostile.wire import Reply, Request

LONG_AGO = LostThread("/threads/t/copy", since=0, until=1)


def test_the_thread_of_another_identity_is_not_the_lost_thread(ask: Ask) -> None:
    first, ours = ask(Threads()), set[str]()
    clients = [Client(first.transport, tag=TAG, ours=ours) for _ in range(2)]
    clients[1].threads.create()
    clients[0].threads.lost.append(LONG_AGO)
    clients[0].threads.find_lost()
    assert clients[0].threads.lost == [LONG_AGO]


def test_a_deleted_thread_that_is_still_listed_is_not_the_lost_thread(ask: Ask) -> None:
    def lags(request: Request) -> bool:
        if request.method == "DELETE":
            request.answer(Reply.of(None))
        return request.method == "DELETE"

    client = ask(Threads(lags))
    client.threads.delete(create(client))
    client.threads.lost.append(LONG_AGO)
    client.threads.find_lost()
    assert client.threads.lost == [LONG_AGO]


def test_the_thread_of_a_copy_without_an_id_is_not_another_lost_thread(ask: Ask) -> None:
    def names_none(request: Request) -> bool:
        if request.path.endswith("/copy"):
            threads.make(dict(TAG))
            request.answer(Reply(200, b""))
        return request.path.endswith("/copy")

    threads = Threads(names_none)
    client = ask(threads)
    client.threads.copy(create(client))
    client.threads.lost.append(LONG_AGO)
    client.threads.find_lost()
    assert client.threads.lost == [LONG_AGO]
    assert len(client.threads.made) == 2
    threads.make(dict(TAG))  # this is the lost thread
    client.threads.find_lost()
    assert client.threads.lost == []


def test_a_copy_by_another_identity_carries_the_tag_and_is_found(ask: Ask) -> None:
    threads = Threads(lambda request: late(request, threads, answer=Reply.of({}, 504)))
    first, ours = ask(threads), set[str]()
    owner, copier = (Client(first.transport, tag=TAG, ours=ours) for _ in range(2))
    source = create(owner)
    with pytest.raises(ApiError):
        copier.threads.copy(source)
    copier.threads.find_lost()
    assert copier.threads.lost == []
    assert len(copier.threads.made) == 2  # the search shows the source too


def test_a_forgotten_lost_thread_is_not_searched_for(connect: Connect) -> None:
    entries: list[dict[str, Any]] = []
    client = Client(connect(Threads(never)), tag=TAG, write_entry=lambda **entry: entries.append(entry))
    source = create(client)
    with pytest.raises(ApiError):
        client.threads.copy(source)
    (begun,) = {entry["begun"] for entry in entries if f"/{source}/" in str(entry.get("path"))}
    client.threads.forget_lost(f"/threads/{source}/copy")
    assert client.threads.lost == []
    assert entries[-1] == {"ended": begun}


def test_the_wait_for_a_slot_does_not_make_the_search_longer(connect: Connect) -> None:
    client = Client(connect(Request.hang, Limits(0.4, in_flight=1)), tag=TAG)
    slots = client.transport.limits.slots
    slots.acquire()
    Timer(1.5, slots.release).start()
    with pytest.raises(NoAnswer):
        client.threads.create()
    (lost,) = client.threads.lost
    assert lost.until - time.time() <= 2.5 * 0.4


@pytest.fixture
def silent_url() -> Iterator[str]:
    """The address of a port that neither accepts nor refuses connections, as behind a firewall."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = listening.getsockname()
        waiting = [socket.socket() for _ in range(5)]
        for connecting in waiting:
            connecting.setblocking(False)
            connecting.connect_ex(address)
        yield f"http://127.0.0.1:{address[1]}"
        for connecting in waiting:
            connecting.close()


def refusing_url() -> str:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_request_that_was_not_sent_makes_no_lost_thread(silent_url: str) -> None:
    for url in (refusing_url(), silent_url):
        with closing(Transport(url, limits=Limits(0.5))) as transport:
            client = Client(transport, tag=TAG)
            with pytest.raises(NotSent):
                client.threads.create()
            assert client.threads.lost == []


def test_a_request_that_was_sent_without_an_answer_makes_a_lost_thread(connect: Connect) -> None:
    for answer in (Request.hang, Request.reset):
        client = Client(connect(answer, Limits(0.5)), tag=TAG)
        with pytest.raises(NoAnswer) as raised:
            client.threads.create()
        assert not isinstance(raised.value, NotSent)
        assert len(client.threads.lost) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_deletions_stop_if_a_proxy_keeps_refusing(ask: Ask, status: int) -> None:
    def refuse_for_a_second(request: Request) -> bool:
        request.answer(Reply.of({}, status, retry_after="1"))
        return True

    client = ask(Threads(refuse_for_a_second))
    client.transport.limits.timeout = 1.5
    client.threads.made |= {f"t{number}": None for number in range(200)}
    began = time.monotonic()
    assert len(client.threads.delete_made()) == 200
    assert time.monotonic() - began < 8
