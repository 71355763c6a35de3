"""Text for a terminal: escaped, measured in cells, and shortened or wrapped to fit a line."""

import re
import unicodedata

_JOINERS = "\u200c\u200d"
_NOT_DRAWN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_EMOJI_SELECTOR = "\ufe0f"
_CUT = "..."


def visible(text: str, keep: str = "\n") -> str:
    r"""Return a text in which each character that a terminal obeys, or does not draw, is an escape.

    Examples are ``\x1b``, which begins an escape sequence, and ``\u202e``, which reverses the direction of
    writing. The characters in ``keep`` stay, and so do those that join letters in some scripts.
    """
    if text.isascii() and text.isprintable():
        return text
    allowed = keep + _JOINERS
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if unicodedata.category(char) in _NOT_DRAWN and char not in allowed
        else char
        for char in text
    )


def one_line(text: str) -> str:
    """Return a text as one visible line."""
    return visible(re.sub(r"[ \t\r\n]+", " ", text).strip(" "))


def excerpt(text: str, *, lines: int, width: int) -> str:
    """Return the first lines of a text, visible, each cut to ``width`` characters. Dots mark each cut."""
    all_lines = text.splitlines()
    first = [line if len(line) <= width else line[:width] + _CUT for line in all_lines[:lines]]
    return "\n".join([visible(line, keep="") for line in first] + [_CUT] * (len(all_lines) > lines))


def width(text: str) -> int:
    """Return how many cells a visible text takes; where terminals differ, the largest number."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def pad(text: str, cells: int) -> str:
    """Return a text that takes exactly ``cells`` cells: shortened, or filled up with spaces."""
    text = shorten(text, cells)
    return text + " " * (cells - width(text))


def shorten(text: str, cells: int) -> str:
    """Return a text cut to at most ``cells`` cells: after a word, if a word ends in the second half."""
    if width(text) <= cells:
        return text
    start = text[: _fitting(text, cells - len(_CUT))]
    at_a_word = start.rpartition(" ")[0] if text[len(start)] != " " else start
    return (at_a_word if width(at_a_word) > cells // 2 else start).rstrip(" ,;:") + _CUT


def cut_middle(text: str, cells: int) -> str:
    """Return a text cut to at most ``cells`` cells in its middle: many names differ only at one end."""
    if width(text) <= cells:
        return text
    room = cells - len(_CUT)
    end = len(text) - _fitting(text[::-1], room // 2)
    return text[: _fitting(text, room - room // 2)] + _CUT + text[end:]


def wrap(text: str, cells: int, indent: str = "", hang: str = "", most: int | None = None) -> list[str]:
    """Return a visible text as lines of at most ``cells`` cells; a word is divided only if it is too long.

    The first line begins with ``indent``, the others with ``hang``. Lines beyond ``most`` are cut off.
    """
    lines = []
    line, empty = indent, True
    for word in text.split(" "):
        rest = word
        while rest:
            room = cells - width(line) - (not empty)
            if width(rest) <= room:
                line, rest, empty = line + " " * (not empty) + rest, "", False
                continue
            if empty:
                taken = max(1, _fitting(rest, room))
                line, rest = line + rest[:taken], rest[taken:]
            lines.append(line)
            line, empty = hang, True
    lines += [] if empty else [line]
    if most is not None and len(lines) > most:
        lines[most - 1 :] = [shorten(f"{lines[most - 1]} {lines[most].strip()}", cells)]
    return lines


def _fitting(text: str, cells: int) -> int:
    """Return how many characters of a text fit into ``cells`` cells."""
    taken = 0
    for number, char in enumerate(text):
        taken += _cells(char)
        if taken > cells:
            return number
    return len(text)


def _cells(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me") or char in _JOINERS:
        # The selector makes the character before it an emoji, which some terminals draw wider.
        return int(char == _EMOJI_SELECTOR)
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
