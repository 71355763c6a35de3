"""The verdict as annotations of a job on GitHub, where ``GITHUB_ACTIONS`` is ``true``.

GitHub reads commands from the output of a job: any line that begins with two colons. While the summary of the
run is printed, in which a deployment's words may begin a line, it is told to read none.
"""

import re
import secrets
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from pytest_threadcopy.report.document import by_reason, obstacle, reached
from pytest_threadcopy.report.excerpt import excerpt
from pytest_threadcopy.report.run import RunReport
from pytest_threadcopy.report.verdict_text import word
from pytest_threadcopy.requirements import Level, Outcome
from pytest_threadcopy.text.terminal import one_line

Json = dict[str, Any]
Annotation = tuple[str, str]
"""The title and the message."""

# How many of a kind GitHub shows of one step.
_SHOWN = 10
_KINDS = {
    Outcome.VIOLATED: "error",
    Outcome.STALE_WAIVER: "error",
    Outcome.ERROR: "error",
    Outcome.DEVIATED: "warning",
}


class Annotations:
    """A hook that prints the annotations after all that pytest says of the run."""

    def __init__(self, run: RunReport) -> None:
        self._run = run

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, object, object]:
        """Print the annotations, and let nothing before them in the summary be taken for one."""
        token = secrets.token_hex()
        terminalreporter.ensure_newline()
        terminalreporter.line(f"::stop-commands::{token}")
        try:
            return (yield)
        finally:
            terminalreporter.ensure_newline()
            terminalreporter.line(f"::{token}::")
            for line in annotations(self._run.as_json()):
                terminalreporter.line(line)


def annotations(report: Json) -> Iterator[str]:
    """Yield a line for each annotation: at most ten of a kind, the last of which tells what is left out.

    What is violated, in error, or waived and yet kept is an error; what deviates is a warning; the MUSTs that
    could not be tested are one notice of each deployment.

    Args:
        report: What ``RunReport.as_json()`` returns (``schemas/report.json``).
    """
    kinds: dict[str, list[Annotation]] = {"error": [], "warning": [], "notice": []}
    for deployment in report["deployments"]:
        name = one_line(deployment["name"])
        if why := obstacle(deployment):
            kinds["error"].append((f"{word(deployment['verdict'])} ({name})", why))
            continue
        for row in deployment["requirements"]:
            if row["outcome"] in _KINDS:
                title = f"{row['id']} {word(row['outcome'])} ({name})"
                seen = excerpt(row["reason"], lines=3, width=400)
                kinds[_KINDS[row["outcome"]]].append((title, f"{row['title']}\n{seen}"))
        kinds["notice"] += _untested(name, reached(deployment))
    for kind, found in kinds.items():
        shown = found if len(found) <= _SHOWN else found[: _SHOWN - 1]
        for title, message in shown:
            yield _command(kind, title, message)
        if len(found) > len(shown):
            left = found[len(shown) :]
            yield _command(kind, f"{len(left)} more", ", ".join(title for title, _ in left))


def _untested(name: str, rows: list[Json]) -> Iterator[Annotation]:
    reasons = by_reason([row for row in rows if row["level"] == Level.MUST])
    if reasons:
        told = [
            f"{', '.join(row['id'] for row in same)}: {one_line(reason)}" for reason, same in reasons.items()
        ]
        yield f"{sum(map(len, reasons.values()))} MUST not tested ({name})", "\n".join(told)


def _command(kind: str, title: str, message: str) -> str:
    """Return a workflow command, in which no text can end a property or the line."""
    shown = excerpt(message, lines=10, width=400)
    return f"::{kind} title={_quoted(title, '%:,')}::{_quoted(shown, '%')}"


def _quoted(text: str, special: str) -> str:
    return re.sub(rf"[{special}\r\n]", lambda found: f"%{ord(found[0]):02X}", text)
