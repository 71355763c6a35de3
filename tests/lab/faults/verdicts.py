"""What a matrix of faults and requirements proves, and which proofs are missing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pytest_threadcopy.session.catalogue import read_catalogue
from tests.lab.faults.fault import FAULTS, Fault

CAUGHT = ("violated", "deviated")

NO_FAULT_YET: dict[str, str] = {}
"""Requirement to the reason why no fault is meant for it."""

NEVER_ALONE = {
    "NEW-01": "if an answer names no thread, no other requirement can be tested: all fail",
    "SAME-01": "other requirements of SAME compare histories too; this one is the guide's sentence",
    "SAME-05": "SAME-14 copies the same source, three times",
    "SAME-13": "other requirements copy threads without a run too; this one tests both ways to write",
    "SAME-16": "a history contains the metadata of its checkpoints; this one names the key that differs",
    "CONT-04": "other requirements of CONT also resume a copy; this one resumes the simplest",
    "ROB-01": "another answer also fails ROB-02, and a thread that is left behind also fails ROB-07",
}
"""Requirement to the reason why it catches no fault that no other of its group catches."""


@dataclass(frozen=True)
class Findings:
    """The findings of one run of the contract: the outcome and the reason of each requirement, by its id."""

    outcomes: Mapping[str, str]
    reasons: Mapping[str, str]
    seconds: float = 0.0

    @property
    def catches(self) -> list[str]:
        """The requirements that fail."""
        return [row for row, outcome in self.outcomes.items() if outcome in CAUGHT]


def problems_with(fault: Fault, findings: Findings) -> list[str]:
    """Return a sentence for each problem with how a fault was caught."""
    outcome = findings.outcomes.get(fault.caught_by, "not reached")
    reason = findings.reasons.get(fault.caught_by, "")
    problems = [
        f"under {fault.name}, {row} is an error of the contract itself: {findings.reasons[row]}"
        for row, result in findings.outcomes.items()
        if result == "error"
    ]
    if outcome not in CAUGHT:
        problems.append(
            f"{fault.name} is meant to be caught by {fault.caught_by}, which is {outcome}: {reason}"
        )
    elif fault.says not in reason:
        problems.append(f"{fault.caught_by} catches {fault.name}, but does not say {fault.says!r}: {reason}")
    return problems


def without_fault() -> list[str]:
    """Return the requirements that have neither a fault meant for them nor a reason in `NO_FAULT_YET`."""
    meant = {fault.caught_by for fault in FAULTS.values()}
    return [row.id for row in read_catalogue() if row.id not in meant and row.id not in NO_FAULT_YET]


def caught_alone(caught: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return, for each requirement, the faults that no other requirement of its group catches.

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
    """Return the requirements that need a reason in `NEVER_ALONE`, and the reasons that no longer hold."""
    alone = caught_alone(caught)
    known = [*NEVER_ALONE, *NO_FAULT_YET]
    missing = [
        f"{row} catches no fault alone of its group" for row in alone if not alone[row] and row not in known
    ]
    stale = [f"{row} catches {', '.join(alone[row])} alone of its group" for row in NEVER_ALONE if alone[row]]
    return missing + stale
