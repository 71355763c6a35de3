"""The reports as files, one for each ``--threadcopy-report``; the format follows the suffix."""

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from pytest_threadcopy.report.document import Report, as_json
from pytest_threadcopy.report.run import RunReport
from pytest_threadcopy.text.terminal import one_line


class FileReports:
    """Hooks that write the reports when the session ends, however it ends.

    ``written`` are the files that were written, ``problems`` the errors of the others.
    """

    def __init__(self, run: RunReport, paths: Iterable[Path]) -> None:
        self._run = run
        self._unwritten = list(paths)
        self.written: list[Path] = []
        self.problems: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the reports, and fail the run if one cannot be written."""
        self._write()
        if self.problems:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_unconfigure(self) -> None:
        """Write the reports of a session that did not finish, and print what could not be written."""
        self._write()
        if self.problems:
            print(*self.problems, sep="\n", file=sys.stderr)

    def _write(self) -> None:
        while self._unwritten:
            path = self._unwritten.pop(0)
            text = _rendered(self._run.document(), path.suffix)
            try:
                _write_whole(path, text)
                self.written.append(path)
            except OSError as error:
                self.problems.append(
                    f"ERROR: --threadcopy-report: {one_line(str(path))} cannot be written: {error.strerror}"
                )


def _rendered(report: Report, suffix: str) -> str:
    if suffix == ".json":
        return json.dumps(as_json(report), indent=1) + "\n"
    if suffix == ".md":
        from pytest_threadcopy.report.markdown import render_markdown

        return render_markdown(report)
    from pytest_threadcopy.report.page.render import render_page

    return render_page(report)


def _write_whole(path: Path, text: str) -> None:
    """Write a file in one step: no reader sees half of it."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
