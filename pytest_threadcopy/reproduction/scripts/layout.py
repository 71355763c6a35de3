"""Writes nested values over as many lines as reading them takes."""

from collections.abc import Sequence

_WIDTH = 96


def enclosed(opening: str, items: Sequence[str], closing: str, indent: int, *, comma: str = "") -> str:
    """Return items in brackets: on one line where they fit, else each on a line of its own.

    Args:
        opening: The bracket before them.
        items: What is inside, each written for ``indent + 1``.
        closing: The bracket after them.
        indent: How many steps, of four spaces, the line on which it starts is indented.
        comma: What follows the last item on a line of its own.
    """
    short = f"{opening}{', '.join(items)}{closing}"
    if len(short) + 4 * indent <= _WIDTH and "\n" not in short:
        return short
    inner, outer = "\n" + "    " * (indent + 1), "\n" + "    " * indent
    return f"{opening.rstrip()}{inner}{(',' + inner).join(items)}{comma}{outer}{closing.lstrip()}"
