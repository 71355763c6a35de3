"""The findings as annotations of a job on GitHub, where ``GITHUB_ACTIONS`` is ``true``.

GitHub takes each line of a job's output that begins with two colons for a command. A line of pytest's summary
may begin with text of the deployment, so the hook makes GitHub ignore commands while the summary is printed.
"""

import re
import secrets
from collections.abc import Generator, Iterator

import pytest

from pytest_threadcopy.report.document import Report, ResultRow, by_reason, obstacle, of_level, reached
from pytest_threadcopy.report.marks import OUTCOMES, word
from pytest_threadcopy.report.run import RunReport
from pytest_threadcopy.requirements import Level
from pytest_threadcopy.text.terminal import excerpt, one_line

Annotation = tuple[str, str]
"""The title and the message."""

# The most annotations of a kind that GitHub shows for one step.
_SHOWN = 10


class Annotations:
    """A hook that prints the annotations below pytest's summary."""

    def __init__(self, run: RunReport) -> None:
        self._run = run

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, object, object]:
        """Print the annotations; commands in the summary above them have no effect."""
        token = secrets.token_hex()
        terminalreporter.ensure_newline()
        terminalreporter.line(f"::stop-commands::{token}")
        try:
            return (yield)
        finally:
            terminalreporter.ensure_newline()
            terminalreporter.line(f"::{token}::")
            for line in annotations(self._run.document()):
                terminalreporter.line(line)


def annotations(report: Report) -> Iterator[str]:
    """Yield a line for each annotation, at most ten of a kind: if there are more, the tenth names the others.

    A requirement whose outcome is violated, error or stale waiver is an error; one that is deviated is a
    warning. All untestable MUSTs of a deployment are one notice.
    """
    kinds: dict[str, list[Annotation]] = {"error": [], "warning": [], "notice": []}
    for deployment in report["deployments"]:
        name = one_line(deployment["name"])
        if why := obstacle(deployment):
            kinds["error"].append((f"{word(deployment['verdict'])} ({name})", why))
            continue
        for row in deployment["requirements"]:
            if kind := OUTCOMES[row["outcome"]].annotation:
                title = f"{row['id']} {word(row['outcome'])} ({name})"
                reason = excerpt(row["reason"], lines=3, width=400)
                kinds[kind].append((title, f"{row['title']}\n{reason}"))
        kinds["notice"] += _untested(name, reached(deployment["requirements"]))
    for kind, of_kind in kinds.items():
        first = of_kind if len(of_kind) <= _SHOWN else of_kind[: _SHOWN - 1]
        for title, message in first:
            yield _command(kind, title, message)
        if others := of_kind[len(first) :]:
            yield _command(kind, f"{len(others)} more", ", ".join(title for title, _ in others))


def _untested(name: str, rows: list[ResultRow]) -> Iterator[Annotation]:
    if reasons := by_reason(of_level(rows, Level.MUST)):
        lines = [f"{', '.join(row['id'] for row in same)}: {one_line(why)}" for why, same in reasons.items()]
        yield f"{sum(map(len, reasons.values()))} MUST not tested ({name})", "\n".join(lines)


def _command(kind: str, title: str, message: str) -> str:
    """Return a workflow command, in which no text can end a property or the line."""
    message = excerpt(message, lines=10, width=400)
    return f"::{kind} title={_quoted(title, '%:,')}::{_quoted(message, '%')}"


def _quoted(text: str, special: str) -> str:
    return re.sub(rf"[{special}\r\n]", lambda match: f"%{ord(match[0]):02X}", text)
