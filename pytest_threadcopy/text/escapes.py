"""The ways to write a character: as it is, in JSON, in Python, in HTML or in a URL.

A search that can reach one place by two paths tries both, and their number doubles with each character. So no
two ways to write a character match the same text, and only one pattern takes the backslashes before it.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_NAMES = {"<": ("lt",), ">": ("gt",), '"': ("quot",), "'": ("apos",), "…": ("hellip", "mldr")}
_CONTROLS = dict(zip("\t\n\r\b\f\v\a", "tnrbfva", strict=True))
_LEVELS = 16  # each level of JSON or Python doubles the backslashes

# pytest breaks a long string into several, one a line.
BREAK = r"""["'][^\S\n]*\n[\sE>]*b?["']"""
_BREAK_BACKWARDS = r"""["']b?[\sE>]*\n[^\S\n]*["']"""


class _Choice(NamedTuple):
    """Several ways, of which the text has as many as ``times`` says."""

    ways: tuple["_Parts", ...]
    times: str = ""


# The parts of a pattern. A part that is a text matches a text and its reverse alike: the parts in reverse
# order match the reversed text.
_Parts = tuple[str | _Choice, ...]


class _Place(NamedTuple):
    """What decides how a character may be written, apart from the character.

    Attributes:
        most: The most backslashes that a backslash may be.
        is_escaped: Whether a backslash of the secret stands before it. That one takes all backslashes there.
        is_in_url: Whether backslashes may be escaped as in a URL.
        break_: The pattern of the breaks of pytest in the text, which are maybe there.
        is_backwards: Whether the pattern matches reversed texts.
    """

    most: int = 1
    is_escaped: bool = False
    is_in_url: bool = True
    break_: str = ""
    is_backwards: bool = False


_ANYWHERE = _Place()


def patterns_of(secret: str, *, is_broken: bool = False, is_backwards: bool = False) -> list[str]:
    """Return a pattern for each character of a secret: for each in reverse order, if ``is_backwards``.

    If ``is_broken``, pytest may have broken the text, also between two characters.
    """
    # A secret with "%5C" would match "%5C%5C%5C" on many paths.
    is_in_url = "%5c" not in secret.lower()
    break_ = f"(?:{_BREAK_BACKWARDS if is_backwards else BREAK})?" if is_broken else ""
    most = _LEVELS * (1 + max(map(len, re.findall(r"\\+", secret)), default=0))
    patterns = []
    for before, char, after in zip(["", *secret], secret, [*secret[1:], ""], strict=False):
        is_last = (before if is_backwards else after) != "\\"
        place = _Place(
            most if char == "\\" and is_last else 1, before == "\\", is_in_url, break_, is_backwards
        )
        patterns.append(pattern_of(char, place))
    first, *others = reversed(patterns) if is_backwards else patterns
    return [first, *(break_ + pattern for pattern in others)]


@lru_cache(maxsize=4000)
def pattern_of(char: str, place: _Place = _ANYWHERE) -> str:
    """Return a pattern of the ways to write a character."""
    ways = ways_of(char, place)
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"


def ways_of(char: str, place: _Place = _ANYWHERE) -> list[str]:
    """Return the ways to write a character, each as a pattern; no two of them match the same text."""
    if char.isascii() and char.isalnum():
        return [char]
    ways = _ways_of_backslash(place) if char == "\\" else _ways(char, place)
    # The longest first: a way that is the start of another would end the match too early.
    return sorted((_joined(way, place.is_backwards) for way in ways), key=len, reverse=True)


def _joined(parts: _Parts, is_backwards: bool) -> str:
    return "".join(
        part
        if isinstance(part, str)
        else f"(?:{'|'.join(_joined(way, is_backwards) for way in part.ways)}){part.times}"
        for part in (reversed(parts) if is_backwards else parts)
    )


def _ways_of_backslash(place: _Place) -> Iterator[_Parts]:
    yield (_backslashes(f"{{1,{place.most}}}", place),)
    if not place.is_in_url:
        yield _percent("5c")
    yield _entity("0*", "9", "2")


def _ways(char: str, place: _Place) -> Iterator[_Parts]:
    """Yield the ways to write a character that is neither a backslash nor a letter nor a digit of ASCII."""
    maybe = () if place.is_escaped else (_backslashes(f"{{0,{_LEVELS}}}", place),)
    some = (_backslashes(f"{{1,{_LEVELS}}}", place),)
    first = () if place.is_escaped else some
    octets = [f"{octet:02x}" for octet in char.encode("utf-8", "surrogatepass")]
    code = _digits(f"{ord(char):x}")
    if char == "&":
        yield (*maybe, *_AMPERSAND)
    else:
        yield (*maybe, re.escape(char))
        yield (*maybe, *(part for octet in octets for part in _percent(octet)))
    for name in _NAMES.get(char, ()):
        yield (*maybe, *_AMPERSAND, *name, _SEMICOLON)
    yield (*maybe, *_entity("0*", *str(ord(char))))
    yield (*maybe, *_entity("[xX]", "0*", *code))
    if char == " ":
        yield (*maybe, "[+]")
        yield (*maybe, *_percent("2b"))
    yield (*first, "[xU]", "0*", *code)
    yield (*first, "u", "[{]", "0*", *code, "[}]")
    units = re.findall("....", char.encode("utf-16-be", "surrogatepass").hex())
    yield (*first, *[part for unit in units for part in (*some, "u", *_digits(unit))][1:])
    if len(octets) > 1:
        # The bytes of one character may be on two lines.
        octal = [part for octet in octets for part in (place.break_, *some, "x", *_digits(octet))]
        yield (*first, *octal[2:])
    if char in _CONTROLS:
        yield (*first, _CONTROLS[char])


def _backslashes(times: str, place: _Place) -> str | _Choice:
    return _Choice((("\\\\",), _percent("5c")), times) if place.is_in_url else rf"\\{times}"


def _percent(octet: str) -> _Parts:
    return ("%", "[25]{0,6}", *_digits(octet))  # each level of a URL turns "%" into "%25"


def _entity(*code: str | _Choice) -> _Parts:
    return (*_AMPERSAND, _Choice((("#",), _percent("23"))), *code, _SEMICOLON)


def _digits(hexadecimal: str) -> _Parts:
    return tuple(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in hexadecimal)


_SEMICOLON = _Choice(((";",), _percent("3b")))
# Each level of HTML turns "&" into "&amp;".
_AMPERSAND = (_Choice((("&",), _percent("26"))), _Choice((("a", "m", "p", _SEMICOLON),), "{0,4}"))
