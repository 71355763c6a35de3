"""The text that pytest shows in place of a traceback when a requirement fails."""

from dataclasses import dataclass
from typing import Protocol

from pytest_threadcopy.requirements import Result
from pytest_threadcopy.text.terminal import one_line, visible, width, wrap

_WIDTH = 80
_LANGUAGES = {
    "curl": "cURL (in bash, with jq)",
    "python": "the Python SDK (langgraph-sdk)",
    "javascript": "the JavaScript SDK (@langchain/langgraph-sdk)",
}


def failure_text(result: Result, *, short: bool = False) -> str:
    """Return the requirement, the steps of its test, what was expected and seen, and how to see it again.

    The text has no character that a terminal obeys. Prose is wrapped at 80 columns. The first line, which
    pytest also shows alone, and the scripts are not wrapped.

    Args:
        result: The result of a requirement that fails.
        short: Leave out the scripts in Python and JavaScript, as for ``--tb=short``.
    """
    lines = [one_line(f"{result.id} ({result.level}): {result.title}")]
    if result.source:
        lines += wrap(one_line(f"Source: {result.source}"), _WIDTH, hang="  ")
    if result.steps:
        lines += ["", "What was done:"]
        for number, step in enumerate(result.steps, 1):
            lines += wrap(one_line(step), _WIDTH, f"{number:>3}. ", "     ")
    lines += ["", "What was expected, and what was seen:"]
    for line in result.full_reason.split("\n"):
        lines += _indented(line)
    scripts = result.reproduction
    for language in list(_LANGUAGES)[: 1 if short else None]:
        if language in scripts:
            heading = f"--- See it yourself with {_LANGUAGES[language]} "
            lines += ["", heading.ljust(_WIDTH, "-"), visible(scripts[language].strip("\n"), keep="\n\t")]
    return "\n".join(lines) + "\n"


def _indented(line: str) -> list[str]:
    """Return a line of the reason, indented below its heading and by the indent that it has."""
    text = visible(line.lstrip(" "))
    margin = "  " + " " * min(len(line) - len(line.lstrip(" ")), _WIDTH // 4)
    if width(margin + text) <= _WIDTH:
        return [(margin + text).rstrip(" ")]
    return wrap(text, _WIDTH, margin, margin + "  ")


class _Writer(Protocol):
    def line(self, text: str, /) -> None: ...


class Failure:
    """A failure text in the form of pytest's representations: the short summary shows its first line.

    In CI, the short summary would show a plain string as a whole.
    """

    def __init__(self, text: str, path: str, line: int | None) -> None:
        self._text = text
        self.reprcrash = Crash(path, (line or 0) + 1, text.partition("\n")[0])

    def __str__(self) -> str:
        return self._text

    def toterminal(self, writer: _Writer) -> None:
        """Write the whole text."""
        writer.line(self._text)


@dataclass
class Crash:
    """The first line of a failure text, and its place, by the names that pytest and its plugins read."""

    path: str
    lineno: int
    message: str

    def __str__(self) -> str:
        return self.message
