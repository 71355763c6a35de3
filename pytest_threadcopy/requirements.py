"""What a requirement is, how testing it can end, and what a run of them says of the deployment."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

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


class Verdict(StrEnum):
    """What a run says of the deployment."""

    CONFORMANT = "conformant"
    CONFORMANT_WITH_WAIVERS = "conformant with waivers"
    INCOMPLETE = "incomplete"
    NOT_CONFORMANT = "not conformant"


@dataclass(frozen=True)
class Requirement:
    """One row of the contract: its id, its level, and the sentence that states it."""

    id: str
    level: Level
    title: str

    @property
    def group(self) -> str:
        """The group of the requirement, a key of `GROUPS`."""
        return self.id.partition("-")[0]


@dataclass(frozen=True)
class Result(Requirement):
    """How testing a requirement ended, and why."""

    outcome: Outcome
    reason: str = ""


def verdict(results: Iterable[Result], catalogue: Iterable[Requirement]) -> Verdict:
    """Return what ``results`` say together of a deployment, when these requirements were to be tested.

    A requirement of the catalogue without a result was not run, and what was not tested is never counted as
    kept. A stale waiver does not change what the deployment is, but the run fails for it.
    """
    results = list(results)
    outcome_of = {result.id: result.outcome for result in results}
    musts = {outcome_of.get(row.id, Outcome.UNTESTABLE) for row in catalogue if row.level is Level.MUST}
    if Outcome.VIOLATED in musts:
        return Verdict.NOT_CONFORMANT
    if not musts or musts & {Outcome.UNTESTABLE, Outcome.ERROR}:
        return Verdict.INCOMPLETE
    if Outcome.WAIVED in outcome_of.values():
        return Verdict.CONFORMANT_WITH_WAIVERS
    return Verdict.CONFORMANT
