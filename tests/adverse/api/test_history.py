"""Histories on deployments that page in every known way: they are read whole, or raise an error."""

import json
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from pytest_threadcopy.api.history import HistoryDialect, HistoryError, ThreadHistory
from pytest_threadcopy.histories.thread_ids import checkpoint_id
from pytest_threadcopy.wire.transport import Answer, ApiError, Limits, NoAnswer, Transport
from tests.lab.servers.dialects import Dialect, deployment
from tests.lab.servers.fake import Exchange, fake_server
from tests.lab.servers.histories import State, history, state

Read = Callable[..., ThreadHistory]


@pytest.fixture
def read() -> Iterator[Read]:
    """Return a function that reads the history of thread "t" at a URL."""
    with ExitStack() as stack:

        def make(url: str, dialect: HistoryDialect | None = None, checkpoint_ns: str = "") -> ThreadHistory:
            transport = stack.enter_context(closing(Transport(url, limits=Limits(5))))
            return ThreadHistory(transport, "t", checkpoint_ns, dialect or HistoryDialect())

        yield make


NO_PARENTS = ("parent_checkpoint",)

READABLE = {
    "GET": Dialect(),
    "GET, short pages unless asked": Dialect(default_limit=1),
    "at most 100": Dialect(longest=100),
    "at most 10": Dialect(longest=10),
    "silently at most 10": Dialect(cap=10),
    "silently 1": Dialect(cap=1),
    "silently at most 10, no parents": Dialect(cap=10, hides=NO_PARENTS),
    "silently 1, no parents": Dialect(cap=1, hides=NO_PARENTS),
    "no parents": Dialect(hides=NO_PARENTS),
    "POST only": Dialect(methods=("POST",), known=("configurable",)),
    "POST string, else 422": Dialect(known=("string",)),
    "POST string, else the first page": Dialect(known=("string",), unknown="first"),
    "POST string, else nothing": Dialect(known=("string",), unknown="nothing"),
    "POST string, else 500 and a reset": Dialect(known=("string",), unknown=500),
    "POST configurable, else 422": Dialect(known=("configurable",)),
    "POST checkpoint_id, else 400": Dialect(known=("checkpoint_id",), unknown=400),
    "POST checkpoint_id, else the first page": Dialect(known=("checkpoint_id",), unknown="first"),
    "POST checkpoint_id, else nothing": Dialect(known=("checkpoint_id",), unknown="nothing"),
    "POST checkpoint_id, else 500 and a reset": Dialect(known=("checkpoint_id",), unknown=500),
    "POST checkpoint_id, silently 1, else the first page": Dialect(
        known=("checkpoint_id",), unknown="first", cap=1, hides=NO_PARENTS
    ),
    "POST checkpoint_id, at most 10, else nothing": Dialect(
        known=("checkpoint_id",), unknown="nothing", longest=10, methods=("POST",), hides=NO_PARENTS
    ),
}


@pytest.mark.parametrize("length", [1, 2, 10, 100, 130])
@pytest.mark.parametrize("dialect", READABLE.values(), ids=READABLE)
def test_a_history_is_read_whole(read: Read, dialect: Dialect, length: int) -> None:
    with deployment(dialect, history("t", length)) as (url, _):
        assert [checkpoint_id(state) for state in read(url)] == [f"c{i}" for i in reversed(range(length))]


@pytest.mark.parametrize("dialect", READABLE.values(), ids=READABLE)
def test_an_empty_history_needs_no_request_with_before(read: Read, dialect: Dialect) -> None:
    with deployment(dialect, []) as (url, requests):
        assert list(read(url)) == []
    assert all(request.form is None for request in requests)


