"""An address: which texts are valid, and their parts."""

import pytest

from pytest_threadcopy.config.address import Address, parse_address

WITH_USER = "https://us%40er:pass%2Fword@Host.example:8443/base/"


def test_a_url_alone_is_named_after_its_host_and_path() -> None:
    assert parse_address("https://host.example/base/") == Address(
        "https://host.example/base/", "host.example/base", is_named=False
    )


def test_a_name_may_stand_before_the_url() -> None:
    assert parse_address("staging=https://host.example") == Address("https://host.example", "staging")


@pytest.mark.parametrize(("text", "name"), [("embedded", "embedded"), ("here=embedded", "here")])
def test_the_embedded_server_needs_no_url(text: str, name: str) -> None:
    assert parse_address(text) == Address("embedded", name, is_embedded=True)


def test_the_embedded_server_stays_embedded_once_it_has_a_url() -> None:
    started = parse_address("embedded").at("http://127.0.0.1:2024")
    assert (started.is_embedded, started.public_url, started.port) == (True, "http://127.0.0.1:2024", 2024)


def test_no_address_shows_its_user_info() -> None:
    address = parse_address(WITH_USER)
    assert address.public_url == "https://Host.example:8443/base/"
    assert address.name == "Host.example:8443/base"
    assert repr(address) == "Address('https://Host.example:8443/base/')"


def test_an_address_knows_its_parts() -> None:
    address = parse_address(WITH_USER)
    assert (address.host, address.port, address.userinfo) == ("host.example", 8443, ("us@er", "pass/word"))


def test_a_url_without_port_or_user_info_has_none() -> None:
    address = parse_address("https://[::1]")
    assert (address.host, address.port, address.userinfo) == ("::1", None, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("ftp://host.example", "an http:// or https:// address"),
        ("host.example", "an http:// or https:// address"),
        ("https://host.example/?key=1", "an address alone"),
        ("https://user:hush/word@host.example", "its port must be a number"),
        ("https://[host.example", "its host must be a name"),
        ("https://host..example", "its host must be a name"),
    ],
)
def test_another_text_is_refused_and_the_message_says_what_is_valid(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as refusal:
        parse_address(text)
    assert "hush" not in str(refusal.value)
