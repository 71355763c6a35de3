"""The verdict on a terminal: what was tested, what held, what did not."""

from collections import Counter
from typing import Any

import pytest

from pytest_threadcopy.outcomes import result_of
from pytest_threadcopy.requirements import GROUPS, Outcome, Result, Verdict, verdict

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

    def __init__(self) -> None:
        self._results: list[Result] = []
        self._server = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep the result that a report carries."""
        result = result_of(report)
        if result:
            self._results.append(result)
            self._server = dict(report.user_properties).get("threadcopy_server", self._server)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the summary, if any contract test ran."""
        if not self._results:
            return
        tr = terminalreporter
        tr.section("thread copy contract")
        tr.line(f"deployment: {self._server}")
        for group, title in GROUPS.items():
            counts = Counter(result.outcome for result in self._results if result.group == group)
            if counts:
                told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
                tr.line(f"  {group:<6} {title:<40} {told}")
        for result in sorted(self._results, key=lambda result: result.id):
            if result.outcome is not Outcome.PASSED:
                tr.write(f"{result.outcome:>12}", **{_COLOURS[result.outcome]: True})
                tr.line(f" {result.id} {result.level}: {result.reason.partition(chr(10))[0]}")
        known = sum(result.outcome is Outcome.WAIVED for result in self._results)
        if known:
            tr.line(f"{known} known violation{'s' * (known != 1)} of {self._server}")
        said = verdict(self._results)
        tr.write("verdict: ")
        tr.line(str(said), bold=True, **{_VERDICT_COLOURS[said]: True})
