"""The report document of ``schemas/report.json`` as types, and what every form of report asks of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

from pytest_threadcopy.requirements import Level, Outcome, Verdict

if TYPE_CHECKING:
    from pytest_threadcopy.deployment.probe import Capabilities

NOT_REACHED = "not reached in this run"
"""The reason of a requirement that the run did not reach."""

IN_MEMORY = ("reached", "waiver", "rows")
"""The keys that only the document in memory has, and no file."""


class Checkpoint(TypedDict):
    """The outline of a checkpoint, without its values."""

    id: str | None
    parent: str | None
    step: int | None
    source: str | None
    next: list[str]
    interrupts: int
    error: bool
    subgraph: bool
    mark: Literal["same", "differs", "alone"]
    differs: list[str]


class Side(TypedDict):
    """One of two compared histories, newest first."""

    name: str
    thread_id: str | None
    checkpoints: list[Checkpoint]


class Comparison(TypedDict):
    """Two histories that a test compared.

    ``rows`` says for each row of a picture of them which sides have a checkpoint there.
    """

    equal: bool
    checkpoint_ns: str
    sides: list[Side]
    rows: NotRequired[Sequence[Sequence[bool]]]


class ResultRow(TypedDict):
    """A requirement, and how its test ended on one deployment.

    ``waiver`` is the reason of its waiver, and ``reached`` is false where the run did not reach it.
    """

    id: str
    level: Level
    title: str
    source: str
    outcome: Outcome
    reason: str
    reached: NotRequired[bool]
    waiver: NotRequired[str]
    seconds: float
    requests: int
    steps: list[str]
    reproduction: dict[str, str]
    comparisons: list[Comparison]


class Server(TypedDict):
    """The name and the version that a deployment's server says it has."""

    name: str
    version: str | None


Counts = dict[Outcome, int]


class Deployment(TypedDict):
    """What the run found on one deployment."""

    name: str
    url: str
    server: Server
    capabilities: "Capabilities"
    problem: str
    verdict: Verdict
    counts: dict[Level, Counts]
    requirements: list[ResultRow]


class Plugin(TypedDict):
    """The plugin that wrote the report."""

    version: str


class Report(TypedDict):
    """The whole document."""

    report: int
    plugin: Plugin
    started: str
    seconds: float
    deployments: list[Deployment]


def as_json(report: Report) -> dict[str, object]:
    """Return the document as a file has it, in the form of ``schemas/report.json``."""
    return {
        **report,
        "deployments": [
            {**one, "requirements": list(map(_row_as_json, one["requirements"]))}
            for one in report["deployments"]
        ],
    }


def _row_as_json(row: ResultRow) -> dict[str, object]:
    return _without_memory(row) | {"comparisons": list(map(_without_memory, row["comparisons"]))}


def _without_memory(typed: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in typed.items() if key not in IN_MEMORY}


def reached(rows: list[ResultRow]) -> list[ResultRow]:
    """Return the requirements that the run reached, however they ended."""
    return [row for row in rows if row.get("reached", True)]


def ended(rows: Iterable[ResultRow], *outcomes: Outcome) -> list[ResultRow]:
    """Return the requirements that ended in one of these outcomes."""
    return [row for row in rows if row["outcome"] in outcomes]


def of_level(rows: list[ResultRow], level: Level) -> list[ResultRow]:
    """Return the requirements of a level."""
    return [row for row in rows if row["level"] == level]


def group_of(row: ResultRow) -> str:
    """Return the group of a requirement, a key of ``GROUPS``."""
    return row["id"].partition("-")[0]


def of_group(rows: list[ResultRow], group: str) -> list[ResultRow]:
    """Return the requirements of a group."""
    return [row for row in rows if group_of(row) == group]


def counts_of(rows: list[ResultRow]) -> dict[Level, Counts]:
    """Return how many requirements of each level ended in each outcome."""
    counts = Counter((row["level"], row["outcome"]) for row in rows)
    return {level: {outcome: counts[level, outcome] for outcome in Outcome} for level in Level}


def by_reason(rows: list[ResultRow]) -> dict[str, list[ResultRow]]:
    """Return the requirements that could not be tested, grouped by their reason."""
    reasons: dict[str, list[ResultRow]] = {}
    for row in ended(rows, Outcome.UNTESTABLE):
        reasons.setdefault(row["reason"], []).append(row)
    return reasons


def side_by_side(deployments: list[Deployment]) -> list[tuple[ResultRow, ...]]:
    """Return each requirement with its results, one for each deployment."""
    return list(zip(*(one["requirements"] for one in deployments), strict=True))


def disagree(results: tuple[ResultRow, ...]) -> bool:
    """Whether a requirement did not end the same on all deployments."""
    return len({row["outcome"] for row in results}) > 1


def ended_anywhere(
    deployments: list[Deployment], outcome: Outcome
) -> list[list[tuple[ResultRow, Deployment]]]:
    """Return each requirement that ended in an outcome on a deployment, with all those deployments."""
    pairs = [
        [pair for pair in zip(results, deployments, strict=True) if pair[0]["outcome"] == outcome]
        for results in side_by_side(deployments)
    ]
    return list(filter(None, pairs))


def was_tested(deployment: Deployment) -> bool:
    """Whether the report of a deployment has more than the reason why nothing could be tested."""
    return deployment["verdict"] not in (Verdict.NOT_IMPLEMENTED, Verdict.NO_VERDICT)


def obstacle(deployment: Deployment) -> str:
    """Return why nothing could be tested on a deployment; empty where tests could run."""
    return deployment["problem"] or deployment["capabilities"].get("no_copy", "")


def server_text(deployment: Deployment) -> str:
    """Return the name of a deployment's server, and its version where that is known."""
    server = deployment["server"]
    return " ".join(filter(None, (server["name"], server["version"])))
