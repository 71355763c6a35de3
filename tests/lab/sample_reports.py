"""Reports in the form of a real run's report: each requirement passed, except those that a test names."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, cast

from pytest_threadcopy import assert_valid
from pytest_threadcopy.report.document import NOT_REACHED, Deployment, Report, ResultRow, as_json, counts_of
from pytest_threadcopy.requirements import Outcome, Requirement, Result, verdict
from pytest_threadcopy.session.catalogue import read_catalogue

Json = dict[str, Any]

HOSTILE = (
    "</code></pre><script>alert(1)</script> <img src=x onerror=alert(1)> ![](//evil.example/x.png) "
    "[click](javascript:alert(1)) @octocat #1 | a | b \\| ``` `` ` ~~~ **bold** _it_ www.evil.example "
    "<!-- --> &lt; $x$ http://evil.example a@b.example\r\n```\r\n::error::forged\n\n# forged\n</details>\n"
    "::stop-commands::x\x1b]0;title\x07\u202e\ud800"
)
"""A text that a terminal, HTML, Markdown or GitHub's log could take for more than text."""


MISSED: Json = {"outcome": "untestable", "reason": NOT_REACHED, "reached": False}
"""The fields of the result of a requirement that the run did not reach."""


def sample_report(*deployments: Deployment) -> Report:
    """Return a report on these deployments, valid against its schema."""
    report = unchecked_report(*deployments)
    assert_valid(as_json(report), "report")
    return report


def unchecked_report(*deployments: Deployment) -> Report:
    """Return the same without validation: a test that makes many reports validates them in one place."""
    return {
        "report": 1,
        "plugin": {"version": "0.1.0"},
        "started": "2026-11-22T12:00:00+00:00",
        "seconds": 12.5,
        "deployments": list(deployments),
    }


def sample_deployment(
    name: str = "staging",
    outcomes: dict[str, Json] | None = None,
    rows: Iterable[Requirement] | None = None,
    **fields: Any,
) -> Deployment:
    """Return a deployment.

    Args:
        name: Its name.
        outcomes: The changed fields of results, by the ids of their requirements; all others passed.
        rows: The requirements; by default those of the contract.
        fields: Changed fields of the deployment itself.
    """
    changed = {
        id_: {"reason": "it is so", **row, "outcome": Outcome(row.get("outcome", "passed"))}
        for id_, row in (outcomes or {}).items()
    }
    unreached = {id_ for id_, row in changed.items() if not row.pop("reached", True)}
    passed = {"outcome": Outcome.PASSED, "seconds": 0.25, "requests": 7}
    results = [Result(**vars(row) | passed | changed.get(row.id, {})) for row in rows or read_catalogue()]
    deployment = {
        "name": name,
        "url": "https://staging.example",
        "server": {"name": "langgraph-api", "version": "0.16.7"},
        "capabilities": {},
        "problem": "",
        "verdict": verdict(results).value,
        "requirements": [_plain(row) | {"reached": row.id not in unreached} for row in results],
    } | fields
    return cast(
        "Deployment", deployment | {"counts": counts_of(cast("list[ResultRow]", deployment["requirements"]))}
    )


def _plain(row: Result) -> Json:
    return {
        key: value for key, value in asdict(row).items() if key not in ("deployment", "waiver", "expired")
    }