UNREADABLE = {
    "no form, 422": Dialect(known=(), cap=10),
    "no form, the first page again": Dialect(known=(), unknown="first", cap=10),
    "no form, nothing": Dialect(known=(), unknown="nothing", cap=10),
    "no form, 500": Dialect(known=(), unknown=500, cap=10),
    "no form, nothing, no parents": Dialect(known=(), unknown="nothing", cap=10, hides=NO_PARENTS),
    "no form, the first page again, no parents": Dialect(known=(), unknown="first", cap=10, hides=NO_PARENTS),
    "no form, silently 1": Dialect(known=(), unknown="nothing", cap=1),
    "no form, silently 1, no parents": Dialect(known=(), unknown="first", cap=1, hides=NO_PARENTS),
}


@pytest.mark.parametrize("length", [100, 130])
@pytest.mark.parametrize("dialect", UNREADABLE.values(), ids=UNREADABLE)
def test_a_page_that_does_not_move_is_an_error_and_not_an_end(
    read: Read, dialect: Dialect, length: int
) -> None:
    with (
        deployment(dialect, history("t", length)) as (url, _),
        pytest.raises(HistoryError, match="cannot be read past checkpoint"),
    ):
        list(read(url))


def test_a_page_that_ends_in_the_root_needs_no_next_page(read: Read) -> None:
    with deployment(Dialect(known=()), history("t", 100)) as (url, _):
        assert len(list(read(url))) == 100


def pages_in_turn(*pages: list[State]) -> Any:
    """Answer with these pages in turn, without end; a limit of 1 gets the 2nd checkpoint."""
    turn = 0

    def answer(exchange: Exchange) -> None:
        nonlocal turn
        if exchange.query["limit"] == "1":
            exchange.answer(200, pages[0][1:2])
        else:
            exchange.answer(200, pages[turn % len(pages)])
            turn += 1

    return answer


@pytest.mark.parametrize("circle", [1, 2, 3, 7])
def test_pages_that_go_round_in_a_circle_are_an_error(read: Read, circle: int) -> None:
    states = history("t", 10 * circle + 10)
    pages = [states[start : start + 10] for start in range(0, 10 * circle, 10)]
    with (
        fake_server(pages_in_turn(*pages)) as (url, requests),
        pytest.raises(HistoryError, match="repeats itself: checkpoint c"),
    ):
        list(read(url))
    assert len(requests) < 4 * circle + 4


def test_pages_that_overlap_are_an_error(read: Read) -> None:
    states = history("t", 30)
    with (
        fake_server(pages_in_turn(states[:10], states[9:19])) as (url, _),
        pytest.raises(HistoryError, match="checkpoint c20 is on a second page"),
    ):
        list(read(url))


def test_a_short_history_that_ends_in_its_root_is_one_request(read: Read) -> None:
    with deployment(Dialect(), history("t", 4)) as (url, requests):
        assert len(list(read(url))) == 4
    assert len(requests) == 1


def test_a_known_dialect_needs_no_trial_request(read: Read) -> None:
    dialect = HistoryDialect()
    fake = Dialect(known=("checkpoint_id",), unknown="first", methods=("POST",), longest=10)
    with deployment(fake, history("t", 25)) as (url, requests):
        list(read(url, dialect))
        requests.clear()
        assert len(list(read(url, dialect))) == 25
    assert [(request.method, request.form, request.limit) for request in requests] == [
        ("POST", None, 10),
        ("POST", "checkpoint_id", 10),
        ("POST", "checkpoint_id", 10),
    ]


def test_the_longest_accepted_page_is_requested(read: Read) -> None:
    with deployment(Dialect(longest=10), history("t", 25)) as (url, requests):
        list(read(url))
    assert requests[0].limit == 100
    assert {request.limit for request in requests if request.form} == {1, 10}


def test_every_request_has_a_limit(read: Read) -> None:
    with fake_server(lambda exchange: exchange.answer(200, [])) as (url, requests):
        list(read(url))
    assert requests[0].query == {"limit": "100"}


def test_the_connection_is_not_reused_after_a_500(read: Read) -> None:
    dialect = Dialect(known=("checkpoint_id",), unknown=500)
    with deployment(dialect, history("t", 130)) as (url, requests):
        assert len(list(read(url))) == 130
    assert [request.form for request in requests[1:4]] == ["GET", "configurable", "string"]
    assert len({request.connection for request in requests[1:5]}) == 4


