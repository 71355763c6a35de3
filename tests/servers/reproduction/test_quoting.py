"""The scripts send each value unchanged. They run against a server that records the values."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pytest_threadcopy.reproduction.address import PublicAddress
from pytest_threadcopy.reproduction.explain import explain
from pytest_threadcopy.reproduction.record import Record
from tests.lab.servers.fake import Exchange, fake_server

Run = Callable[..., dict[str, str]]

HOSTILE: dict[str, Any] = {
    "quotes": "'single' \"double\" `back` \\ '\\'' '''",
    "shell": "$(touch /tmp/pwned) `touch` ${HOME} $HOME !! ; & | > \\$(x)",
    "templates": "${process.exit()} {braces} {{double}} %s %%",
    "lines": "a\nb\r\nc\t\u2028\u2029\u0085\x00\x1b[31m\x7f",
    "scripts": "naïve 漢字 👩‍👩‍👧",
    "others": [None, True, False, "", [], {}],
    "__proto__": {"constructor": "x"},
    "'; rm -rf ~ #": '*/ --> </script> """',
    "periodic": "0123456789abcdef" * 1000,
    "series": [{"text": f"it's message {number}", "same": 1} for number in range(12)],
    "not quite a series": [{"text": "1"}, {"text": "1"}, {"text": "2"}, {"text": "3"}],
}

NUMBERS: dict[str, Any] = {"numbers": [1, 1.0, 2**53 + 1, -(2**63), 2**64 - 1, 1e-7, 1.7976931348623157e308]}
BEYOND_THE_SDK: dict[str, Any] = {"lone surrogates": "\ud800 and \udfff", "integer": 10**30}


def exact(value: Any) -> str:
    """Return a JSON value as text that tells 1 from 1.0."""
    return json.dumps(value, sort_keys=True)


@pytest.mark.parametrize(
    "metadata", [HOSTILE, HOSTILE | NUMBERS, HOSTILE | BEYOND_THE_SDK], ids=["texts", "numbers", "beyond"]
)
def test_values_are_sent_unchanged(metadata: dict[str, Any], run: Run) -> None:
    sent = {"metadata": metadata}
    got: list[Any] = []

    def answer(exchange: Exchange) -> None:
        got.append(exchange.body)
        exchange.answer(500, {"detail": "no"})

    with fake_server(answer) as (url, _):
        record = Record(PublicAddress(url))
        record.noting("first")(
            method="POST",
            path="/threads",
            params=None,
            content=json.dumps(sent).encode(),
            status=500,
            answer=b'{"detail": "no"}',
            started=1.0,
            ended=2.0,
        )
        outputs = run(explain(record, AssertionError("/threads answered 500")).reproduction, url)
    assert [exact(body) for body in got if body] == [exact(sent)] * len(outputs), outputs
