"""A secret is found however pytest shows it: escaped, wrapped over lines, or cut."""

import json
import pprint
import random
import reprlib
import string

import pytest

from pytest_threadcopy.text.redactor import Redactor
from tests.plugin.secrets.canaries import CANARIES, KEY, MARKED, TOKEN, found_in

REDACT = Redactor(one.text for one in CANARIES)


@pytest.mark.parametrize("secret", [one.text for one in CANARIES])
def test_escaped_several_times(secret: str) -> None:
    text = secret
    for write in (json.dumps, repr, ascii, lambda value: repr(value.encode())):
        text = write(text)
        assert found_in(REDACT(text)) == []


@pytest.mark.parametrize("width", range(20, 100, 7))
def test_wrapped_over_lines(width: int) -> None:
    shown = pprint.pformat(
        {one.name: f"said {one.text} and {one.text}".encode() for one in CANARIES}, width=width
    )
    assert found_in(REDACT(shown)) == []


@pytest.mark.parametrize("size", range(12, 90))
def test_cut_in_the_middle(size: int) -> None:
    cutting = reprlib.Repr()
    cutting.maxstring = size
    assert found_in(REDACT(cutting.repr(f"{KEY.text} and {MARKED.text} and {TOKEN.text}"))) == []


def test_any_length_of_what_is_left_of_any_secret() -> None:
    choice = random.Random(7)
    for length in (12, 40, 200):
        secret = "".join(choice.choices(string.ascii_letters + string.digits + "-_.~+/=", k=length))
        redact = Redactor([secret])
        for kept in range(5, length):
            for shown in (f"'{secret[:kept]}...'", f"'...{secret[-kept:]}'", f"'{secret[:kept]}"):
                assert "***" in redact(shown)
                assert secret[: kept // 2 + 3] not in redact(shown)
                assert secret[-(kept // 2 + 3) :] not in redact(shown)


def test_the_longer_of_two_that_begin_alike() -> None:
    assert Redactor(["abc", "abcdef"])("abcdef") == "***"


def test_what_is_learned_leaves_no_end_of_what_was_given() -> None:
    redact = Redactor(["abcdefghijkl"])
    for secret in ("abcdefgh", "mnopqrstuvwx"):
        redact.learn(secret)
    assert redact("abcdefghijkl, abcdefgh, mnop... and mnopqrstuvwx") == "***, ***, ***... and ***"


def test_what_is_too_short_to_be_one() -> None:
    assert Redactor(["1", "en", ""])("1 of 11, when opened") == "1 of 11, when opened"


def test_the_start_of_one_that_is_not_cut_there() -> None:
    assert REDACT("bt2x is a name") == "bt2x is a name"


def test_json_in_values_and_keys() -> None:
    given = {"a": [TOKEN.text, 1, None, {TOKEN.text: (True, 1.5)}]}
    assert REDACT.json(given) == {"a": ["***", 1, None, {"***": [True, 1.5]}]}


def test_a_number_is_hidden_where_a_secret_is_in_it() -> None:
    numbers = [4711123, -4711123.5, 4711, 112, True]
    assert Redactor(["4711123"]).json(numbers) == ["***", "-***.5", 4711, 112, True]
