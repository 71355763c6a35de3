"""The verdict as files, one for each ``--threadcopy-report``; the format follows the suffix."""

import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from pytest_threadcopy.report.run import Json, RunReport
from pytest_threadcopy.text.terminal import one_line


class FileReports:
    """Hooks that write the reports when the session ends, however it ends.

    ``written`` are those that were, ``problems`` tell of those that could not be.
    """

    def __init__(self, run: RunReport, paths: Iterable[Path]) -> None:
        self._run = run
        self._left = list(paths)
        self.written: list[Path] = []
        self.problems: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the reports, and fail the run if one cannot be written."""
        self._write()
        if self.problems:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_unconfigure(self) -> None:
        """Write them where the session did not come so far as to finish; say what could not be written."""
        self._write()
        if self.problems:
            print(*self.problems, sep="\n", file=sys.stderr)

    def _write(self) -> None:
        while self._left:
            path = self._left.pop(0)
            text = _FORMS[path.suffix](self._run.as_json())
            try:
                _write_whole(path, text)
                self.written.append(path)
            except OSError as error:
                self.problems.append(
                    f"ERROR: --threadcopy-report: {one_line(str(path))} cannot be written: {error.strerror}"
                )


def _as_json(report: Json) -> str:
    return json.dumps(report, indent=1) + "\n"


def _as_page(report: Json) -> str:
    from pytest_threadcopy.report.page.render import render_page

    return render_page(report)


def _as_markdown(report: Json) -> str:
    from pytest_threadcopy.report.markdown import render_markdown

    return render_markdown(report)


_FORMS: dict[str, Callable[[Json], str]] = {".json": _as_json, ".html": _as_page, ".md": _as_markdown}


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody ever reads half of it."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
