"""What a run found, for every form of report."""

import time
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from pytest_threadcopy.requirements import WORST_FIRST, Level, Outcome, Result, Verdict, verdict
from pytest_threadcopy.session.catalogue import read_catalogue
from pytest_threadcopy.session.outcomes import result_of
from pytest_threadcopy.session.session import DeploymentSession
from pytest_threadcopy.session.target import Target

Json = dict[str, Any]
NOT_REACHED = "not reached in this run"


class RunReport:
    """Gathers results as they come; hooks for the process that tells them, which is the controller's.

    ``results`` has one for each requirement that was tested on a deployment, by that one's name and its id.
    """

    def __init__(self, session: DeploymentSession) -> None:
        self.session = session
        self.catalogue = read_catalogue()
        self.results: dict[tuple[str, str], Result] = {}
        self._started = datetime.now(UTC)
        self._start = time.monotonic()

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep the result that a report carries: the worst, where a test ran more than once.

        A run that pytest-rerunfailures repeats says nothing.
        """
        result = result_of(report)
        if not result or report.outcome == "rerun":
            return
        kept = self.results.get((result.deployment, result.id))
        if not kept or WORST_FIRST.index(result.outcome) <= WORST_FIRST.index(kept.outcome):
            self.results[result.deployment, result.id] = result

    def rows(self, deployment: str) -> list[Result]:
        """Return a result for each requirement of the contract; what was not reached is untestable."""
        return [
            self.results.get((deployment, row.id))
            or Result(**vars(row), outcome=Outcome.UNTESTABLE, reason=NOT_REACHED)
            for row in self.catalogue
        ]

    def verdict_on(self, target: Target) -> Verdict:
        """Return what the run says of a deployment."""
        if target.found is None or target.problem:
            return Verdict.NO_VERDICT
        if target.capabilities.get("no_copy"):
            return Verdict.NOT_IMPLEMENTED
        return verdict(self.rows(target.name))

    def as_json(self) -> Json:
        """Return the report of ``schemas/report.json``."""
        return {
            "report": 1,
            "plugin": {"version": version("pytest-threadcopy")},
            "started": self._started.isoformat(),
            "seconds": round(time.monotonic() - self._start, 3),
            "deployments": [self._deployment(target) for target in self.session.targets.values()],
        }

    def _deployment(self, target: Target) -> Json:
        shown = self.session.redact.json
        rows = self.rows(target.name)
        counts = {level: Counter(row.outcome for row in rows if row.level is level) for level in Level}
        return {
            "name": shown(target.name),
            "url": shown(target.settings.address.shown),
            "server": shown({"name": target.server_name, "version": target.server_version}),
            "capabilities": shown(target.capabilities),
            "problem": shown(target.problem),
            "verdict": self.verdict_on(target),
            "counts": {level: {outcome: counts[level][outcome] for outcome in Outcome} for level in Level},
            "requirements": [_requirement(row) for row in rows],
        }


def _requirement(row: Result) -> Json:
    told = asdict(row)
    del told["deployment"]
    return told
