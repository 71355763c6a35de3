"""Gathers the results of a run, and makes the report document from them."""

import time
from datetime import UTC, datetime
from importlib.metadata import version
from typing import cast

import pytest

from pytest_threadcopy.report.document import (
    NOT_REACHED,
    Comparison,
    Deployment,
    Report,
    ResultRow,
    counts_of,
)
from pytest_threadcopy.report.marks import WORST_FIRST
from pytest_threadcopy.requirements import Outcome, Result, Verdict, verdict
from pytest_threadcopy.session.catalogue import read_catalogue
from pytest_threadcopy.session.outcomes import result_of
from pytest_threadcopy.session.session import DeploymentSession
from pytest_threadcopy.session.target import Target


class RunReport:
    """Hooks that gather the results of a run, in the process that reports them (under xdist the controller).

    ``results`` has a result for each requirement that was tested on a deployment, by the name of the
    deployment and the id of the requirement.
    """

    def __init__(self, session: DeploymentSession) -> None:
        self.session = session
        self.catalogue = read_catalogue()
        self.results: dict[tuple[str, str], Result] = {}
        self._started = datetime.now(UTC)
        self._start = time.monotonic()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Store the result that a test's report carries: the worst one, where a test ran more than once.

        A run of the test that pytest-rerunfailures repeats does not count.
        """
        result = result_of(report)
        if not result:
            return
        earlier = self.results.get((result.deployment, result.id))
        if not earlier or WORST_FIRST.index(result.outcome) <= WORST_FIRST.index(earlier.outcome):
            self.results[result.deployment, result.id] = result

    def _results_on(self, deployment: str) -> list[Result]:
        """Return a result for each requirement of the contract; one that was not reached is untestable."""
        return [
            self.results.get((deployment, row.id))
            or Result(
                id=row.id,
                level=row.level,
                title=row.title,
                source=row.source,
                outcome=Outcome.UNTESTABLE,
                reason=NOT_REACHED,
            )
            for row in self.catalogue
        ]

    def document(self) -> Report:
        """Return the report document in memory; `as_json` makes of it what a file has."""
        return {
            "report": 1,
            "plugin": {"version": version("pytest-threadcopy")},
            "started": self._started.isoformat(),
            "seconds": round(time.monotonic() - self._start, 3),
            "deployments": [self._deployment(target) for target in self.session.targets.values()],
        }

    def _deployment(self, target: Target) -> Deployment:
        redact = self.session.redact.json
        results = self._results_on(target.name)
        rows = [_row(one, reached=(target.name, one.id) in self.results) for one in results]
        return {
            "name": redact(target.name),
            "url": redact(target.settings.address.public_url),
            "server": {"name": redact(target.server_name), "version": redact(target.server_version)},
            "capabilities": redact(target.capabilities),
            "problem": redact(target.problem),
            "verdict": _verdict_on(target, results),
            "counts": counts_of(rows),
            "requirements": rows,
        }


def _verdict_on(target: Target, results: list[Result]) -> Verdict:
    if target.check_result is None or target.problem:
        return Verdict.NO_VERDICT
    return Verdict.NOT_IMPLEMENTED if target.capabilities.get("no_copy") else verdict(results)


def _row(result: Result, *, reached: bool) -> ResultRow:
    return {
        "id": result.id,
        "level": result.level,
        "title": result.title,
        "source": result.source,
        "outcome": result.outcome,
        "reason": result.full_reason,
        "reached": reached,
        "waiver": result.waiver,
        "seconds": result.seconds,
        "requests": result.requests,
        "steps": result.steps,
        "reproduction": result.reproduction,
        "comparisons": cast("list[Comparison]", result.comparisons),
    }
