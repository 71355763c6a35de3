"""The pages below docs/, as the files and commands that they give to a reader."""

import re
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).parents[3] / "docs"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`([\w./-]+\.\w+|\.\w+)`[^`]*:\n\n\Z")


class Block(NamedTuple):
    """A block of code: its language, its text, and the file, if the words before it name one."""

    language: str
    text: str
    file: str


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page, in order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    parts = []
    for block in _BLOCK.finditer(text):
        named = _FILE.search(text[: block.start()])
        parts.append(Block(block[1], block[2], named[1] if named else ""))
    return parts


def commands(block: Block) -> list[tuple[str, list[str]]]:
    """Return each command of a console block, and the lines that it prints according to the page."""
    pairs: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            pairs.append((line.removeprefix("$ "), []))
        else:
            pairs[-1][1].append(line)
    return pairs
