"""What a requirement that was broken says of itself, in the place of a traceback."""

from typing import Protocol

from pytest_threadcopy.schemas import Json
from pytest_threadcopy.text.terminal import one_line, visible, width, wrap

_WIDTH = 80
_LANGUAGES = {
    "curl": "cURL (in bash, with jq)",
    "python": "the Python SDK (langgraph-sdk)",
    "javascript": "the JavaScript SDK (@langchain/langgraph-sdk)",
}


def failure_text(requirement: Json, *, short: bool = False) -> str:
    """Return what was promised, done, expected and seen, and how to see it again.

    Nothing in it can be taken for a command by a terminal, whatever the deployment sent. Lines of prose keep
    within 80 columns; the first line, which pytest also shows alone, and the scripts are not broken.

    Args:
        requirement: The requirement in the report document (``schemas/report.json``).
        short: Leave out the scripts in Python and JavaScript, as for ``--tb=short``.
    """
    told = [_headline(requirement)]
    if requirement["source"]:
        told += wrap(one_line(f"Source: {requirement['source']}"), _WIDTH, hang="  ")
    if requirement["steps"]:
        told += ["", "What was done:"]
        for number, step in enumerate(requirement["steps"], 1):
            told += wrap(one_line(step), _WIDTH, f"{number:>3}. ", "     ")
    told += ["", "What was expected, and what was seen:"]
    for line in requirement["reason"].split("\n"):
        told += _indented(line)
    scripts = requirement["reproduction"]
    for language in list(_LANGUAGES)[: 1 if short else None]:
        if language in scripts:
            heading = f"--- See it yourself with {_LANGUAGES[language]} "
            told += ["", heading.ljust(_WIDTH, "-"), visible(scripts[language].strip("\n"), keep="\n\t")]
    return "\n".join(told) + "\n"


def _headline(requirement: Json) -> str:
    return one_line(f"{requirement['id']} ({requirement['level']}): {requirement['title']}")


def _indented(line: str) -> list[str]:
    """Return a line of the reason under its heading, as far to the right of it as it was."""
    text = visible(line.lstrip(" "))
    margin = "  " + " " * min(len(line) - len(line.lstrip(" ")), _WIDTH // 4)
    if width(margin + text) <= _WIDTH:
        return [(margin + text).rstrip(" ")]
    return wrap(text, _WIDTH, margin, margin + "  ")


class _Writer(Protocol):
    def line(self, text: str, /) -> None: ...


class Failure:
    """A failure text as pytest wants it: whole among the failures, its first line in the short summary.

    pytest repeats a bare text in whole in the short summary where it runs in CI.
    """

    def __init__(self, text: str, path: str, line: int | None) -> None:
        self._text = text
        self.reprcrash = Crash(path, (line or 0) + 1, text.partition("\n")[0])

    def __str__(self) -> str:
        return self._text

    def toterminal(self, writer: _Writer) -> None:
        """Write the whole text."""
        writer.line(self._text)


class Crash:
    """What failed, in one line, and where; the names are those by which pytest and its plugins ask."""

    def __init__(self, path: str, lineno: int, message: str) -> None:
        self.path = path
        self.lineno = lineno
        self.message = message

    def __str__(self) -> str:
        return self.message
