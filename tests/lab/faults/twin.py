"""The faultless twin: the faulty server with no fault chosen, on which nothing may be red."""

from tests.lab.faults.verdicts import Findings

TWIN_ARGUMENTS = {"serial": (), "-n 2": ("-p", "xdist", "-n", "2")}
"""How the contract is run on it."""

UNTESTABLE = {
    "ROB-13": "only the embedded server can be restarted",
    "SCALE-01": "asked for by an option",
}
"""What cannot be tested on it; everything else must pass."""


def alarms(found: Findings) -> list[str]:
    """Return what the contract says against the faultless twin; nothing where it is silent."""
    return [
        f"{row} is {outcome}: {found.reasons[row]}"
        for row, outcome in found.outcomes.items()
        if outcome != "passed" and not (outcome == "untestable" and row in UNTESTABLE)
    ]
