"""A secret is found in each form: escaped, wrapped over lines, or cut."""

import html
import json
import pprint
import random
import re
import reprlib
import string
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_threadcopy.text.secrets import Redactor, secrets_of
from tests.plugin.secrets.canaries import CANARIES, KEY, MARKED, TOKEN, found_in

REDACT = Redactor(one.text for one in CANARIES)


@pytest.mark.parametrize("secret", [one.text for one in CANARIES])
def test_a_secret_that_is_escaped_several_times_is_hidden(secret: str) -> None:
    text = secret
    for write in (json.dumps, repr, ascii, lambda value: repr(value.encode())):
        text = write(text)
        assert found_in(REDACT(text)) == []


@pytest.mark.parametrize("width", range(20, 100, 7))
def test_a_secret_that_is_wrapped_over_lines_is_hidden(width: int) -> None:
    text = pprint.pformat(
        {canary.name: f"said {canary.text} and {canary.text}".encode() for canary in CANARIES}, width=width
    )
    assert found_in(REDACT(text)) == []


@pytest.mark.parametrize("size", range(12, 90))
def test_a_secret_that_is_cut_in_the_middle_is_hidden(size: int) -> None:
    cutting = reprlib.Repr()
    cutting.maxstring = size
    assert found_in(REDACT(cutting.repr(f"{KEY.text} and {MARKED.text} and {TOKEN.text}"))) == []


