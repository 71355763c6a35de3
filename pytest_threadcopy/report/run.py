"""What a run found, for every form of report."""

import time
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from pytest_threadcopy.catalogue import read_catalogue
from pytest_threadcopy.outcomes import result_of
from pytest_threadcopy.requirements import Level, Outcome, Result, Verdict, verdict
from pytest_threadcopy.session import DeploymentSession

Json = dict[str, Any]


class RunReport:
    """Gathers results as they come; hooks for the process that tells them, which is the controller's.

    ``results`` has one for each requirement that was tested, by id.
    """

    def __init__(self, session: DeploymentSession) -> None:
        self.session = session
        self.catalogue = read_catalogue()
        self.results: dict[str, Result] = {}
        self._started = datetime.now(UTC)
        self._start = time.monotonic()

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep the result that a report carries."""
        result = result_of(report)
        if result:
            self.results[result.id] = result

    def rows(self) -> list[Result]:
        """Return a result for each requirement of the contract; what was not reached is untestable."""
        return [
            self.results.get(row.id)
            or Result(row.id, row.level, row.title, Outcome.UNTESTABLE, "not reached in this run")
            for row in self.catalogue
        ]

    @property
    def verdict(self) -> Verdict:
        """What the run says of the deployment."""
        if self.session.found is None:
            return Verdict.NO_VERDICT
        if self.session.capabilities.get("no_copy"):
            return Verdict.NOT_IMPLEMENTED
        return verdict(self.rows())

    def as_json(self) -> Json:
        """Return the report of ``schemas/report.json``."""
        session, rows = self.session, self.rows()
        counts = {level: Counter(row.outcome for row in rows if row.level is level) for level in Level}
        return {
            "report": 1,
            "plugin": {"version": version("pytest-threadcopy")},
            "started": self._started.isoformat(),
            "seconds": round(time.monotonic() - self._start, 3),
            "deployments": [
                {
                    "name": session.settings.shown_url,
                    "url": session.settings.shown_url,
                    "server": {"name": session.server_name, "version": session.server_version},
                    "capabilities": session.capabilities,
                    "verdict": self.verdict,
                    "counts": {
                        level: {outcome: counts[level][outcome] for outcome in Outcome} for level in Level
                    },
                    "requirements": [
                        {
                            "id": row.id,
                            "level": row.level,
                            "title": row.title,
                            "outcome": row.outcome,
                            "reason": row.reason,
                            "seconds": row.seconds,
                            "requests": row.requests,
                        }
                        for row in rows
                    ],
                }
            ],
        }
