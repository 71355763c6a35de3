"""Threads that appear late: the client finds them by their tag, and takes no foreign thread for its own."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from pytest_threadcopy.api.client import Client
from pytest_threadcopy.api.owned_threads import LostThread
from pytest_threadcopy.wire.transport import ApiError, NoAnswer
from tests.adverse.conftest import TAG, Ask
from tests.lab.hostile.wire import Reply, Request


class Threads:
    """A deployment with threads. ``spoil`` may answer a request itself, and then returns true."""

    def __init__(self, spoil: Callable[[Request], bool] = lambda _: False) -> None:
        self.rows: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.at_once = self.most_at_once = 0
        self.longest = 1000
        self._spoil = spoil
        self._lock = threading.Lock()

    def make(self, metadata: dict[str, Any]) -> dict[str, Any]:
        self.rows.append({"thread_id": f"t{len(self.requests)}-{len(self.rows)}", "metadata": metadata})
        return self.rows[-1]

    def __call__(self, request: Request) -> None:
        with self._lock:
            self.requests.append(f"{request.method} {request.path}")
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        is_spoilt = self._spoil(request)
        time.sleep(0.01)
        with self._lock:
            self.at_once -= 1
        if not is_spoilt:
            request.answer(self._reply(request))

    def _reply(self, request: Request) -> Reply:
        if request.method == "DELETE":
            self.rows = [row for row in self.rows if not request.path.endswith(f"/{row['thread_id']}")]
            return Reply.of(None)
        if request.path == "/threads/search":
            body = request.body
            if body["limit"] > self.longest:
                return Reply.of({"detail": "limit"}, 422)
            rows = [row for row in self.rows if row["metadata"].items() >= body["metadata"].items()]
            return Reply.of(rows[body["offset"] :][: body["limit"]])
        return Reply.of(self.make(request.body["metadata"] if request.body else dict(TAG)))


@pytest.mark.parametrize("longest", [1000, 100, 10])
def test_tagged_threads_are_found_on_every_page(ask: Ask, longest: int) -> None:
    threads = Threads()
    threads.longest = longest
    ours = {threads.make(dict(TAG))["thread_id"] for _ in range(230)}
    for _ in range(20):
        threads.make({"threadcopy_run": "another"})
    client = ask(threads)
    assert client.threads.own_tagged() == 230
    assert set(client.threads.made) == ours
    assert client.threads.own_tagged() == 0


SEARCHES: dict[str, Callable[[list[Any], int, int], list[Any]]] = {
    "no filter": lambda rows, offset, limit: rows[offset:][:limit],
    "no offset": lambda rows, offset, limit: rows[:limit],
    "odd items": lambda rows, offset, limit: ([1, "t", None, {"metadata": TAG}, *rows])[offset:][:limit],
}


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_a_search_that_ignores_its_parameters_owns_no_foreign_thread(
    ask: Ask, search: Callable[[list[Any], int, int], list[Any]]
) -> None:
    rows: list[Any] = [{"thread_id": f"ours {number}", "metadata": {**TAG, "a": 1}} for number in range(150)]
    rows += [{"thread_id": f"theirs {number}", "metadata": {}} for number in range(5000)]

    def answer(request: Request) -> None:
        request.answer(Reply.of(search(rows, request.body["offset"], request.body["limit"])))

    client = ask(answer)
    client.threads.own_tagged()
    assert client.threads.made
    assert all(thread_id.startswith("ours") for thread_id in client.threads.made)
    assert client.transport.traffic.requests < 10


def late(request: Request, threads: Threads, *, answer: Reply | None) -> bool:
    """Let a copy appear half a second after the client stopped waiting for it."""
    if not request.path.endswith("/copy"):
        return False

    def go_on() -> None:
        time.sleep(0.8)
        threads.make(dict(TAG))

    threading.Thread(target=go_on).start()
    if answer:
        request.answer(answer)
    else:
        request.hang()
    return True


def create(client: Client) -> str:
    return str(client.threads.create()["thread_id"])


@pytest.mark.parametrize(("answer", "timeout"), [(None, 0.5), (Reply(504, b"<h1>Time-out</h1>"), 2.0)])
def test_a_copy_that_appears_after_its_time_limit_is_found_and_deleted(
    ask: Ask, answer: Reply | None, timeout: float
) -> None:
    threads = Threads(lambda request: late(request, threads, answer=answer))
    client = ask(threads)
    source = create(client)
    client.transport.limits.timeout = timeout
    with pytest.raises(
        ApiError if answer else NoAnswer, match="504" if answer else "is unknown: the run searches for it"
    ):
        client.threads.copy(source)
    assert [one.path for one in client.threads.lost] == [f"/threads/{source}/copy"]
    client.threads.find_lost()
    assert client.threads.delete_made() == []
    assert threads.rows == []
    assert client.threads.lost == []


def test_the_search_for_a_copy_lasts_longer_than_its_request(ask: Ask) -> None:
    client = ask(Threads(lambda request: late(request, Threads(), answer=None)))
    source = create(client)
    client.transport.limits.timeout = 0.4
    with pytest.raises(NoAnswer):
        client.threads.copy(source)
    (lost,) = client.threads.lost
    assert 1.3 < lost.until - lost.since < 3  # with the default of 30 seconds, 90 seconds


def never(request: Request) -> bool:
    """Answer 504 to a copy, which never appears."""
    if request.path.endswith("/copy"):
        request.answer(Reply.of({}, 504))
    return request.path.endswith("/copy")


def test_the_search_for_a_thread_that_never_appears_ends(ask: Ask) -> None:
    client = ask(Threads(never))
    client.transport.limits.timeout = 0.6
    with pytest.raises(ApiError):
        client.threads.copy(create(client))
    began = time.monotonic()
    client.threads.find_lost()
    assert 0.5 < time.monotonic() - began < 2


def test_a_thread_that_never_appeared_stays_lost(ask: Ask) -> None:
    client = ask(Threads(never))
    client.transport.limits.timeout = 0.2
    source = create(client)
    with pytest.raises(ApiError):
        client.threads.copy(source)
    client.threads.find_lost()
    assert [one.path for one in client.threads.lost] == [f"/threads/{source}/copy"]


def test_a_thread_lost_long_ago_is_searched_for_once(ask: Ask) -> None:
    threads = Threads()
    client = ask(threads)
    client.threads.lost.append(LostThread("/threads/t/copy", since=0, until=1))
    client.threads.find_lost()
    assert threads.requests == ["POST /threads/search"]


@pytest.mark.parametrize("answer", [502, 503, 500, None])
def test_the_search_goes_on_after_a_failed_request(ask: Ask, answer: int | None) -> None:
    def fails_first(request: Request) -> bool:
        is_first = request.path == "/threads/search" and threads.requests.count("POST /threads/search") < 3
        if is_first and answer:
            request.answer(Reply.of({}, answer))
        elif is_first:
            request.reset()
        return is_first

    threads = Threads(fails_first)
    client = ask(threads)
    late_id = threads.make(dict(TAG))["thread_id"]
    now = time.time()
    client.threads.lost.append(LostThread("/threads/t/copy", since=now, until=now + 5))
    client.threads.find_lost()
    assert list(client.threads.made) == [late_id]


def test_the_search_ends_in_time_on_a_dead_deployment(ask: Ask) -> None:
    def dead(request: Request) -> bool:
        if request.path != "/threads":
            request.reset()
        return request.path != "/threads"

    client = ask(Threads(dead))
    client.transport.limits.timeout = 0.6
    with pytest.raises(NoAnswer):
        client.threads.copy(create(client))
    began = time.monotonic()
    client.threads.find_lost()
    assert time.monotonic() - began < 2


def test_the_search_ends_with_the_time_for_cleaning_up(ask: Ask) -> None:
    client = ask(Threads())
    now = time.time()
    client.threads.lost.append(LostThread("/threads/t/copy", since=now, until=now + 60))
    client.transport.limits.ends_at = time.monotonic() + 0.3
    client.threads.find_lost()
    assert time.time() - now < 3


def test_a_known_thread_is_not_the_lost_thread(ask: Ask) -> None:
    threads = Threads()
    client = ask(threads)
    client.threads.made |= {threads.make(dict(TAG))["thread_id"]: None for _ in range(3)}
    client.threads.lost.append(LostThread("/threads/t/copy", since=0, until=1))
    client.threads.find_lost()
    assert client.threads.lost


def test_a_copy_of_a_foreign_thread_has_no_tag_and_is_not_lost(ask: Ask) -> None:
    client = ask(Request.reset)
    with pytest.raises(NoAnswer):
        client.threads.copy("theirs")
    assert client.threads.lost == []


def test_a_deletion_whose_connection_breaks_is_sent_again(ask: Ask) -> None:
    def breaks_once(request: Request) -> bool:
        is_first = request.method == "DELETE" and len(threads.requests) == 2
        if is_first:
            request.reset()
        return is_first

    threads = Threads(breaks_once)
    client = ask(threads)
    client.threads.delete(create(client))
    assert threads.rows == []
    assert len(threads.requests) == 3


@pytest.mark.parametrize(
    "answered", [b"<h1>Log in</h1>", b'{"thread_id": 5}', b'{"thread_id": ' + b"9" * 10_000 + b"}"]
)
def test_a_thread_whose_id_no_answer_names_stays_lost(ask: Ask, answered: bytes) -> None:
    def answer(request: Request) -> None:
        if request.path == "/threads/search":
            request.answer(Reply(404, b"{}"))
        else:
            request.answer(Reply(200, answered))

    client = ask(answer)
    with pytest.raises(ApiError):
        client.threads.create()
    client.threads.find_lost()
    assert [one.path for one in client.threads.lost] == ["/threads"]
