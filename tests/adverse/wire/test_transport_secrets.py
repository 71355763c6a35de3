"""Headers and passwords go to the deployment alone, and its certificate is verified."""

import logging
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pytest_threadcopy.wire.transport import NoAnswer, Transport
from tests.lab.servers.fake import Exchange, fake_server

KEY = "k-7f3a91"
TOKEN = "t-c0ffee"
PASSWORD = "p-4d1e88"
HEADERS = {"x-api-key": KEY, "Authorization": f"Bearer {TOKEN}"}


def echo_headers(exchange: Exchange) -> None:
    """Echo the headers, as a deployment in debug mode may."""
    words = exchange.headers.get("authorization", "").split()
    exchange.answer(401, {"detail": f"not known: {words[-1:]}", "headers": exchange.headers})


def with_password(url: str) -> str:
    return url.replace("://", f"://user:{PASSWORD}@")


@pytest.fixture
def echoing() -> Iterator[str]:
    with fake_server(echo_headers) as (url, _):
        yield url


def test_headers_and_password_are_sent() -> None:
    with fake_server(echo_headers) as (url, requests):
        with closing(Transport(url, headers=HEADERS)) as transport:
            transport.send("GET", "/x")
        with closing(Transport(with_password(url))) as transport:
            transport.send("GET", "/x")
    assert requests[0].headers["x-api-key"] == KEY
    assert requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert requests[1].headers["authorization"].startswith("Basic ")


def test_an_error_that_quotes_secrets_hides_them(echoing: str) -> None:
    with closing(Transport(echoing, headers=HEADERS)) as transport:
        answer = transport.send("GET", "/x")
    message = str(answer.error()) + repr(answer.error()) + repr(answer) + repr(transport)
    assert KEY not in message
    assert TOKEN not in message
    assert "***" in message


def test_a_secret_at_the_cut_of_a_body_is_hidden_whole() -> None:
    secret = "".join(f"{number:04}" for number in range(250))
    with (
        fake_server(lambda exchange: exchange.answer(401, f"{secret} {secret} {secret}")) as (url, _),
        closing(Transport(url, headers={"x-api-key": secret})) as transport,
    ):
        assert transport.send("GET", "/x").error().body == "*** *** ***"


def test_two_secrets_with_one_beginning_are_hidden_whole() -> None:
    with (
        fake_server(lambda exchange: exchange.answer(401, "abcdef")) as (url, _),
        closing(Transport(url, headers={"x-one": "abc", "x-two": "abcdef"})) as transport,
    ):
        assert transport.send("GET", "/x").error().body == "***"


def test_the_password_of_the_url_is_in_no_message_and_no_log(
    echoing: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with closing(Transport(with_password(echoing))) as transport:
        error = transport.send("GET", "/x").error()
    assert PASSWORD not in f"{error} {error.url} {transport.url} {caplog.text}"
    assert transport.url == echoing


def test_the_error_of_an_unreachable_address_hides_the_password() -> None:
    with (
        closing(Transport(f"http://user:{PASSWORD}@nowhere.invalid", headers=HEADERS)) as transport,
        pytest.raises(NoAnswer) as raised,
    ):
        transport.send("GET", "/x")
    assert PASSWORD not in str(raised.value)
    assert "http://nowhere.invalid/x" in str(raised.value)


@pytest.mark.parametrize("value", ["key\n", "clé", "k\x00ey"])
def test_a_header_that_cannot_be_sent_is_refused_without_its_value(value: str) -> None:
    with pytest.raises(ValueError, match="value of the header x-api-key cannot be sent") as raised:
        Transport("http://127.0.0.1", headers={"x-api-key": value})
    assert value not in str(raised.value)
    assert repr(value)[1:-1] not in str(raised.value)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key beside it."""
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=fake"
    )
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "certificate.pem"]
    try:
        subprocess.run([*command.split(), *names], cwd=folder, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.fail("the tests need openssl")
    return folder / "certificate.pem"


@pytest.fixture
def https_url(certificate: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with fake_server(lambda exchange: exchange.answer(200, {}), tls=context) as (url, _):
        yield url


def test_an_unknown_certificate_is_not_trusted(https_url: str) -> None:
    with (
        closing(Transport(https_url)) as transport,
        pytest.raises(NoAnswer, match="certificate verify failed"),
    ):
        transport.send("GET", "/x")


def test_a_certificate_of_the_bundle_is_trusted(https_url: str, certificate: Path) -> None:
    with closing(Transport(https_url, verify=str(certificate))) as transport:
        assert transport.send("GET", "/x").status == 200


def test_any_certificate_is_trusted_without_verification(https_url: str) -> None:
    with closing(Transport(https_url, verify=False)) as transport:
        assert transport.send("GET", "/x").status == 200
