"""How threads are deleted: one at a time, once, and no more if the deployment does not answer."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_threadcopy.wire.transport import ApiError
from tests.adverse.api.test_leftovers import Threads
from tests.adverse.conftest import TAG, Ask
from tests.lab.hostile.wire import Reply, Request


def test_threads_are_deleted_one_at_a_time_by_all_callers(ask: Ask) -> None:
    threads = Threads()
    client = ask(threads)
    thread_ids = [threads.make(dict(TAG))["thread_id"] for _ in range(60)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(client.threads.delete, thread_ids))
    assert threads.rows == []
    assert threads.most_at_once == 1


def test_deletions_stop_when_the_deployment_stops_answering(ask: Ask) -> None:
    def silent(request: Request) -> bool:
        request.hang()
        return True

    threads = Threads(silent)
    client = ask(threads)
    client.transport.limits.timeout = 0.3
    client.threads.made |= {f"t{number}": None for number in range(200)}
    began = time.monotonic()
    assert len(client.threads.delete_made()) == 200
    assert time.monotonic() - began < 3
    assert len(threads.requests) < 40


def test_a_404_to_a_repeated_deletion_is_a_success(ask: Ask) -> None:
    tries = []

    def lose_the_first(request: Request) -> None:
        tries.append(request)
        if len(tries) == 1:
            request.reset()
        else:
            request.answer(Reply.of({"detail": "not found"}, 404))

    client = ask(lose_the_first)
    client.threads.own("t")
    client.threads.delete("t")
    assert len(tries) == 2
    assert not client.threads.made


def test_a_404_to_the_first_deletion_is_an_error(ask: Ask) -> None:
    client = ask(lambda request: request.answer(Reply.of({"detail": "not found"}, 404)))
    with pytest.raises(ApiError):
        client.threads.delete("t")
