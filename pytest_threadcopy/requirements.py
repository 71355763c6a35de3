"""What a requirement is, how testing it can end, and what a run of them says of the deployment."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

GROUPS = {
    "NEW": "the copy is a thread of its own",
    "SAME": "its history is the source's history",
    "CONT": "runs go on, on the copy",
    "INDEP": "neither affects the other",
    "ROB": "what is wrong is refused",
    "FORM": "responses keep their schema",
    "SCALE": "long histories are copied in time",
}


class Level(StrEnum):
    """How binding a requirement is."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Outcome(StrEnum):
    """How testing a requirement ended (contract, "Levels and outcomes")."""

    PASSED = "passed"
    VIOLATED = "violated"
    DEVIATED = "deviated"
    WAIVED = "waived"
    STALE_WAIVER = "stale-waiver"
    UNTESTABLE = "untestable"
    ERROR = "error"


WORST_FIRST = (
    Outcome.VIOLATED,
    Outcome.ERROR,
    Outcome.STALE_WAIVER,
    Outcome.DEVIATED,
    Outcome.WAIVED,
    Outcome.UNTESTABLE,
    Outcome.PASSED,
)
"""The order in which every report tells of outcomes."""
OPEN = WORST_FIRST[: WORST_FIRST.index(Outcome.WAIVED)]
"""The outcomes about which somebody should do something."""


class Verdict(StrEnum):
    """What a run says of the deployment."""

    CONFORMANT = "conformant"
    CONFORMANT_WITH_WAIVERS = "conformant-with-waivers"
    INCOMPLETE = "incomplete"
    NOT_CONFORMANT = "not-conformant"
    NOT_IMPLEMENTED = "not-implemented"
    NO_VERDICT = "no-verdict"


class Untestable(Exception):
    """A requirement cannot be tested; says what the deployment, or the user, would have to give."""


@dataclass(frozen=True)
class Requirement:
    """One row of the contract: its id, its level, the sentence that states it, and where it comes from."""

    id: str
    level: Level
    title: str
    source: str

    @property
    def group(self) -> str:
        """The group of the requirement, a key of `GROUPS`."""
        return self.id.partition("-")[0]


@dataclass(frozen=True, kw_only=True)
class Result(Requirement):
    """How testing a requirement ended on a deployment, and why.

    Where it was broken, ``steps`` tells what was done and ``reproduction`` how to do it again, a script for
    each language. ``comparisons`` outlines the histories that were compared (``schemas/report.json``).
    """

    outcome: Outcome
    reason: str = ""
    seconds: float = 0.0
    requests: int = 0
    deployment: str = ""
    steps: list[str] = field(default_factory=list)
    reproduction: dict[str, str] = field(default_factory=dict)
    comparisons: list[dict[str, Any]] = field(default_factory=list)


def verdict(rows: Iterable[Result]) -> Verdict:
    """Return what the results for all requirements of the contract say together of a deployment.

    What was not tested is never counted as kept. A stale waiver does not change what the deployment is, but
    the run fails for it.
    """
    rows = list(rows)
    musts = {row.outcome for row in rows if row.level is Level.MUST}
    if Outcome.VIOLATED in musts:
        return Verdict.NOT_CONFORMANT
    if not musts or musts & {Outcome.UNTESTABLE, Outcome.ERROR}:
        return Verdict.INCOMPLETE
    if any(row.outcome is Outcome.WAIVED for row in rows):
        return Verdict.CONFORMANT_WITH_WAIVERS
    return Verdict.CONFORMANT