def test_a_part_of_any_length_is_hidden() -> None:
    choice = random.Random(7)
    for length in (12, 40, 200):
        secret = "".join(choice.choices(string.ascii_letters + string.digits + "-_.~+/=", k=length))
        redact = Redactor([secret])
        for count in range(5, length):
            for text in (f"'{secret[:count]}...'", f"'...{secret[-count:]}'", f"'{secret[:count]}"):
                assert "***" in redact(text)
                assert secret[: count // 2 + 3] not in redact(text)
                assert secret[-(count // 2 + 3) :] not in redact(text)


def test_the_longer_of_two_secrets_with_one_beginning_is_hidden() -> None:
    assert Redactor(["abc", "abcdef"])("abcdef") == "***"


def test_a_learned_secret_leaves_no_end_of_an_earlier_one() -> None:
    redact = Redactor(["abcdefghijkl"])
    for secret in ("abcdefgh", "mnopqrstuvwx"):
        redact.learn(secret)
    assert redact("abcdefghijkl, abcdefgh, mnop... and mnopqrstuvwx") == "***, ***, ***... and ***"


def test_a_short_text_is_no_secret() -> None:
    assert Redactor(["1", "en", ""])("1 of 11, when opened") == "1 of 11, when opened"


def test_the_start_of_a_secret_that_is_not_cut_stays() -> None:
    assert REDACT("bt2x is a name") == "bt2x is a name"


def test_secrets_in_values_and_keys_of_json_are_hidden() -> None:
    value = {"a": [TOKEN.text, 1, None, {TOKEN.text: (True, 1.5)}]}
    assert REDACT.json(value) == {"a": ["***", 1, None, {"***": [True, 1.5]}]}


def test_a_number_that_contains_a_secret_is_hidden() -> None:
    numbers = [4711123, -4711123.5, 4711, 112, True]
    assert Redactor(["4711123"]).json(numbers) == ["***", "-***.5", 4711, 112, True]


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


URLS = {WRITINGS["a URL"], WRITINGS["a part of a URL"], WRITINGS["a form"]}
MIXED = {*URLS, WRITINGS["HTML"]}
"""Ways to escape what is already escaped. A secret is found in one of them, or in several levels of a URL."""


@pytest.mark.parametrize("second", WRITINGS.values(), ids=WRITINGS)
@pytest.mark.parametrize("first", WRITINGS.values(), ids=WRITINGS)
@pytest.mark.parametrize("middle", MIDDLES)
def test_a_secret_is_hidden_after_repeated_escaping(
    first: Callable[[str], str], second: Callable[[str], str], middle: str
) -> None:
    secret = f"head{middle}tail"
    redact = Redactor([secret])
    once = redact(first(secret))
    assert not re.search("head|tail", once), once
    if not {first, second} & MIXED or {first, second} <= URLS:
        twice = redact(second(first(secret)))
        assert not re.search("head|tail", twice), twice


ELLIPSES = [
    "...",
    "…",
    r"\u2026",
    r"\\u2026",
    r"\xe2\x80\xa6",
    "&hellip;",
    "&#8230;",
    "&#x2026;",
    "%E2%80%A6",
    "%e2%80%a6",
]
ELLIPSES += ["&amp;#8230;", "%2E%2E%2E", r"\u{2026}", "&mldr;", "%26hellip%3B"]
ELLIPSES += [quote(quote("…")), quote(quote(quote("…"))), quote(r"\u2026")]


@pytest.mark.parametrize("ellipsis", ELLIPSES)
def test_a_secret_cut_before_an_escaped_ellipsis_is_hidden(ellipsis: str) -> None:
    assert Redactor(["abcdef-ghijkl"])(f"is abcdef-gh{ellipsis} or") == f"is ***{ellipsis} or"


@pytest.mark.parametrize("ellipsis", ELLIPSES)
def test_a_secret_cut_after_an_escaped_ellipsis_is_hidden(ellipsis: str) -> None:
    assert Redactor(["abcdef-ghijkl"])(f"is {ellipsis}ef-ghijkl or") == f"is {ellipsis}*** or"


def test_a_secret_with_an_ellipsis_that_is_cut_there_is_hidden() -> None:
    assert Redactor(["abcdef...ghijkl"])("abcdef...ghij… or abcdef...ghijkl") == "***...***… or ***"


@pytest.mark.parametrize("half", ["\\", r"\u00", "%", "%C3", "%25C", "&", "&am", "&#3"])
def test_a_secret_cut_within_an_escape_is_hidden(half: str) -> None:
    assert Redactor(["abcdef&é-ghijkl"])(f"is abcdef{half}") == "is ***"


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("write", [quote, quote_plus, lambda text: quote(text, safe="").lower()])
def test_a_secret_that_a_url_escapes_several_times_is_hidden(
    write: Callable[[str], str], levels: int
) -> None:
    secret = "head /?&=+%é✓😀\\'\"tail"
    text = secret
    for _ in range(levels):
        text = write(text)
    assert Redactor([secret])(f"https://host/?next={text}&a=b") == "https://host/?next=***&a=b"


def test_learned_cookies_with_one_beginning_are_hidden() -> None:
    redact = Redactor()
    cookies = [f"session-{number}-{'x' * number}" for number in range(40)]
    for cookie in cookies:
        redact.learn(cookie)
    assert redact(" ".join(reversed(cookies))) == " ".join(["***"] * 40)
    assert redact("session-... session-") == "***... ***"


def test_only_the_newest_cookies_are_hidden() -> None:
    redact = Redactor()
    for number in range(60):
        redact.learn(f"cookie{number:02}")
    assert redact("cookie09 cookie10 cookie59 .") == "cookie09 *** *** ."


def test_a_cookie_of_a_few_characters_is_no_secret() -> None:
    redact = Redactor()
    redact.learn("dark")
    assert redact("dark mode") == "dark mode"


def test_the_headers_of_an_identity_hold_secrets() -> None:
    headers = {"Authorization": "Bearer token", "Cookie": "lang=en; id=cookie-1", "Accept": "*/*"}
    url = "http://user:p%40ss@127.0.0.1:8123/base"
    assert secrets_of(headers, url, [" marked "]) >= {"token", "cookie-1", "p@ss", "marked", "dXNlcjpwQHNz"}
    assert not secrets_of(headers, url) & {"en", "*/*", "user"}


SECRETS = (
    st.text(min_size=6, max_size=20).map(lambda text: f"q{text}z").filter(lambda text: text.strip() == text)
)
WRITERS = st.sampled_from(
    [str, json.dumps, repr, ascii, html.escape, quote, quote_plus, lambda one: repr(one.encode())]
)


@settings(deadline=None)
@given(secret=st.text(st.characters(exclude_categories=["Cs"]), min_size=6, max_size=20), write=WRITERS)
def test_any_secret_in_any_form_is_hidden(secret: str, write: Callable[[str], str]) -> None:
    text = Redactor([secret])(write(f"({secret})"))
    assert "***" in text
    assert len(text) <= len(write("()")) + len("***") + len("\\")


@settings(deadline=None)
@given(
    secret=st.text(string.printable, min_size=8, max_size=30),
    size=st.integers(5, 30),
    ellipsis=st.sampled_from(ELLIPSES),
)
def test_any_secret_that_is_cut_is_hidden(secret: str, size: int, ellipsis: str) -> None:
    part = secret[:size]
    assert Redactor([secret])(f"{part}{ellipsis}").startswith("***")


@settings(deadline=None)
@given(text=st.text(), number=st.integers(0, 9))
def test_a_text_without_a_secret_stays(text: str, number: int) -> None:
    assert Redactor([f"0123456789 no text has this {number}"])(f"{text}.") == f"{text}."


def test_many_escapes_take_time_in_proportion_to_their_length() -> None:
    redact = Redactor(["\\\\a\\", "  a  ", "%%a%%", "&&a&&", '""a""'])
    for char in '\\ %&"':
        assert redact(f"a{char * 20_000}.") == f"a{char * 20_000}."


def test_long_cookies_with_one_beginning_are_hidden_whole_and_cut() -> None:
    choice = random.Random(7)
    cookies = ["AAAA" + "".join(choice.choices(string.ascii_letters, k=1500)) for _ in range(5)]
    redact = Redactor()
    for cookie in cookies:
        redact.learn(cookie)
    assert redact(f"{cookies[0]} {cookies[1]} .") == "*** *** ."
    for count in (10, 16, 17, 64, 65, 600, 1499):
        assert redact(f"is {cookies[2][:count]}… or …{cookies[3][-count:]}, {'A' * 20}") == (
            f"is ***… or …***, {'A' * 16}***"
        )


@pytest.mark.parametrize("half", ["%", "%C", "%C3", "%C3%", "%C3%A", r"\xc3", r"\xc3\xa"])
def test_a_secret_cut_within_the_bytes_of_a_character_is_hidden(half: str) -> None:
    assert Redactor(["abä55wörd-x"])(f"is ab%C3%A455w{half}… or") == "is ***… or"


@pytest.mark.parametrize("half", ["26", "6", "amp;", "p;", "#38;", "u0026", "026", "x26"])
def test_a_secret_cut_after_the_start_of_an_escape_is_hidden(half: str) -> None:
    assert Redactor(["abcdef&yz-Qx"])(f"is …{half}yz-Qx or") == "is …*** or"


@pytest.mark.parametrize("half", ["3%B6", "B6", "6", r"3\xb6"])
def test_a_secret_cut_after_the_first_byte_of_a_character_is_hidden(half: str) -> None:
    assert Redactor(["abcdeförd-x"])(f"is …{half}rd-x or") == "is …*** or"


@pytest.mark.parametrize("written", ["x%26amp%3By", "x&amp;amp;y", r"x%5Cu0026y", r"x\u{26}y", "x%5C%5C%26y"])
def test_a_secret_that_is_escaped_in_two_ways_is_hidden(written: str) -> None:
    assert Redactor(["head-x&y-tail"])(f"head-{written}-tail") == "***"
