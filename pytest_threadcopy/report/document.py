"""Which requirements of a deployment are meant, in the report document, and whether it could be tested."""

from typing import Any

from pytest_threadcopy.report.run import NOT_REACHED
from pytest_threadcopy.requirements import Outcome, Verdict

Json = dict[str, Any]


def reached(deployment: Json) -> list[Json]:
    """Return the requirements that the run came to on a deployment, however they ended."""
    return [row for row in deployment["requirements"] if row["reason"] != NOT_REACHED]


def ended(rows: list[Json], *outcomes: Outcome) -> list[Json]:
    """Return the requirements that ended in one of these outcomes."""
    return [row for row in rows if row["outcome"] in outcomes]


def group_of(row: Json) -> str:
    """Return the group of a requirement, a key of ``GROUPS``."""
    return str(row["id"]).partition("-")[0]


def of_group(rows: list[Json], group: str) -> list[Json]:
    """Return the requirements of a group."""
    return [row for row in rows if group_of(row) == group]


def by_reason(rows: list[Json]) -> dict[str, list[Json]]:
    """Return the requirements that could not be tested, by the reason that they share."""
    reasons: dict[str, list[Json]] = {}
    for row in ended(rows, Outcome.UNTESTABLE):
        reasons.setdefault(row["reason"], []).append(row)
    return reasons


def was_tested(deployment: Json) -> bool:
    """Whether there is more to tell of a deployment than why it could not be tested."""
    return deployment["verdict"] not in (Verdict.NOT_IMPLEMENTED, Verdict.NO_VERDICT)


def obstacle(deployment: Json) -> str:
    """Return why a deployment could not be tested, in its own words; empty where it could."""
    return str(deployment["problem"] or deployment["capabilities"].get("no_copy") or "")


def server(deployment: Json) -> str:
    """Return the name of a deployment's server, and its version where that is known."""
    return " ".join(filter(None, deployment["server"].values()))
