"""The faultless twin: the faulty server without a fault. No requirement may fail on it."""

from tests.lab.faults.verdicts import Findings

TWIN_ARGUMENTS = {"serial": (), "-n 2": ("-p", "xdist", "-n", "2")}
"""The ways to run the contract on it, and the options of each."""

UNTESTABLE = {
    "ROB-13": "only the embedded server can be restarted",
    "SCALE-01": "asked for by an option",
}
"""The requirements that are untestable on it. All others must pass."""


def alarms(findings: Findings) -> list[str]:
    """Return a line for each requirement that should pass on the faultless twin and does not."""
    return [
        f"{row} is {outcome}: {findings.reasons[row]}"
        for row, outcome in findings.outcomes.items()
        if outcome != "passed" and not (outcome == "untestable" and row in UNTESTABLE)
    ]
