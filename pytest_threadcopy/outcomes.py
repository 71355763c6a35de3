"""Turns what pytest says of a contract test into the outcome of its requirement."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from pytest_threadcopy.catalogue import title_of
from pytest_threadcopy.requirements import Level, Outcome, Result
from pytest_threadcopy.session import DeploymentSession
from pytest_threadcopy.settings import EMBEDDED
from pytest_threadcopy.waivers import Waiver, read_waivers

MARKER = "threadcopy"
_PROPERTY = "threadcopy_"
KNOWN_VIOLATIONS = Path(__file__).parent / "embedded" / "known_violations.toml"


def untestable(reason: str) -> None:
    """End a contract test as untestable: say what the deployment, or the user, would have to give.

    Raises:
        pytest.skip.Exception: Always.
    """
    __tracebackhide__ = True
    pytest.skip(reason)


class Outcomes:
    """Hooks that judge each contract test, under the waivers and the strictness that the user chose."""

    def __init__(self, config: pytest.Config, session: DeploymentSession) -> None:
        settings = session.settings
        self._session = session
        self._strict = settings.strict
        self._full_traceback = config.getoption("tbstyle") not in ("auto", "short", "line", "no")
        self._waivers = read_waivers(Path(settings.waivers)) if settings.waivers else []
        if settings.url == EMBEDDED:
            self._waivers += read_waivers(KNOWN_VIOLATIONS)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Let ``-k`` pick a test by the id of its requirement."""
        for item in items:
            marker = item.get_closest_marker(MARKER)
            if marker:
                item.extra_keyword_matches.add(marker.args[0])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Judge a contract test when its report is made."""
        report = yield
        marker = item.get_closest_marker(MARKER)
        if marker and (report.when == "call" or (report.when == "setup" and not report.passed)):
            self._judge(item, marker, call, report)
        return report

    def _judge(
        self, item: pytest.Item, marker: pytest.Mark, call: pytest.CallInfo[None], report: pytest.TestReport
    ) -> None:
        requirement, level = marker.args
        title = title_of(getattr(getattr(item, "obj", None), "__doc__", None) or item.name)
        outcome, reason = _outcome(Level(level), call, report)
        waiver = self._waiver(requirement)
        if waiver and outcome in (Outcome.VIOLATED, Outcome.DEVIATED) and not waiver.is_expired:
            outcome, reason = Outcome.WAIVED, f"{waiver.reason}. Seen: {reason}"
        elif waiver and outcome is Outcome.PASSED:
            outcome = Outcome.STALE_WAIVER
            reason = f"waived ({waiver.reason}), yet kept: remove the waiver of {requirement}"
        elif waiver and waiver.is_expired:
            reason = f"{reason}\nIts waiver expired on {waiver.expires}: {waiver.reason}"
        if outcome is Outcome.WAIVED or (outcome is Outcome.DEVIATED and not self._strict):
            report.outcome = "skipped"
            report.wasxfail = reason.partition("\n")[0]
        elif outcome is Outcome.STALE_WAIVER:
            report.outcome = "failed"
            report.longrepr = f"{requirement}: {reason}"
        elif outcome in (Outcome.VIOLATED, Outcome.DEVIATED) and not self._full_traceback:
            report.longrepr = f"{requirement} ({level}): {title}\n\n{reason}"
        values = {
            "id": requirement,
            "level": level,
            "title": title,
            "outcome": outcome.value,
            "reason": reason,
        }
        # As properties they reach the JUnit file, and the controller under xdist.
        report.user_properties += [(_PROPERTY + key, value) for key, value in values.items()]

    def _waiver(self, requirement: str) -> Waiver | None:
        version = self._session.server_version
        found = (
            waiver for waiver in self._waivers if waiver.id == requirement and waiver.applies_to(version)
        )
        return next(found, None)

    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        """Count a broken harness as an error, and name the other outcomes in words."""
        result = result_of(report)
        if result and result.outcome is Outcome.ERROR and report.failed:
            return "error", "E", "ERROR"
        return None


def result_of(report: Any) -> Result | None:
    """Return the outcome that a report carries, or None for one that is no contract test's."""
    values = {
        key.removeprefix(_PROPERTY): value
        for key, value in getattr(report, "user_properties", ())
        if key.startswith(_PROPERTY)
    }
    if not values or report.when == "teardown":
        return None
    return Result(
        id=values["id"],
        level=Level(values["level"]),
        title=values["title"],
        outcome=Outcome(values["outcome"]),
        reason=values["reason"],
    )


def _outcome(level: Level, call: pytest.CallInfo[None], report: pytest.TestReport) -> tuple[Outcome, str]:
    if report.passed:
        return Outcome.PASSED, ""
    error = call.excinfo.value if call.excinfo else None
    if report.skipped:
        return Outcome.UNTESTABLE, str(getattr(error, "msg", error))
    if report.when == "call" and error is not None and _speaks_of_the_thread(error):
        return Outcome.VIOLATED if level is Level.MUST else Outcome.DEVIATED, str(error)
    return Outcome.ERROR, f"{type(error).__name__}: {error}"


def _speaks_of_the_thread(error: BaseException) -> bool:
    """Whether an error is the deployment's word about a thread, not the network's or a bug of ours."""
    from pytest_threadcopy.client import RunFailed
    from pytest_threadcopy.history import HistoryError
    from pytest_threadcopy.transport import ApiError

    if isinstance(error, ApiError):
        return error.is_about_the_thread
    return isinstance(error, AssertionError | HistoryError | RunFailed)
