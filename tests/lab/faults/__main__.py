"""``python -m tests.lab.faults``: run the whole contract under every fault, and write ``docs/faults.md``.

``python -m tests.lab.faults FAULT ...`` runs it under these alone and prints what it says;
``python -m tests.lab.faults --twin 20`` runs it twenty times without a fault, serial and with ``-n 2``.
"""

import argparse
import sys
import time
from collections.abc import Sequence

from tests.lab.faults.catalogue import FAULTS
from tests.lab.faults.matrix import faulty_servers, run_all, run_contract
from tests.lab.faults.official import official_findings
from tests.lab.faults.page import PAGE, write_page
from tests.lab.faults.twin import TWIN_ARGUMENTS, alarms
from tests.lab.faults.verdicts import never_alone, without_fault, wrong_with


def main() -> int:
    """Run what was asked for.

    Returns:
        1 where a fault was not caught as it should be, or a faultless server raised an alarm.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.lab.faults")
    parser.add_argument("faults", nargs="*", choices=[*FAULTS, []], metavar="FAULT")
    parser.add_argument("--twin", type=int, metavar="RUNS", help="run without a fault, so many times")
    asked = parser.parse_args()
    started = time.monotonic()
    wrong = _twin(asked.twin) if asked.twin else _matrix(asked.faults)
    print(*wrong, f"{time.monotonic() - started:.0f} s, {len(wrong)} problems", sep="\n")
    return bool(wrong)


def _matrix(names: Sequence[str]) -> list[str]:
    chosen = [FAULTS[name] for name in names or FAULTS]
    caught, wrong = {}, []
    with faulty_servers() as urls:
        for fault, found in run_all(urls, [(fault, "") for fault in chosen]):
            caught[fault.name] = found.catches
            wrong += wrong_with(fault, found)
            print(
                f"{fault.name}: {' '.join(found.catches) or 'not caught'} ({found.seconds:.0f} s)", flush=True
            )
            if names:
                print(found.reasons.get(fault.caught_by))
    if names:
        return wrong
    wrong += [f"no fault is meant for {row}" for row in without_fault()] + never_alone(caught)
    PAGE.write_text(write_page(caught, official_findings(chosen)), encoding="utf-8")
    return wrong


def _twin(runs: int) -> list[str]:
    raised = []
    with faulty_servers() as urls:
        for run in range(runs):
            for mode, arguments in TWIN_ARGUMENTS.items():
                found = run_contract(urls[run % len(urls)], arguments=arguments)
                raised += [f"run {run + 1}, {mode}: {alarm}" for alarm in alarms(found)]
                print(f"run {run + 1}, {mode}: {found.seconds:.0f} s", flush=True)
    return raised


if __name__ == "__main__":
    sys.exit(main())
