"""The client on deployments with odd answers: it deletes all threads of its run, and no foreign thread."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from pytest_threadcopy.api.client import Client, StreamPart
from pytest_threadcopy.wire.transport import ApiError, Limits, NoAnswer, Transport
from tests.lab.servers.fake import Exchange, fake_server

TAG = {"threadcopy_run": "this one"}


@contextmanager
def odd(answer: Callable[[Exchange], None]) -> Iterator[tuple[Client, list[Exchange]]]:
    """Yield a client of a deployment with this answer, and the list of its requests."""
    with fake_server(answer) as (url, requests), closing(Transport(url, limits=Limits(5))) as transport:
        yield Client(transport, tag=TAG), requests


def always(status: int, body: Any = None) -> Callable[[Exchange], None]:
    return lambda exchange: exchange.answer(status, body)


def deleted(requests: list[Exchange]) -> list[str]:
    return [exchange.path for exchange in requests if exchange.method == "DELETE"]


THREADS = [
    {"thread_id": "ours", "metadata": {**TAG, "more": [1]}},
    {"thread_id": "another run's", "metadata": {"threadcopy_run": "another"}},
    {"thread_id": "theirs", "metadata": {}},
    {"thread_id": "thin"},
    {"thread_id": "null", "metadata": None},
    "no thread at all",
]


def test_a_search_that_ignores_its_filter_leads_to_no_deletion_of_foreign_threads() -> None:
    with odd(lambda exchange: exchange.answer(200, THREADS if exchange.method == "POST" else None)) as (
        client,
        requests,
    ):
        client.threads.own_tagged()
        assert client.threads.delete_made() == []
    assert deleted(requests) == ["/threads/ours"]


def test_a_search_that_refuses_a_long_page_gets_a_shorter_limit() -> None:
    def answer(exchange: Exchange) -> None:
        too_long = exchange.body["limit"] > 100
        exchange.answer(422 if too_long else 200, {"detail": "limit"} if too_long else THREADS)

    with odd(answer) as (client, _):
        client.threads.own_tagged()
        assert list(client.threads.made) == ["ours"]


@pytest.mark.parametrize(
    "answer", [always(404), always(200, {"threads": []}), always(200, "<html>"), always(200)]
)
def test_a_deployment_without_search_is_no_error(answer: Callable[[Exchange], None]) -> None:
    with odd(answer) as (client, _):
        client.threads.own_tagged()
        assert not client.threads.made


def test_a_copy_that_answers_with_its_source_does_not_own_the_source() -> None:
    with odd(always(200, {"thread_id": "source"})) as (client, _):
        assert client.threads.copy("source") == {"thread_id": "source"}
        assert not client.threads.made


def test_a_refused_copy_does_not_own_the_thread_that_it_names() -> None:
    with odd(always(409, {"thread_id": "theirs", "detail": "exists"})) as (client, _):
        with pytest.raises(ApiError):
            client.threads.copy("source")
        assert not client.threads.made


@pytest.mark.parametrize("status", [200, 201])
def test_a_copy_that_names_its_id_alone_is_deleted_with_the_rest(status: int) -> None:
    with odd(always(status, {"thread_id": "copy"})) as (client, requests):
        client.threads.copy("source")
        client.threads.delete_made()
    assert deleted(requests) == ["/threads/copy"]


@pytest.mark.parametrize(
    ("body", "returned"), [("", None), (["copy"], ["copy"]), ({"thread_id": 7}, {"thread_id": 7})]
)
def test_the_answer_of_a_copy_without_an_id_is_returned_unchanged(body: Any, returned: Any) -> None:
    with odd(always(200, body)) as (client, _):
        assert client.threads.copy("source") == returned
        assert not client.threads.made


def test_copy_raises_for_a_body_that_is_no_json_and_copy_answer_does_not() -> None:
    with odd(always(200, "<html>")) as (client, _):
        assert client.threads.copy_answer("source").status == 200
        with pytest.raises(ApiError, match="no JSON"):
            client.threads.copy("source")


def test_a_copy_whose_connection_breaks_is_requested_once() -> None:
    with odd(lambda exchange: exchange.hang_up(reset=True)) as (client, requests):
        with pytest.raises(NoAnswer):
            client.threads.copy("source")
        assert len(requests) == 1


@pytest.mark.parametrize("status", [403, 409, 500])
def test_threads_that_cannot_be_deleted_are_returned_and_tried_again(status: int) -> None:
    with odd(always(status)) as (client, requests):
        client.threads.made |= {"a": None, "b": None}
        assert client.threads.delete_made() == ["a", "b"]
        assert client.threads.delete_made() == ["a", "b"]
    assert sorted(deleted(requests)) == ["/threads/a"] * 2 + ["/threads/b"] * 2


def test_a_thread_that_is_gone_already_is_deleted_once() -> None:
    with odd(always(404, {"detail": "Not Found"})) as (client, requests):
        client.threads.made["a"] = None
        assert client.threads.delete_made() == []
        assert client.threads.delete_made() == []
    assert deleted(requests) == ["/threads/a"]


def test_a_deployment_that_is_gone_does_not_stop_delete_made() -> None:
    with odd(lambda exchange: exchange.hang_up()) as (client, _):
        client.threads.made |= {"a": None, "b": None}
        assert client.threads.delete_made() == ["a", "b"]


LISTS: dict[str, Callable[[Client], Any]] = {
    "threads.search": lambda client: client.threads.search(),
    "threads.get_history": lambda client: client.threads.get_history("t"),
    "runs.list": lambda client: client.runs.list("t"),
    "assistants.search": lambda client: client.assistants.search(),
}


@pytest.mark.parametrize("method", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("body", [None, {"items": []}])
def test_a_body_that_is_no_list_is_an_api_error(method: Callable[[Client], Any], body: Any) -> None:
    with (
        odd(always(200, body)) as (client, _),
        pytest.raises(ApiError, match="answered 200 with a value that is no list"),
    ):
        method(client)


@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_redirect_is_an_api_error_and_never_followed(status: int) -> None:
    with odd(always(status)) as (client, requests):
        for call in (client.threads.copy, client.threads.get, client.threads.delete):
            with pytest.raises(ApiError, match=f"answered {status}"):
                call("t")
        assert len(requests) == 3


def test_runs_are_counted() -> None:
    with odd(always(200, {})) as (client, _):
        client.runs.wait("t", "agent")
        list(client.runs.stream("t", "agent"))
        assert client.transport.traffic.runs == 2


def test_the_error_of_a_run_can_be_returned() -> None:
    error = {"__error__": {"error": "ValueError", "message": "on purpose"}}
    with odd(always(200, error)) as (client, _):
        assert client.runs.wait("t", "agent", raise_error=False) == error


def test_a_stream_is_read_as_server_sent_events() -> None:
    text = (
        ": a comment\r\n\r\n"
        "data: an event without a name\r\n\r\n"
        'id: 1\r\nevent: values\r\ndata: {"a":\r\ndata: "\u2028"}\r\n\r\n'
        "event: end\r\ndata:\r\n\r\n"
        "event: cut short\r\ndata: 1"
    )
    with odd(lambda exchange: exchange.answer(200, text, "text/event-stream")) as (client, _):
        parts = list(client.runs.stream("t", "agent"))
    assert parts == [StreamPart("values", {"a": "\u2028"}), StreamPart("end", None)]


def test_a_refused_stream_is_an_api_error() -> None:
    with (
        odd(always(422, {"detail": "no such mode"})) as (client, _),
        pytest.raises(ApiError, match="no such mode"),
    ):
        list(client.runs.stream("t", "agent", stream_mode="none"))
