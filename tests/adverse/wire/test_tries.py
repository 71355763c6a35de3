"""Which requests are sent again, and where redirects may lead."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from email.utils import formatdate

import pytest

from pytest_threadcopy.wire.attempt import pause_before_next_try
from pytest_threadcopy.wire.connection import RawAnswer
from pytest_threadcopy.wire.limits import Limits
from pytest_threadcopy.wire.transport import ApiError, NoAnswer, Transport
from tests.adverse.conftest import Connect, Serve
from tests.lab.hostile.wire import Reply, Request

OK = Reply.of({"thread_id": "t"})


def refuse(times: int, reply: Reply) -> Callable[[Request], None]:
    """Refuse the first ``times`` requests, and answer the next ones."""
    count = Counter[str]()

    def answer(request: Request) -> None:
        count["all"] += 1
        request.answer(reply if count["all"] <= times else OK)

    return answer


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("headers", [{}, {"retry_after": "0"}, {"retry_after": "soon"}])
def test_any_request_is_sent_again_after_a_429(
    connect: Connect, method: str, headers: dict[str, str]
) -> None:
    transport = connect(refuse(1, Reply.of({}, 429, **headers)), Limits(5))
    assert transport.send(method, "/threads/t/copy").status == 200
    assert transport.traffic.requests == 2


def test_a_refused_stream_is_sent_again(connect: Connect) -> None:
    transport = connect(refuse(1, Reply.of({}, 429, retry_after="0")), Limits(5))
    assert list(transport.lines("POST", "/x", json={})) == ['{"thread_id": "t"}']


def test_no_try_begins_after_the_time_limit(connect: Connect) -> None:
    transport = connect(refuse(99, Reply.of({}, 429, retry_after="3600")), Limits(5))
    began = time.monotonic()
    assert transport.send("GET", "/x").status == 429
    assert time.monotonic() - began < 1
    assert transport.traffic.requests == 1


def test_pauses_grow_until_the_time_limit(connect: Connect) -> None:
    transport = connect(refuse(99, Reply.of({}, 429)), Limits(2))
    assert transport.send("GET", "/x").status == 429
    assert transport.traffic.requests == 3  # at 0, 0.5 and 1.5 seconds


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("POST", 503)])
def test_a_repeatable_request_is_sent_again_after_a_503_that_says_when(
    connect: Connect, method: str, status: int
) -> None:
    transport = connect(refuse(1, Reply.of({}, 503, retry_after="0")), Limits(5))
    assert transport.send(method, "/x").status == status


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_no_request_is_sent_again_after_other_errors(connect: Connect, status: int) -> None:
    transport = connect(refuse(1, Reply.of({}, status)), Limits(5))
    assert transport.send("GET", "/x").status == status


def in_seconds(seconds: float) -> str:
    return formatdate(time.time() + seconds, usegmt=True)


HUGE = 10**20 - 1
PAUSES = {
    "seconds": (lambda: "7", 7.0),
    "no seconds": (lambda: "0", 0.1),
    "a date": (lambda: in_seconds(3600), 3600.0),
    "a date that was": (lambda: in_seconds(-3600), 0.1),
    "a date in no zone": (lambda: in_seconds(3600).replace("GMT", "-0000"), 3600.0),
    "for ever": (lambda: "9" * 400, float("inf")),
    "nothing": (lambda: "", 2.0),
    "less than nothing": (lambda: "-1", 2.0),
    "half a second": (lambda: "1.5", 2.0),
    "a word": (lambda: "inf", 2.0),
    "no date": (lambda: "Mon, 99 Foo 2020", 2.0),
    "a date beyond every month": (lambda: f"Mon, {HUGE} Jan 2020 00:00:00 GMT", 2.0),
    "a date beyond every day": (lambda: f"Mon, 01 Jan 2020 {HUGE}:00:00 GMT", 2.0),
    "a date beyond every calendar": (lambda: f"Mon, 01 Jan {HUGE} 00:00:00 GMT", 2.0),
    "a date beyond every zone": (lambda: f"Mon, 01 Jan 2020 00:00:00 +{HUGE}", 2.0),
}


@pytest.mark.parametrize(("text", "seconds"), PAUSES.values(), ids=PAUSES)
def test_a_pause_is_as_long_as_the_answer_says_or_grows(text: Callable[[], str], seconds: float) -> None:
    head = RawAnswer(429, {"retry-after": text()})
    assert pause_before_next_try(head, 2, repeatable=True) == pytest.approx(seconds, abs=5)


def redirect(status: int, location: str) -> Callable[[Request], None]:
    def answer(request: Request) -> None:
        reply = OK if request.path == "/there" else Reply(status, b"", {"location": location})
        request.answer(reply)

    return answer


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error_that_says_where_it_leads(connect: Connect, status: int) -> None:
    answer = connect(redirect(status, "/there?a=\xe9")).send("POST", "/threads")
    error = answer.error()
    assert f"/threads answered {status} and redirects to /there?a=é: (no body)" in str(error)
    assert not error.is_about_the_thread


@pytest.mark.parametrize("location", ["http://a:port", "/\x1b[2J"])
def test_a_redirect_to_an_invalid_address_is_no_answer(connect: Connect, location: str) -> None:
    with pytest.raises(NoAnswer, match="Invalid URL in location header") as raised:
        connect(redirect(307, location)).send("GET", "/x")
    assert str(raised.value).isprintable()


def test_user_info_in_a_redirect_is_hidden(connect: Connect) -> None:
    page = b'<a href="http://them:theirs@there.example/x">there</a>'
    location = {"location": "http://them:theirs@there.example/x"}
    error = connect(lambda request: request.answer(Reply(302, page, location))).send("GET", "/x").error()
    assert 'redirects to http://***@there.example/x: <a href="http://***@there.example/x">' in str(error)


def test_the_error_of_a_redirect_without_an_address_says_so(connect: Connect) -> None:
    answer = connect(lambda request: request.answer(Reply(301, b""))).send("GET", "/x")
    assert "redirects to nowhere" in str(answer.error())


@pytest.mark.parametrize(
    ("status", "sent"),
    [(301, "POST"), (302, "POST"), (303, "GET"), (307, "POST"), (308, "POST")],
)
def test_a_redirect_is_followed_if_the_user_allows_it(serve: Serve, status: int, sent: str) -> None:
    server = serve(redirect(status, "../there"))
    with closing(
        Transport(
            f"http://127.0.0.1:{server.port}", headers={"x-api-key": "k"}, limits=Limits(5, redirects=1)
        )
    ) as transport:
        assert transport.send("POST", "/api/x", json={"a": 1}, params={"q": "1"}).json() == {"thread_id": "t"}
    first, second = server.requests
    assert first.target == "/api/x?q=1"
    assert (second.method, second.target, second.headers["x-api-key"]) == (sent, "/there", "k")
    assert second.body == ({"a": 1} if sent == "POST" else None)


def test_redirects_are_followed_up_to_the_users_limit(connect: Connect) -> None:
    transport = connect(
        lambda request: request.answer(Reply(307, b"", {"location": "/x"})), Limits(5, redirects=3)
    )
    assert transport.send("GET", "/x").status == 307
    assert transport.traffic.requests == 4


def test_no_header_or_cookie_goes_to_another_origin(serve: Serve) -> None:
    other = serve(lambda request: request.answer(OK))
    elsewhere = f"http://them:theirs@127.0.0.1:{other.port}/there"
    server = serve(
        lambda request: request.answer(
            Reply(307, b"", {"location": elsewhere, "set-cookie": "session=1234567"})
        )
    )
    url = f"http://user:password@127.0.0.1:{server.port}"
    headers = {"x-api-key": "k", "cookie": "a=b"}
    with closing(Transport(url, headers=headers, limits=Limits(5, redirects=2))) as transport:
        for _ in range(2):
            assert transport.send("GET", "/x").status == 200
    assert [set(request.headers) for request in other.requests] == [
        {"host", "accept", "accept-encoding", "connection", "user-agent"}
    ] * 2


def test_a_redirect_to_another_origin_and_back_carries_no_header_or_cookie(serve: Serve) -> None:
    def answer(request: Request) -> None:
        here = request.headers["host"]
        if request.path == "/there":
            request.answer(OK)
        elif request.path == "/back":
            request.answer(
                Reply(307, b"", {"location": f"http://{here.replace('localhost', '127.0.0.1')}/there"})
            )
        else:
            request.answer(
                Reply(307, b"", {"location": f"http://{here.replace('127.0.0.1', 'localhost')}/back"})
            )

    server = serve(answer)
    url = f"http://127.0.0.1:{server.port}"
    with closing(Transport(url, headers={"x-api-key": "k"}, limits=Limits(5, redirects=5))) as transport:
        assert transport.send("GET", "/x").status == 200
    assert ["x-api-key" in request.headers for request in server.requests] == [True, False, False]


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/x", "file:///etc/passwd"])
def test_a_redirect_to_no_web_address_is_not_followed(connect: Connect, location: str) -> None:
    transport = connect(
        lambda request: request.answer(Reply(307, b"", {"location": location})), Limits(5, redirects=3)
    )
    assert transport.send("GET", "/x").status == 307
    assert transport.traffic.requests == 1


PAGE = Reply(200, b"\n<!doctype html><title>Sign in</title>", {"content-type": "text/html"})


@pytest.mark.parametrize(("method", "is_about_the_thread"), [("GET", False), ("POST", True)])
def test_an_html_page_in_answer_to_a_read_is_not_about_the_thread(
    connect: Connect, method: str, is_about_the_thread: bool
) -> None:
    answer = connect(lambda request: request.answer(PAGE)).send(method, "/x")
    with pytest.raises(ApiError, match="a body that is no JSON") as raised:
        answer.json()
    assert raised.value.is_about_the_thread == is_about_the_thread


@pytest.mark.parametrize("status", [302, 304, 401, 403, 407, 408, 421, 425, 429, 451, 502, 503, 504, 511])
def test_an_error_of_access_load_or_a_proxy_is_not_about_the_thread(connect: Connect, status: int) -> None:
    answer = connect(lambda request: request.answer(Reply.of({}, status)), Limits(0.3)).send("GET", "/x")
    assert not answer.error().is_about_the_thread


@pytest.mark.parametrize("status", [440, 444, 460, 463, 499, 509, 520, 522, 529, 530, 561, 598, 599, 799])
def test_a_code_that_only_proxies_use_is_not_about_the_thread(connect: Connect, status: int) -> None:
    answer = connect(lambda request: request.answer(Reply.of({}, status))).send("GET", "/x")
    assert not answer.error().is_about_the_thread


@pytest.mark.parametrize(
    "status", [200, 202, 400, 404, 405, 409, 410, 412, 413, 415, 422, 423, 424, 500, 501, 507]
)
def test_an_error_of_the_server_itself_is_about_the_thread(connect: Connect, status: int) -> None:
    answer = connect(lambda request: request.answer(Reply.of({}, status))).send("POST", "/x")
    assert answer.error().is_about_the_thread


def test_an_unusable_proxy_of_the_environment_is_an_error_that_says_so(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "gopher://user:p4ssw0rd@127.0.0.1:1")
    with pytest.raises(NoAnswer, match="/x cannot be sent: ") as raised:
        connect(lambda request: request.answer(OK)).send("GET", "/x")
    assert "p4ssw0rd" not in str(raised.value)
