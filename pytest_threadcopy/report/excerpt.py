"""The first lines of what a deployment said, which may be of any length and hold anything."""

from pytest_threadcopy.text.terminal import visible

_CUT = "..."


def excerpt(text: str, *, lines: int, width: int) -> str:
    """Return the first lines of a text, made visible, each cut to a width. Dots stand for what was cut."""
    given = text.splitlines()
    shown = [line if len(line) <= width else line[:width] + _CUT for line in given[:lines]]
    return "\n".join([visible(line, keep="") for line in shown] + [_CUT] * (len(given) > lines))
