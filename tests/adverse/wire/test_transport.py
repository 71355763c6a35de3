"""Requests: their time limit, their one retry, their errors, and the traffic that they count."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest

from pytest_threadcopy.embedded.server import free_port
from pytest_threadcopy.wire.transport import ApiError, Limits, NoAnswer, Transport
from tests.lab.servers.fake import Exchange, fake_server

Connect = Callable[..., Transport]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Make transports that are closed at the end."""
    with ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(closing(Transport(*args, **kwargs)))


def echo(exchange: Exchange) -> None:
    exchange.answer(200, {"path": exchange.path, "query": exchange.query, "body": exchange.body})


def hang(exchange: Exchange) -> None:
    time.sleep(2)


def hang_in_the_body(exchange: Exchange) -> None:
    exchange.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1")
    time.sleep(2)


def drip(exchange: Exchange) -> None:
    exchange.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    for _ in range(40):
        exchange.raw(b" ")
        time.sleep(0.05)


@pytest.mark.parametrize("slow", [hang, hang_in_the_body, drip])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_ends_at_its_time_limit(
    connect: Connect, slow: Callable[[Exchange], None], method: str
) -> None:
    with fake_server(slow) as (url, requests):
        start = time.monotonic()
        with pytest.raises(NoAnswer, match=rf"{method} {url}/x did not answer within 0\.2 seconds"):
            connect(url, limits=Limits(0.2)).send(method, "/x", repeatable=True)
        assert time.monotonic() - start < 1
        assert len(requests) == 1  # a request that timed out is not sent again


def test_a_request_can_have_its_own_time_limit(connect: Connect) -> None:
    with fake_server(hang) as (url, _), pytest.raises(NoAnswer, match=r"within 0\.1 seconds"):
        connect(url, limits=Limits(30)).send("GET", "/x", timeout=0.1)


@pytest.mark.parametrize("slow", [hang, hang_in_the_body, drip])
def test_a_stream_ends_at_its_time_limit(connect: Connect, slow: Callable[[Exchange], None]) -> None:
    with fake_server(slow) as (url, _):
        start = time.monotonic()
        with pytest.raises(NoAnswer, match=r"did not end within 0\.2 seconds"):
            list(connect(url).lines("POST", "/x", json={}, timeout=0.2))
        assert time.monotonic() - start < 1


def test_a_refused_connection_is_no_answer(connect: Connect) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(NoAnswer, match=f"GET {url}/ok got no answer: .*refused"):
        connect(url).send("GET", "/ok")


def test_an_unknown_host_is_no_answer(connect: Connect) -> None:
    with pytest.raises(NoAnswer, match="got no answer"):
        connect("http://nowhere.invalid").send("GET", "/ok")


def reset_on_the_second_request(exchange: Exchange) -> None:
    """Answer the first request of each connection and break the connection at the next."""
    if exchange.nth:
        exchange.hang_up(reset=True)
    else:
        exchange.answer(200, {})


@pytest.mark.parametrize(("method", "repeatable"), [("GET", False), ("POST", True)])
def test_a_repeatable_request_is_sent_again_after_a_reset(
    connect: Connect, method: str, repeatable: bool
) -> None:
    with fake_server(reset_on_the_second_request) as (url, requests):
        transport = connect(url)
        for _ in range(2):
            assert transport.send(method, "/x", repeatable=repeatable).status == 200
        assert len(requests) == transport.traffic.requests == 3


def test_a_request_that_is_not_repeatable_is_sent_once(connect: Connect) -> None:
    with fake_server(reset_on_the_second_request) as (url, requests):
        transport = connect(url)
        transport.send("POST", "/threads/t/copy")
        with pytest.raises(NoAnswer, match=r"POST .*/threads/t/copy got no answer"):
            transport.send("POST", "/threads/t/copy")
        assert len(requests) == 2


def test_a_request_is_sent_again_at_most_once(connect: Connect) -> None:
    with fake_server(lambda exchange: exchange.hang_up(reset=True)) as (url, requests):
        with pytest.raises(NoAnswer):
            connect(url).send("GET", "/x")
        assert len(requests) == 2


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_connection_is_reused_after_a_refusal(connect: Connect, status: int) -> None:
    with fake_server(lambda exchange: exchange.answer(status)) as (url, requests):
        transport = connect(url)
        for _ in range(3):
            transport.send("GET", "/x")
        assert len({exchange.connection for exchange in requests}) == 1


def poisoned_after_500(exchange: Exchange) -> None:
    if exchange.nth:
        exchange.hang_up(reset=True)
    else:
        exchange.answer(500, {"detail": "Internal Server Error"})


def test_a_connection_is_not_reused_after_a_500(connect: Connect) -> None:
    with fake_server(poisoned_after_500) as (url, requests):
        transport = connect(url)
        assert [transport.send("POST", "/x").status for _ in range(3)] == [500, 500, 500]
        assert len(requests) == 3


