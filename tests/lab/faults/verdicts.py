"""What a matrix of faults by requirements proves, and what it fails to prove."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pytest_threadcopy.session.catalogue import read_catalogue
from tests.lab.faults.fault import FAULTS, Fault

CAUGHT = ("violated", "deviated")

NO_FAULT_YET: dict[str, str] = {}
"""Requirement to the reason why no fault is meant for it. Shrinks; nothing is added without need."""

NEVER_ALONE = {
    "NEW-01": "where an answer names no thread, no other requirement can be tested: all fail",
    "SAME-01": "the others of SAME read histories too, and see the same; this one is the guide's own words",
    "SAME-05": "SAME-14 copies the same source, three times over",
    "SAME-13": "the plain sources of the others are written without a run too; this one does it both ways",
    "SAME-16": "a history has its checkpoints' metadata in it; this one says which key it is",
    "CONT-04": "other requirements of CONT resume a copy too; this one resumes the plainest",
    "ROB-01": "another answer breaks ROB-02 too, and a thread that is left behind ROB-07",
}
"""Requirement to the reason why no fault is caught by it alone of its group."""


@dataclass(frozen=True)
class Findings:
    """What one run of the contract found: the outcome and the reason of each requirement, by its id."""

    outcomes: Mapping[str, str]
    reasons: Mapping[str, str]
    seconds: float = 0.0

    @property
    def catches(self) -> list[str]:
        """The requirements that were seen to be broken."""
        return [row for row, outcome in self.outcomes.items() if outcome in CAUGHT]


def wrong_with(fault: Fault, found: Findings) -> list[str]:
    """Return, in sentences, what is wrong with how a fault was caught; nothing where it was well."""
    outcome = found.outcomes.get(fault.caught_by, "not reached")
    reason = found.reasons.get(fault.caught_by, "")
    wrong = [
        f"under {fault.name}, {row} is an error of the contract itself: {found.reasons[row]}"
        for row, known in found.outcomes.items()
        if known == "error"
    ]
    if outcome not in CAUGHT:
        wrong.append(f"{fault.name} is meant to be caught by {fault.caught_by}, which is {outcome}: {reason}")
    elif fault.says not in reason:
        wrong.append(f"{fault.caught_by} catches {fault.name}, but does not say {fault.says!r}: {reason}")
    return wrong


def without_fault() -> list[str]:
    """Return the requirements for which no fault is meant, and no reason stands."""
    meant = {fault.caught_by for fault in FAULTS.values()}
    return [row.id for row in read_catalogue() if row.id not in meant and row.id not in NO_FAULT_YET]


def caught_alone(caught: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return, for each requirement, the faults that it catches and no other of its group does.

    Args:
        caught: Fault to the requirements that catch it.
    """
    alone: dict[str, list[str]] = {row.id: [] for row in read_catalogue()}
    for fault, rows in caught.items():
        groups = [row.partition("-")[0] for row in rows]
        for row in rows:
            if groups.count(row.partition("-")[0]) == 1:
                alone[row].append(fault)
    return alone


def never_alone(caught: Mapping[str, Iterable[str]]) -> list[str]:
    """Return what is wrong with the reasons why a requirement catches nothing alone of its group."""
    alone = caught_alone(caught)
    known = [*NEVER_ALONE, *NO_FAULT_YET]
    missing = [
        f"{row} catches no fault alone of its group" for row in alone if not alone[row] and row not in known
    ]
    stale = [f"{row} catches {', '.join(alone[row])} alone of its group" for row in NEVER_ALONE if alone[row]]
    return missing + stale
