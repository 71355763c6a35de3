"""The verdict on a terminal: what was tested, what held, what did not."""

import textwrap
from collections import Counter

import pytest

from pytest_threadcopy.report.run import RunReport
from pytest_threadcopy.requirements import GROUPS, Outcome, Result, Verdict

_WIDTH = 80
_SHOWN_LINES = 3
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
    Verdict.NOT_IMPLEMENTED: "red",
    Verdict.NO_VERDICT: "red",
}


class TerminalReport:
    """A hook that prints the summary at the end."""

    def __init__(self, run: RunReport) -> None:
        self._run = run

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the summary, if any contract test ran."""
        run, session, tr = self._run, self._run.session, terminalreporter
        if not run.results:
            return
        server = " ".join(filter(None, (session.server_name, session.server_version)))
        tr.section("thread copy contract")
        tr.line(f"deployment: {session.settings.shown_url} ({server})")
        for group, title in GROUPS.items():
            ids = [row.id for row in run.catalogue if row.group == group]
            counts = Counter(run.results[id_].outcome if id_ in run.results else "not run" for id_ in ids)
            if counts:
                told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
                tr.line(f"  {group:<6} {title:<38} {told}")
        if run.verdict is Verdict.NOT_IMPLEMENTED:
            _write_reason(tr, f"copying is not implemented: {session.capabilities['no_copy']}")
        else:
            for result in run.rows():
                if result.id in run.results and result.outcome is not Outcome.PASSED:
                    _write_result(tr, result)
        known = sum(result.outcome is Outcome.WAIVED for result in run.results.values())
        if known:
            tr.line(f"{known} known violation{'s' * (known != 1)} of {server}")
        tr.write("verdict: ")
        tr.line(run.verdict.replace("-", " "), bold=True, **{_VERDICT_COLOURS[run.verdict]: True})


def _write_result(tr: pytest.TerminalReporter, result: Result) -> None:
    """Write what a requirement that was not simply kept asks for, and the first lines of what was seen."""
    tr.write(f"{result.outcome} {result.id}", **{_COLOURS[result.outcome]: True})
    tr.line(f" ({result.level}): {result.title}")
    _write_reason(tr, result.reason)


def _write_reason(tr: pytest.TerminalReporter, reason: str) -> None:
    for line in reason.splitlines()[:_SHOWN_LINES]:
        for part in textwrap.wrap(line.strip(), _WIDTH - 4, break_on_hyphens=False):
            tr.line(f"    {part}")