def test_a_connection_is_not_reused_after_a_500_to_a_stream(connect: Connect) -> None:
    with fake_server(poisoned_after_500) as (url, requests):
        transport = connect(url)
        with pytest.raises(ApiError):
            list(transport.lines("POST", "/x", json={}))
        assert transport.send("POST", "/x").status == 500
        assert len(requests) == 2


def test_a_broken_encoding_is_no_answer(connect: Connect) -> None:
    content = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"
    with fake_server(lambda exchange: exchange.raw(content)) as (url, _), pytest.raises(NoAnswer):
        connect(url).send("GET", "/x")


@pytest.mark.parametrize("base", ["", "/", "/api/v1", "/api/v1/"])
def test_the_base_path_of_the_address_is_part_of_each_request(connect: Connect, base: str) -> None:
    with fake_server(echo) as (url, _):
        transport = connect(url + base)
        answer = transport.send("GET", "/threads/t")
    assert answer.json()["path"] == f"{base.rstrip('/')}/threads/t"
    assert transport.url == url + base.rstrip("/")
    assert answer.url == f"{url}{base.rstrip('/')}/threads/t"


def test_an_error_shows_method_url_status_and_the_start_of_the_body(connect: Connect) -> None:
    with fake_server(lambda exchange: exchange.answer(422, "no " * 1000)) as (url, _):
        error = connect(url).send("POST", "/threads").error()
    assert str(error).startswith(f"POST {url}/threads answered 422: no no no")
    assert len(str(error)) < 400
    assert (error.method, error.url, error.status) == ("POST", f"{url}/threads", 422)


def test_an_error_without_a_body_says_so(connect: Connect) -> None:
    with fake_server(lambda exchange: exchange.answer(404, "")) as (url, _):
        assert str(connect(url).send("GET", "/x").error()) == f"GET {url}/x answered 404: (no body)"


@pytest.mark.parametrize("body", ["<html>", "{", "{} {}", "[NaN]", "-Infinity"])
def test_a_body_that_is_no_json_is_an_error(connect: Connect, body: str) -> None:
    with fake_server(lambda exchange: exchange.answer(200, body)) as (url, _):
        answer = connect(url).send("GET", "/x")
        with pytest.raises(ApiError, match="answered 200 with a body that is no JSON"):
            answer.json()


@pytest.mark.parametrize("body", ["", " \n"])
def test_an_empty_body_is_none(connect: Connect, body: str) -> None:
    with fake_server(lambda exchange: exchange.answer(200, body)) as (url, _):
        assert connect(url).send("GET", "/x").json() is None


@pytest.mark.parametrize("value", ["\ud800", "\u2028 \x85", "🙂", 2**70, 1e-7, -0.0, None, [], {}])
def test_json_arrives_unchanged(connect: Connect, value: object) -> None:
    with fake_server(echo) as (url, _):
        answer = connect(url).send("POST", "/x", json={"value": value})
    assert repr(answer.json()["body"]["value"]) == repr(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_that_is_no_json_is_not_sent(connect: Connect, value: float) -> None:
    with fake_server(echo) as (url, requests):
        with pytest.raises(ValueError, match="Out of range float"):
            connect(url).send("POST", "/x", json={"value": value})
        assert requests == []


def test_lines_end_at_line_feeds_and_not_at_other_separators(connect: Connect) -> None:
    text = "event: values\r\ndata: a\u2028b\x85c\x0cd\n\nlast"
    with fake_server(lambda exchange: exchange.answer(200, text)) as (url, _):
        lines = list(connect(url).lines("POST", "/x", json={}))
    assert lines == ["event: values", "data: a\u2028b\x85c\x0cd", "", "last"]


def test_traffic_counts_requests_and_the_time_with_a_request_under_way(connect: Connect) -> None:
    def slow(exchange: Exchange) -> None:
        time.sleep(0.1)
        exchange.answer(200)

    with fake_server(slow) as (url, _):
        transport = connect(url)
        for _ in range(2):
            transport.send("GET", "/x")
        time.sleep(0.3)
    assert transport.traffic.requests == 2
    assert 0.2 <= transport.traffic.seconds < 0.45


def test_the_time_of_simultaneous_requests_counts_once(connect: Connect) -> None:
    def answer(exchange: Exchange) -> None:
        time.sleep(0.2)
        exchange.answer(200)

    with fake_server(answer) as (url, _), ThreadPoolExecutor() as pool:
        transport = connect(url)
        list(pool.map(lambda _: transport.send("GET", "/x"), range(4)))
    assert transport.traffic.requests == 4
    assert 0.2 <= transport.traffic.seconds < 0.6
