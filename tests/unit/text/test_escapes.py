"""No two ways to write a character match one text, so that a search never tries two paths to one end."""

import html
import json
import re
import string
from urllib.parse import quote

import pytest

from pytest_threadcopy.text.escapes import ways_of
from pytest_threadcopy.text.secrets import Redactor

CHARS = [*string.printable, *"\0\x7f\x85Ãäé✓…😀\ud83d"]


def writings(char: str) -> set[str]:
    """Return the character in each form."""
    code = ord(char)
    octets = char.encode("utf-8", "surrogatepass")
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return {
        char,
        f"\\{char}",
        json.dumps(char)[1:-1],
        repr(char)[1:-1],
        html.escape(char),
        html.escape(html.escape(char)),
        f"&#{code};",
        f"&#x{code:x};",
        rf"\x{code:02x}",
        rf"\U{code:08x}",
        rf"\u{{{code:x}}}",
        "".join(rf"\u{unit}" for unit in re.findall("....", units)),
        "".join(rf"\x{octet:02x}" for octet in octets),
        "".join(f"%{octet:02X}" for octet in octets),
        quote(html.escape(char).encode("utf-8", "surrogatepass")),
        quote(json.dumps(char)[1:-1].encode("utf-8", "surrogatepass")),
    }


@pytest.mark.parametrize("char", CHARS, ids=ascii)
def test_each_form_of_a_character_has_at_most_one_way(char: str) -> None:
    ways = ways_of(char)
    for text in writings(char):
        assert len([way for way in ways if re.fullmatch(way, text)]) <= 1, text


@pytest.mark.parametrize("char", CHARS, ids=ascii)
def test_a_text_that_is_almost_a_secret_is_searched_to_the_end(char: str) -> None:
    """A search whose paths double with each character would not end."""
    redact = Redactor([f"ab{char}" * 40 + "END1"])
    for written in writings(char):
        text = f"ab{written}" * 40 + f"END2 {char} END1 ab"
        assert redact(f"{text}.") == f"{text}."


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("\\" * 30 + "q1", "\\" * 90 + "q2 q1"),
        ('a\\"' * 30 + "q1", r"a\\\\\\\"" * 30 + "q2 q1"),
        ("%5C" * 30 + "q1", "%5C" * 90 + "q2 q1"),
        ("\\%5C" * 30 + "q1", "%5C" * 90 + "\\ q2 q1"),
        ("&amp;" * 30 + "q1", "&amp;amp;" * 30 + "q2 q1"),
        ("a'" * 30 + "q1", 'a\'"\n\n\n"' * 30 + "q2 q1"),
    ],
)
def test_repeated_escapes_that_are_almost_a_secret_are_searched_to_the_end(secret: str, text: str) -> None:
    assert Redactor([secret])(text + " q1 .") == text + " q1 ."
