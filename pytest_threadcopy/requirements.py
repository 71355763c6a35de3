"""Requirements, the outcomes of their tests, and the verdict that follows from all outcomes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from pytest_threadcopy.schemas import Json

GROUPS = {
    "NEW": "the copy is a thread of its own",
    "SAME": "its history is the source's history",
    "CONT": "runs continue on the copy",
    "INDEP": "neither affects the other",
    "ROB": "wrong requests are refused",
    "FORM": "responses keep their schema",
    "SCALE": "long histories are copied in time",
}


class Level(StrEnum):
    """How binding a requirement is."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Outcome(StrEnum):
    """How the test of a requirement ended (contract, "Levels and outcomes")."""

    PASSED = "passed"
    VIOLATED = "violated"
    DEVIATED = "deviated"
    WAIVED = "waived"
    STALE_WAIVER = "stale-waiver"
    UNTESTABLE = "untestable"
    ERROR = "error"


class Verdict(StrEnum):
    """The answer of a run to the question whether threads can be forked on a deployment."""

    CONFORMANT = "conformant"
    CONFORMANT_WITH_WAIVERS = "conformant-with-waivers"
    INCOMPLETE = "incomplete"
    NOT_CONFORMANT = "not-conformant"
    NOT_IMPLEMENTED = "not-implemented"
    NO_VERDICT = "no-verdict"


class Untestable(Exception):
    """A requirement cannot be tested; the message says what the deployment or the user must provide."""


@dataclass(frozen=True)
class Requirement:
    """One row of the contract: its id, its level, the sentence that states it, and its source."""

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
    """How the test of a requirement ended on a deployment, and why.

    Where the requirement fails, ``steps`` are what the test did, and ``reproduction`` has a script in each
    language that does it again. ``comparisons`` are outlines of the histories that the test compared
    (``schemas/report.json``). ``waiver`` is the reason of the waiver of the requirement, and ``expired`` the
    date on which that waiver expired.
    """

    outcome: Outcome
    reason: str = ""
    waiver: str = ""
    expired: str = ""
    seconds: float = 0.0
    requests: int = 0
    deployment: str = ""
    steps: list[str] = field(default_factory=list)
    reproduction: dict[str, str] = field(default_factory=dict)
    comparisons: list[Json] = field(default_factory=list)

    @property
    def full_reason(self) -> str:
        """The reason, and the reason of the waiver if the requirement has one."""
        if self.waiver and self.outcome is Outcome.WAIVED:
            return f"{self.waiver}. Seen: {self.reason}"
        if self.outcome is Outcome.STALE_WAIVER:
            return f"passes although waived ({self.waiver}): remove the waiver of {self.id}"
        if self.expired:
            return f"{self.reason}\nIts waiver expired on {self.expired}: {self.waiver}"
        return self.reason


def verdict(rows: Iterable[Result]) -> Verdict:
    """Return the verdict on a deployment, from the results of all requirements of the contract.

    A requirement that was not tested never counts as passed. A stale waiver fails the run, but does not
    change the verdict.
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
