"""What the contract finds on a deployment: the finding is recorded, and compared with later ones."""

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_threadcopy import assert_valid
from pytest_threadcopy.config.waivers import Waiver, read_waivers
from pytest_threadcopy.requirements import Outcome
from pytest_threadcopy.session.catalogue import read_catalogue
from tests.lab.deployments.servers import RECORDS, Deployment, Served
from tests.lab.runs import CONTRACT, run_pytest

RECORDED = RECORDS / "expected"
FAILED = (Outcome.VIOLATED, Outcome.DEVIATED)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Json = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """What the contract finds on a deployment and finds again at each run.

    ``outcomes`` has the outcome of each requirement, and ``reasons`` says why some are untestable.
    """

    verdict: str
    versions: Mapping[str, str]
    capabilities: Json
    outcomes: Mapping[str, str]
    reasons: Mapping[str, str]


def run_contract(served: Served) -> Json:
    """Run the whole contract on a deployment, and return the report."""
    with tempfile.TemporaryDirectory(prefix="threadcopy-run-") as name:
        report = Path(name, "report.json")
        arguments = ("--deployment-url", served.url, "--threadcopy-report", str(report))
        result = run_pytest(Path(name), *CONTRACT, *arguments, **served.environment)
        ended = result.ret in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        assert ended, f"the run broke off:\n{result.stdout}\n{result.stderr}"
        written: Json = json.loads(report.read_text(encoding="utf-8"))
    assert_valid(written, "report")
    return written


def finding_of(report: Json, served: Served) -> Finding:
    """Return what a report says about its deployment, without what differs from run to run."""
    (deployment,) = json.loads(_UUID.sub("ID", json.dumps(report["deployments"]).replace(served.url, "")))
    rows = deployment["requirements"]
    return Finding(
        verdict=deployment["verdict"],
        versions=dict(served.versions),
        capabilities=deployment["capabilities"],
        outcomes={row["id"]: row["outcome"] for row in rows},
        reasons={row["id"]: row["reason"] for row in rows if row["outcome"] == Outcome.UNTESTABLE},
    )


def recorded(name: str) -> Finding:
    """Return the recorded finding of a deployment."""
    return Finding(**json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8")))


def record(name: str, finding: Finding) -> None:
    """Record the finding of a deployment."""
    text = json.dumps(asdict(finding), indent=1, ensure_ascii=False)
    (RECORDED / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def changes(expected: Finding, finding: Finding, reasons: Mapping[str, str]) -> list[str]:
    """Return a line for each requirement whose outcome is not the expected one, and for the verdict.

    ``reasons`` says why a requirement has the outcome that it has in ``finding``.
    """
    lines = []
    if expected.verdict != finding.verdict:
        lines.append(f"the verdict is {finding.verdict}, and was {expected.verdict}")
    for id_ in sorted({*expected.outcomes, *finding.outcomes}):
        was, now = (
            expected.outcomes.get(id_, "not recorded"),
            finding.outcomes.get(id_, "not in the contract"),
        )
        if was != now:
            lines.append(f"{id_} is {now}, and was {was}: {reasons.get(id_, '')}")
    if lines and expected.versions != finding.versions:
        lines.append(f"recorded on {dict(expected.versions)}, now {dict(finding.versions)}")
    return lines


def explanations(deployment: Deployment) -> dict[str, Waiver]:
    """Return the explanations, written by hand, of a deployment's failures, by the requirement's id."""
    ids = {row.id for row in read_catalogue()}
    return {waiver.id: waiver for file in deployment.explained for waiver in read_waivers(file, ids)}