def test_every_page_of_a_namespace_is_requested_by_post(read: Read) -> None:
    def answer(exchange: Exchange) -> None:
        start = 0
        if before := exchange.body.get("before"):
            start = 20 - int(before["configurable"]["checkpoint_id"][1:])
        exchange.answer(200, history("t", 20)[start : start + min(10, exchange.body["limit"])])

    with fake_server(answer) as (url, requests):
        assert len(list(read(url, checkpoint_ns="inner:1"))) == 20
    assert {exchange.method for exchange in requests} == {"POST"}
    assert [exchange.body["checkpoint"] for exchange in requests] == [{"checkpoint_ns": "inner:1"}] * len(
        requests
    )


def test_each_iteration_reads_the_history_again(read: Read) -> None:
    with deployment(Dialect(), history("t", 4)) as (url, requests):
        states = read(url)
        assert list(states) == list(states)
    assert len(requests) == 2


@pytest.mark.parametrize("status", [404, 500])
def test_a_refused_first_page_is_the_deployments_error(read: Read, status: int) -> None:
    with (
        fake_server(lambda exchange: exchange.answer(status, {"detail": "No such thread"})) as (url, _),
        pytest.raises(ApiError, match="No such thread") as raised,
    ):
        list(read(url))
    assert raised.value.status == status


@pytest.mark.parametrize("status", [307, 401, 403, 503])
def test_a_refusal_that_is_not_about_the_thread_is_raised_at_once(read: Read, status: int) -> None:
    with (
        fake_server(lambda exchange: exchange.answer(status, {"detail": "no"})) as (url, requests),
        pytest.raises(ApiError),
    ):
        list(read(url))
    assert len(requests) == 1


@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_refusal_that_is_not_about_the_thread_ends_the_search_for_a_form(read: Read, status: int) -> None:
    with (
        deployment(Dialect(unknown=status, known=(), cap=10), history("t", 30)) as (url, _),
        pytest.raises(ApiError) as raised,
    ):
        list(read(url))
    assert raised.value.status == status


@pytest.mark.parametrize("body", [{"states": []}, ["c1"], None, "<html>"])
def test_a_body_that_is_no_list_of_states_is_an_error(read: Read, body: Any) -> None:
    with (
        fake_server(lambda exchange: exchange.answer(200, body)) as (url, _),
        pytest.raises(ApiError, match=r"answered 200 with a (value|body) that is no"),
    ):
        list(read(url))


def test_a_deployment_that_stops_answering_is_no_end(read: Read) -> None:
    def answer(exchange: Exchange) -> None:
        if exchange.query.get("before") and exchange.query["limit"] != "1":
            exchange.hang_up()
        else:
            exchange.answer(
                200, history("t", 30)[1:] if exchange.query["limit"] == "1" else history("t", 30)[:10]
            )

    with fake_server(answer) as (url, _), pytest.raises(NoAnswer):
        list(read(url))


class PagesAtHand(Transport):
    """A transport that answers without a server: the test would also measure a server's memory."""

    def __init__(self, length: int) -> None:
        super().__init__("http://pages.at.hand")
        self.length = length

    def send(self, method: str, path: str, *, params: Any = None, **_: Any) -> Answer:
        newest = int(params.get("before", f"c{self.length}")[1:]) - 1
        numbers = range(newest, max(-1, newest - params["limit"]), -1)
        page = [{**state("t", number), "values": f"{number:04}" * 500} for number in numbers]
        return Answer(method, path, 200, {}, json.dumps(page).encode(), str)


def test_memory_does_not_grow_with_the_length() -> None:
    peaks = []
    for length in (1000, 3000):
        with closing(PagesAtHand(length)) as transport:
            tracemalloc.start()
            assert sum(1 for _ in ThreadHistory(transport, "t", "", HistoryDialect())) == length
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
