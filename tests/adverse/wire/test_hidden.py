"""Secrets are hidden in every form in which a server repeats them, and in what httpx logs."""

import base64
import html
import json
import logging
import re
import time
from collections.abc import Callable
from contextlib import closing
from traceback import walk_tb
from urllib.parse import quote, quote_plus

import pytest

from pytest_threadcopy.text.secrets import redacted
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
    return Transport(url, headers=HEADERS, secrets=[MARKED], limits=limits)


@pytest.mark.parametrize("told", FORMS.values(), ids=FORMS)
def test_a_secret_is_hidden_in_each_encoding(serve: Serve, told: str) -> None:
    server = serve(lambda request: request.answer(Reply(401, told.encode(), {"set-cookie": f"s={SESSION}"})))
    with closing(transport_to(server.port)) as transport:
        assert transport.send("GET", "/x").error().body == "***"


MIDDLES = ["\\", "\\\\<&>'%$`", " ' \"", "ë ✓ 😀", "\\n", "%20", "&amp;"]
WRITINGS: dict[str, Callable[[str], str]] = {
    "JSON": json.dumps,
    "JSON in its own script": lambda text: json.dumps(text, ensure_ascii=False),
    "Python": repr,
    "ASCII": ascii,
    "bytes": lambda text: repr(text.encode()),
    "HTML": html.escape,
    "a URL": quote,
    "a part of a URL": lambda text: quote(text, safe="").lower(),
    "a form": quote_plus,
}


PERCENT = {WRITINGS["a URL"], WRITINGS["a part of a URL"], WRITINGS["a form"], WRITINGS["HTML"]}
"""What escapes its own escapes: written so a second time, a secret is not looked for."""


@pytest.mark.parametrize("second", WRITINGS.values(), ids=WRITINGS)
@pytest.mark.parametrize("first", WRITINGS.values(), ids=WRITINGS)
@pytest.mark.parametrize("middle", MIDDLES)
def test_a_secret_is_hidden_after_repeated_escaping(
    first: Callable[[str], str], second: Callable[[str], str], middle: str
) -> None:
    secret = f"head{middle}tail"
    once = redacted(first(secret), [secret])
    assert not re.search("head|tail", once), once
    if not {first, second} & PERCENT:
        twice = redacted(second(first(secret)), [secret])
        assert not re.search("head|tail", twice), twice


def test_hostile_text_is_redacted_in_time() -> None:
    began = time.monotonic()
    for secret in ("\\\\a\\", "  a  ", "%%a%%"):
        redacted("a" + secret[0] * 200_000, [secret])
    assert time.monotonic() - began < 2


def test_short_parts_of_headers_are_no_secrets(serve: Serve) -> None:
    server = serve(lambda request: request.answer(Reply(404, b"no length given")))
    with closing(transport_to(server.port)) as transport:
        assert transport.send("GET", "/x").error().body == "no length given"


def test_a_header_of_one_letter_is_no_secret(serve: Serve) -> None:
    server = serve(lambda request: request.answer(Reply(401, b"1 of 11")))
    url = f"http://127.0.0.1:{server.port}"
    with closing(Transport(url, headers={"x-debug": "1"}, secrets=["of"])) as transport:
        assert str(transport.send("GET", "/x").error()).endswith("/x answered 401: 1 of 11")


def test_logs_of_httpx_show_no_secret(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = {
        "x-echo": f"{TOKEN} {MARKED} {PASSWORD}",
        "location": "http://them:canary@there/",
        "set-cookie": f"s={SESSION}",
    }
    server = serve(lambda request: request.answer(Reply(200, b"{}", echo)))
    with closing(transport_to(server.port)) as transport:
        transport.send("GET", "/x", params={"q": MARKED})
    assert "receive_response_headers.complete" in caplog.text
    assert "canary" not in caplog.text


def test_a_closed_transport_leaves_the_logs_unchanged() -> None:
    loggers = [logging.getLogger(name) for name in ("httpx", "httpcore.http11")]
    before = [list(logger.filters) for logger in loggers]
    Transport("http://127.0.0.1:1").close()
    assert [logger.filters for logger in loggers] == before


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
