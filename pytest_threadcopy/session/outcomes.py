"""Turns pytest's report of a contract test into the outcome of its requirement."""

from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any

import pytest

from pytest_threadcopy.config.waivers import Waiver
from pytest_threadcopy.requirements import Level, Outcome, Requirement, Result, Untestable
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.session.catalogue import source_of, title_of
from pytest_threadcopy.session.failure import failure_text
from pytest_threadcopy.session.session import DEPLOYMENT, DeploymentSession
from pytest_threadcopy.session.target import Target
from pytest_threadcopy.text.terminal import one_line

if TYPE_CHECKING:
    from pytest_threadcopy.deployment.deployment import Deployment

MARKER = "threadcopy"
_PROPERTY = "threadcopy_"
_RESULT = "threadcopy_result"
_NOT_IN_JUNIT = ("waiver", "expired", "steps", "reproduction", "comparisons")
_FAILED = (Outcome.VIOLATED, Outcome.DEVIATED)

_setup_seconds = pytest.StashKey[float]()
_comparisons = pytest.StashKey[list[Json]]()


class Outcomes:
    """Hooks that judge each contract test, under the waivers and the strictness that the user chose."""

    def __init__(
        self,
        config: pytest.Config,
        session: DeploymentSession,
        catalogue: Iterable[Requirement],
        *,
        strict: bool,
    ) -> None:
        self._session = session
        self._strict = strict
        self._traceback_style = config.getoption("tbstyle", "auto")  # not there without a terminal
        self._requests: dict[str, int] = {}
        self._out_of_time = (
            f"the run's time limit of {session.total_timeout:g} seconds was reached "
            "(--threadcopy-total-timeout)"
        )
        self._catalogue = {row.id: row for row in catalogue}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Let ``-k`` pick a test by the id of its requirement."""
        for item in items:
            marker = item.get_closest_marker(MARKER)
            if marker:
                item.extra_keyword_matches.add(marker.args[0])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip a test if the run's time is over, or if its deployment cannot be tested."""
        # A test that pytest-rerunfailures runs again still carries its last result.
        item.user_properties[:] = [one for one in item.user_properties if not one[0].startswith(_PROPERTY)]
        if DEPLOYMENT not in getattr(item, "fixturenames", ()):
            return
        if self._session.is_out_of_time:
            raise Untestable(self._out_of_time)
        target = self._session.target_of(item)
        if target.problem:
            raise Untestable(f"deployment {target.name} cannot be tested: {target.problem}")
        if item.get_closest_marker(MARKER) and target.capabilities.get("no_copy"):
            raise Untestable(f"copying is not implemented: {target.capabilities['no_copy']}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Judge a contract test when its report is made; skip any test that raised `Untestable`."""
        report = yield
        error = call.excinfo.value if call.excinfo else None
        if self._session.is_out_of_time:
            from pytest_threadcopy.wire.transport import NoAnswer

            error = Untestable(self._out_of_time) if isinstance(error, NoAnswer) else error
        if isinstance(error, Untestable):
            line = (item.location[1] or 0) + 1
            report.outcome = "skipped"
            report.longrepr = (str(item.path), line, f"Skipped: {one_line(str(error))}")
        if report.when == "setup":
            item.stash[_setup_seconds] = report.duration
        marker = item.get_closest_marker(MARKER)
        if marker and (report.when == "call" or (report.when == "setup" and not report.passed)):
            result = self._result(item, marker, error, report)
            self._apply(result, report, error)
            # Under xdist the controller gets the result as plain JSON. Properties reach the JUnit file.
            plain = vars(result) | {"level": result.level.value, "outcome": result.outcome.value}
            setattr(report, _RESULT, plain)
            properties = plain | {"reason": result.full_reason}
            item.user_properties += [
                (_PROPERTY + key, value) for key, value in properties.items() if key not in _NOT_IN_JUNIT
            ]
            report.user_properties = list(item.user_properties)
        return report

    def comparisons_of(self, item: pytest.Item) -> list[Json]:
        """Return the list in which a test keeps the histories that it compared (``schemas/report.json``)."""
        return item.stash.setdefault(_comparisons, [])

    def _result(
        self, item: pytest.Item, marker: pytest.Mark, error: BaseException | None, report: pytest.TestReport
    ) -> Result:
        from pytest_threadcopy.reproduction.explain import Explanation

        requirement, level = marker.args[0], Level(marker.args[1])
        target = self._session.target_of(item)
        outcome, reason = _outcome(level, error, report)
        deployment = _deployment_of(item)
        before = self._requests.get(target.name, 0)
        self._requests[target.name] = deployment.requests if deployment else before
        explanation = deployment.explain(error) if deployment and outcome in _FAILED else Explanation()
        waiver = _waiver(requirement, target)
        if waiver and outcome is Outcome.PASSED:
            outcome = Outcome.STALE_WAIVER
        elif waiver and outcome in _FAILED and not waiver.is_expired:
            outcome = Outcome.WAIVED
        row = self._catalogue.get(requirement)
        redact = self._session.redact.json
        docstring = getattr(getattr(item, "obj", None), "__doc__", None)  # None under python -OO
        return Result(
            id=requirement,
            level=level,
            title=title_of(docstring) if docstring else row.title if row else item.name,
            source=source_of(docstring) if docstring else row.source if row else "",
            outcome=outcome,
            reason=redact(reason),
            waiver=redact(waiver.reason) if waiver else "",
            expired=str(waiver.expires) if waiver and waiver.is_expired else "",
            seconds=round(item.stash[_setup_seconds] + (report.duration if report.when == "call" else 0), 3),
            requests=self._requests[target.name] - before,
            deployment=target.name,
            steps=redact(explanation.steps),
            reproduction=redact(explanation.reproduction),
            comparisons=redact(self.comparisons_of(item)),
        )

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Forget the requests of a test once it has been judged."""
        deployment = _deployment_of(item)
        if deployment:
            deployment.record.forget()

    def _apply(self, result: Result, report: pytest.TestReport, error: BaseException | None) -> None:
        """Set pytest's outcome in the report of a test, by the outcome of its requirement."""
        from pytest_threadcopy.wire.transport import DeploymentError

        strict_failure = self._strict and (
            result.outcome is Outcome.DEVIATED
            or (result.outcome is Outcome.UNTESTABLE and result.level is Level.MUST)
        )
        if result.outcome is Outcome.WAIVED or (result.outcome is Outcome.DEVIATED and not self._strict):
            report.outcome = "skipped"
            report.wasxfail = one_line(result.full_reason.partition("\n")[0])
        elif result.outcome is Outcome.STALE_WAIVER or strict_failure:
            report.outcome = "failed"
        in_words = result.outcome is not Outcome.ERROR or isinstance(error, DeploymentError)
        fails = report.failed or hasattr(report, "wasxfail")  # pytest shows the latter for --xfail-tb
        if fails and in_words and self._traceback_style in ("auto", "short", "no"):
            report.longrepr = failure_text(result, short=self._traceback_style == "short")


def _waiver(requirement: str, target: Target) -> Waiver | None:
    """Return the waiver of a requirement on a deployment: one that is in force before one that expired."""
    waivers = [waiver for waiver in target.settings.waivers if waiver.id == requirement]
    applying = [waiver for waiver in waivers if waiver.applies_to(target.name, target.server_version)]
    return min(applying, key=lambda waiver: waiver.is_expired, default=None)


def _deployment_of(item: pytest.Item) -> "Deployment | None":
    """Return the deployment that a test used, None if a fixture of the user overrides ours."""
    from pytest_threadcopy.deployment.deployment import Deployment

    value = getattr(item, "funcargs", {}).get(DEPLOYMENT)
    return value if isinstance(value, Deployment) else None


def result_of(report: Any) -> Result | None:
    """Return the result that the report of a contract test carries; None if the test will run again."""
    plain = getattr(report, _RESULT, None)
    if not plain or report.outcome == "rerun":
        return None
    return Result(**plain | {"level": Level(plain["level"]), "outcome": Outcome(plain["outcome"])})


def _outcome(level: Level, error: BaseException | None, report: pytest.TestReport) -> tuple[Outcome, str]:
    from pytest_threadcopy.api.client import RunFailed
    from pytest_threadcopy.api.history import HistoryError
    from pytest_threadcopy.wire.transport import ApiError, DeploymentError

    if report.passed:
        return Outcome.PASSED, ""
    if report.skipped:
        return Outcome.UNTESTABLE, str(error)
    is_about_the_thread = isinstance(error, AssertionError | HistoryError | RunFailed) or (
        isinstance(error, ApiError) and error.is_about_the_thread
    )
    if report.when == "call" and is_about_the_thread:
        reason = "\n".join([str(error), *getattr(error, "__notes__", [])])
        return Outcome.VIOLATED if level is Level.MUST else Outcome.DEVIATED, reason
    in_words = str(error) if isinstance(error, DeploymentError) else f"{type(error).__name__}: {error}"
    return Outcome.ERROR, in_words
