"""The verdict on a terminal: what was tested, what held, what did not."""

import textwrap
from collections import Counter
from typing import Any

import pytest

from pytest_threadcopy.catalogue import read_catalogue
from pytest_threadcopy.outcomes import result_of
from pytest_threadcopy.requirements import GROUPS, Outcome, Result, Verdict, verdict
from pytest_threadcopy.session import DeploymentSession

_WIDTH = 80
_COLOURS = {
    Outcome.PASSED: "green",
    Outcome.VIOLATED: "red",
    Outcome.STALE_WAIVER: "red",
    Outcome.ERROR: "red",
    Outcome.DEVIATED: "yellow",
    Outcome.WAIVED: "yellow",
    Outcome.UNTESTABLE: "yellow",
}
_VERDICT_COLOURS = {
    Verdict.CONFORMANT: "green",
    Verdict.CONFORMANT_WITH_WAIVERS: "green",
    Verdict.INCOMPLETE: "yellow",
    Verdict.NOT_CONFORMANT: "red",
}


class TerminalReport:
    """Hooks that gather the results as they come and print them at the end."""

    def __init__(self, session: DeploymentSession) -> None:
        self._session = session
        self._results: list[Result] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep the result that a report carries."""
        result = result_of(report)
        if result:
            self._results.append(result)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the summary, if any contract test ran."""
        if not self._results:
            return
        tr = terminalreporter
        server = " ".join(filter(None, (self._session.server_name, self._session.server_version)))
        tr.section("thread copy contract")
        tr.line(f"deployment: {self._session.settings.shown_url} ({server})")
        catalogue = read_catalogue()
        results = {result.id: result for result in self._results}
        for group, title in GROUPS.items():
            rows = [row for row in catalogue if row.group == group]
            counts = Counter(results[row.id].outcome if row.id in results else "not run" for row in rows)
            if counts:
                told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
                tr.line(f"  {group:<6} {title:<38} {told}")
        for row in catalogue:
            if row.id in results and results[row.id].outcome is not Outcome.PASSED:
                _write_result(tr, results[row.id])
        known = sum(result.outcome is Outcome.WAIVED for result in self._results)
        if known:
            tr.line(f"{known} known violation{'s' * (known != 1)} of {server}")
        said = verdict(self._results, catalogue)
        tr.write("verdict: ")
        tr.line(str(said), bold=True, **{_VERDICT_COLOURS[said]: True})


def _write_result(tr: pytest.TerminalReporter, result: Result) -> None:
    """Write what a requirement that was not simply kept asks for, and the first words of what was seen."""
    tr.write(f"{result.outcome} {result.id}", **{_COLOURS[result.outcome]: True})
    tr.line(f" ({result.level}): {result.title}")
    for line in textwrap.wrap(result.reason.partition("\n")[0], _WIDTH - 4, break_on_hyphens=False):
        tr.line(f"    {line}")
