"""Secrets are hidden in every form in which a server repeats them, and in the logs of httpx."""

import base64
import json
import logging
from contextlib import closing
from traceback import walk_tb
from urllib.parse import quote, quote_plus

import pytest

from pytest_threadcopy.text.secrets import Redactor, secrets_of
from pytest_threadcopy.wire.limits import Limits
from pytest_threadcopy.wire.transport import NoAnswer, Transport
from tests.adverse.conftest import Serve
from tests.lab.hostile.wire import Reply, Request

TOKEN, MARKED, PASSWORD = 'canary "token" & <more>', "canary-marked", "canary/pass:word"
COOKIE, SESSION = "canary-cookie", "canary-session"
HEADERS = {"authorization": f"Bearer {TOKEN}", "cookie": f"lang=en; id={COOKIE}"}
FORMS = {
    "as it is": TOKEN,
    "in a URL": quote(TOKEN, safe=""),
    "in JSON": TOKEN.replace('"', '\\"'),
    "in HTML": "canary &quot;token&quot; &amp; &lt;more&gt;",
    "in Python": repr(TOKEN)[1:-1],
    "in JSON in JSON": json.dumps(json.dumps(TOKEN))[3:-3],
    "in JSON, all escaped": "".join(f"\\u{ord(char):04x}" if char in '"&<> ' else char for char in TOKEN),
    "in a form": quote_plus(TOKEN),
    "in numbers": TOKEN.replace("<", "&#60;").replace(">", "&#x3e;"),
    "a cookie": COOKIE,
    "what was marked": MARKED,
    "the password": PASSWORD,
    "basic authentication": base64.b64encode(f"user:{PASSWORD}".encode()).decode(),
    "a cookie that the server set": SESSION,
}


def transport_to(server_port: int, limits: Limits | None = None) -> Transport:
    url = f"http://user:{quote(PASSWORD, safe='')}@127.0.0.1:{server_port}"
    redact = Redactor(secrets_of(HEADERS, url, [MARKED]))
    return Transport(url, headers=HEADERS, redact=redact, limits=limits)


@pytest.mark.parametrize("message", FORMS.values(), ids=FORMS)
def test_a_secret_is_hidden_in_each_encoding(serve: Serve, message: str) -> None:
    server = serve(
        lambda request: request.answer(Reply(401, message.encode(), {"set-cookie": f"s={SESSION}"}))
    )
    with closing(transport_to(server.port)) as transport:
        assert transport.send("GET", "/x").error().body == "***"


def test_short_parts_of_headers_are_no_secrets(serve: Serve) -> None:
    server = serve(lambda request: request.answer(Reply(404, b"no length given")))
    with closing(transport_to(server.port)) as transport:
        assert transport.send("GET", "/x").error().body == "no length given"


def test_a_header_of_one_letter_is_no_secret(serve: Serve) -> None:
    server = serve(lambda request: request.answer(Reply(401, b"1 of 11")))
    url = f"http://127.0.0.1:{server.port}"
    with closing(Transport(url, headers={"x-debug": "1", "x-other": "of"})) as transport:
        assert str(transport.send("GET", "/x").error()).endswith("/x answered 401: 1 of 11")


def test_logs_of_httpx_show_no_secret(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = {
        "x-echo": f"{TOKEN} {MARKED} {PASSWORD}",
        "location": "http://them:canary@there/",
        "set-cookie": f"s={SESSION}",
    }
    server = serve(lambda request: request.answer(Reply(200, b"{}", echo)))
    url = f"http://user:{quote(PASSWORD, safe='')}@127.0.0.1:{server.port}"
    with closing(Transport(url, headers={**HEADERS, "x-marked": MARKED})) as transport:
        transport.send("GET", "/x", params={"q": MARKED})
    assert "receive_response_headers.complete" in caplog.text
    assert "canary" not in caplog.text


def test_a_closed_transport_leaves_the_logs_unchanged() -> None:
    before = logging.getLogRecordFactory()
    first, second = Transport("http://127.0.0.1:1"), Transport("http://127.0.0.1:1")
    for transport in (first, second):
        transport.close()
    assert logging.getLogRecordFactory() is before


def test_no_error_holds_the_headers_that_were_sent(serve: Serve) -> None:
    """With --showlocals, a traceback shows the local variables of each frame."""
    server = serve(Request.reset)
    with (
        closing(transport_to(server.port, Limits(5))) as transport,
        pytest.raises(NoAnswer) as raised,
    ):
        transport.send("GET", "/x")
    assert raised.value.__suppress_context__
    assert raised.value.__cause__ is None
    ours = [frame for frame, _ in walk_tb(raised.value.__traceback__)][1:]
    assert ours
    assert "canary" not in repr([frame.f_locals for frame in ours])


def test_an_answer_cannot_control_the_terminal(serve: Serve) -> None:
    body = "\x1b[2J\x1b]0;owned\x07\n\u202e\x9b31m".encode()
    server = serve(lambda request: request.answer(Reply(400, body)))
    with closing(Transport(f"http://127.0.0.1:{server.port}")) as transport:
        error = transport.send("GET", "/x").error()
    assert str(error).isprintable()
    assert r"\x1b[2J\x1b]0;owned\x07 \u202e\x9b31m" in str(error)
