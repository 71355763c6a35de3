"""Turns what pytest says of a contract test into the outcome of its requirement."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from pytest_threadcopy.catalogue import read_catalogue, title_of
from pytest_threadcopy.options import EMBEDDED
from pytest_threadcopy.requirements import Level, Outcome, Result, Untestable
from pytest_threadcopy.session import DeploymentSession
from pytest_threadcopy.waivers import Waiver, read_waivers

MARKER = "threadcopy"
_PROPERTY = "threadcopy_"
_BROKEN = (Outcome.VIOLATED, Outcome.DEVIATED)
KNOWN_VIOLATIONS = Path(__file__).parent / "embedded" / "known_violations.toml"

_setup_seconds = pytest.StashKey[float]()


class Outcomes:
    """Hooks that judge each contract test, under the waivers and the strictness that the user chose."""

    def __init__(self, config: pytest.Config, session: DeploymentSession) -> None:
        settings = session.settings
        self._session = session
        self._strict = settings.strict
        self._full_traceback = config.getoption("tbstyle") not in ("auto", "short", "line", "no")
        self._requests = 0
        ids = {row.id for row in read_catalogue()}
        self._waivers = read_waivers(Path(settings.waivers), ids) if settings.waivers else []
        if settings.url == EMBEDDED:
            self._waivers += read_waivers(KNOWN_VIOLATIONS, ids)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Let ``-k`` pick a test by the id of its requirement."""
        for item in items:
            marker = item.get_closest_marker(MARKER)
            if marker:
                item.extra_keyword_matches.add(marker.args[0])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Test nothing where copying is not implemented: one reason, and not a failure each."""
        if item.get_closest_marker(MARKER) and self._session.capabilities.get("no_copy"):
            raise Untestable(f"copying is not implemented: {self._session.capabilities['no_copy']}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Judge a contract test when its report is made; skip any test that found itself untestable."""
        report = yield
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, Untestable):
            report.outcome = "skipped"
            report.longrepr = (str(item.path), (item.location[1] or 0) + 1, f"Skipped: {error}")
        if report.when == "setup":
            item.stash[_setup_seconds] = report.duration
        marker = item.get_closest_marker(MARKER)
        if marker and (report.when == "call" or (report.when == "setup" and not report.passed)):
            result = self._result(item, marker, error, report)
            self._apply(result, report)
            # As properties they reach the JUnit file, and the controller under xdist: as plain JSON.
            plain = vars(result) | {"level": result.level.value, "outcome": result.outcome.value}
            item.user_properties += [(_PROPERTY + key, value) for key, value in plain.items()]
            report.user_properties = list(item.user_properties)
        return report

    def _result(
        self, item: pytest.Item, marker: pytest.Mark, error: BaseException | None, report: pytest.TestReport
    ) -> Result:
        requirement, level = marker.args[0], Level(marker.args[1])
        outcome, reason = _outcome(level, error, report)
        waiver = self._waiver(requirement)
        if waiver and outcome in _BROKEN and not waiver.is_expired:
            outcome, reason = Outcome.WAIVED, f"{waiver.reason}. Seen: {reason}"
        elif waiver and outcome is Outcome.PASSED:
            outcome = Outcome.STALE_WAIVER
            reason = f"waived ({waiver.reason}), yet kept: remove the waiver of {requirement}"
        elif waiver and waiver.is_expired:
            reason = f"{reason}\nIts waiver expired on {waiver.expires}: {waiver.reason}"
        deployment = getattr(item, "funcargs", {}).get("deployment")
        requests = deployment.requests if deployment else self._requests
        self._requests, spent = requests, requests - self._requests
        return Result(
            id=requirement,
            level=level,
            title=title_of(getattr(getattr(item, "obj", None), "__doc__", None) or item.name),
            outcome=outcome,
            reason=reason,
            seconds=round(item.stash[_setup_seconds] + (report.duration if report.when == "call" else 0), 3),
            requests=spent,
        )

    def _apply(self, result: Result, report: pytest.TestReport) -> None:
        """Make pytest say of a test what the outcome of its requirement means."""
        strict_failure = self._strict and (
            result.outcome is Outcome.DEVIATED
            or (result.outcome is Outcome.UNTESTABLE and result.level is Level.MUST)
        )
        if result.outcome is Outcome.WAIVED or (result.outcome is Outcome.DEVIATED and not self._strict):
            report.outcome = "skipped"
            report.wasxfail = result.reason.partition("\n")[0]
        elif result.outcome is Outcome.STALE_WAIVER or strict_failure:
            report.outcome = "failed"
        if report.failed and result.outcome is not Outcome.ERROR and not self._full_traceback:
            report.longrepr = f"{result.id} ({result.level}): {result.title}\n\n{result.reason}"

    def _waiver(self, requirement: str) -> Waiver | None:
        version = self._session.server_version
        own = (waiver for waiver in self._waivers if waiver.id == requirement)
        return next((waiver for waiver in own if waiver.applies_to(version)), None)

    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        """Count a broken harness as an error."""
        result = result_of(report)
        if result and result.outcome is Outcome.ERROR and report.failed:
            return "error", "E", "ERROR"
        return None


def result_of(report: Any) -> Result | None:
    """Return the outcome that a report carries, or None for one that is no contract test's."""
    properties = getattr(report, "user_properties", ())
    values = {key.removeprefix(_PROPERTY): value for key, value in properties if key.startswith(_PROPERTY)}
    if not values or report.when == "teardown":
        return None
    return Result(**(values | {"level": Level(values["level"]), "outcome": Outcome(values["outcome"])}))


def _outcome(level: Level, error: BaseException | None, report: pytest.TestReport) -> tuple[Outcome, str]:
    if report.passed:
        return Outcome.PASSED, ""
    if report.skipped:
        return Outcome.UNTESTABLE, str(error)
    if report.when == "call" and error is not None and _speaks_of_the_thread(error):
        # pytest adds what its rewritten assert compared; our messages have said it in words.
        reason = str(error).partition("\nassert ")[0]
        return Outcome.VIOLATED if level is Level.MUST else Outcome.DEVIATED, reason
    return Outcome.ERROR, f"{type(error).__name__}: {error}"


def _speaks_of_the_thread(error: BaseException) -> bool:
    """Whether an error is the deployment's word about a thread, not the network's or a bug of ours."""
    from pytest_threadcopy.client import RunFailed
    from pytest_threadcopy.history import HistoryError
    from pytest_threadcopy.transport import ApiError

    if isinstance(error, ApiError):
        return error.is_about_the_thread
    return isinstance(error, AssertionError | HistoryError | RunFailed)
