"""The progress of a run on a terminal, by letter, word and colour, and the summary at its end."""

import argparse
from collections.abc import Generator

import pytest

from pytest_threadcopy.report.files import FileReports
from pytest_threadcopy.report.marks import OUTCOMES, word
from pytest_threadcopy.report.run import RunReport
from pytest_threadcopy.report.terminal.lines import brief_lines, summary_lines
from pytest_threadcopy.report.terminal.parts import Line, plain
from pytest_threadcopy.requirements import Outcome
from pytest_threadcopy.session.failure import Failure
from pytest_threadcopy.session.outcomes import result_of
from pytest_threadcopy.text.terminal import one_line, wrap

_WIDEST = 120
_NARROWEST = 60
_FEW = 6
_Status = tuple[str, str, tuple[str, dict[str, bool]]]


class TerminalReport:
    """Hooks that show the outcome of each test while the tests run, and print the summary at the end."""

    def __init__(self, run: RunReport, files: FileReports) -> None:
        self._run = run
        self._files = files
        self._is_over = False
        self._failed: list[str] = []
        self._xfailed: list[str] = []
        self._is_strict = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Let the short summary and the JUnit file show the first line of a failure."""
        result = result_of(report)
        if not result:
            return
        if report.failed:
            self._failed.append(result.id)
            self._is_strict |= result.outcome in (Outcome.DEVIATED, Outcome.UNTESTABLE)
        elif hasattr(report, "wasxfail"):
            self._xfailed.append(result.id)
        if report.failed and isinstance(report.longrepr, str):
            # It has every attribute that pytest and its plugins read of a representation.
            report.longrepr = Failure(report.longrepr, *report.location[:2])  # type: ignore[assignment]

    def pytest_report_teststatus(self, report: pytest.TestReport) -> _Status | None:
        """Return the category in which pytest counts a test, and the letter, word and colour of its outcome.

        The short summary that ``-r`` asks for keeps pytest's words.
        """
        result = result_of(report)
        if not result or result.outcome is Outcome.PASSED:
            return None
        if self._is_over and result.outcome is not Outcome.ERROR:
            return None
        mark = OUTCOMES[result.outcome]
        # With --threadcopy-strict, a test may fail that otherwise only warns.
        category = "failed" if report.failed and result.outcome is not Outcome.ERROR else mark.category
        colour = "red" if report.failed else mark.colour
        return category, mark.letter, (word(result.outcome).upper(), {colour: True})

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, config: pytest.Config
    ) -> Generator[None, None, None]:
        """Print the summary below pytest's, if any contract test ran."""
        self._is_over = True
        yield
        if not self._run.results:
            return
        cells = max(_NARROWEST, min(_WIDEST, config.get_terminal_writer().fullwidth))
        report = self._run.document()
        if config.get_verbosity() < 0:
            lines = brief_lines(report, cells)
        else:
            terminalreporter.section("thread copy contract")
            lines = summary_lines(report, cells) + self._next_step(config.option, cells)
        for line in lines:
            for span in line:
                terminalreporter.write(
                    span.text, bold=span.bold, **({span.colour: True} if span.colour else {})
                )
            terminalreporter.line("")

    def _next_step(self, option: argparse.Namespace, cells: int) -> list[Line]:
        """Return what the user can do to see more."""
        steps = ["--threadcopy-strict fails what deviates, and a MUST that is untestable"] * self._is_strict
        if option.tbstyle != "no":
            if self._failed:
                steps.append(f"see what failed above, and try one again with -k {self._failed[0]}")
            if self._xfailed and not option.xfail_tb:
                picked = f' -k "{" or ".join(self._xfailed)}"' * (len(self._xfailed) <= _FEW)
                steps.append(f"see the other failures with --xfail-tb{picked}")
        if self._files.written:
            steps.append(f"open {', '.join(map(str, self._files.written))}")
        elif not self._files.problems:
            steps.append("write a page: --threadcopy-report report.html")
        return plain(wrap(one_line(f"More: {'; '.join(steps)}"), cells, "  ", "  ")) if steps else []
