"""``python -m tests.lab.faults``: run the whole contract under every fault, and write ``docs/faults.md``.

``python -m tests.lab.faults FAULT ...`` runs it under these faults alone, and prints the reasons;
``python -m tests.lab.faults --twin 20`` runs it twenty times without a fault, also with ``-n 2``.
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
from tests.lab.faults.verdicts import never_alone, problems_with, without_fault


def main() -> int:
    """Run what the command line asks for.

    Returns:
        1 if a fault is not caught as it should be, or if a requirement fails without a fault; else 0.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.lab.faults")
    parser.add_argument("faults", nargs="*", choices=[*FAULTS, []], metavar="FAULT")
    parser.add_argument("--twin", type=int, metavar="RUNS", help="run without a fault, this many times")
    options = parser.parse_args()
    started = time.monotonic()
    problems = _twin(options.twin) if options.twin else _matrix(options.faults)
    print(*problems, f"{time.monotonic() - started:.0f} s, {len(problems)} problems", sep="\n")
    return bool(problems)


def _matrix(names: Sequence[str]) -> list[str]:
    chosen = [FAULTS[name] for name in names or FAULTS]
    caught, problems = {}, []
    with faulty_servers() as urls:
        for fault, findings in run_all(urls, [(fault, "") for fault in chosen]):
            caught[fault.name] = findings.catches
            problems += problems_with(fault, findings)
            print(
                f"{fault.name}: {' '.join(findings.catches) or 'not caught'} ({findings.seconds:.0f} s)",
                flush=True,
            )
            if names:
                print(findings.reasons.get(fault.caught_by))
    if names:
        return problems
    problems += [f"no fault is meant for {row}" for row in without_fault()] + never_alone(caught)
    PAGE.write_text(write_page(caught, official_findings(chosen)), encoding="utf-8")
    return problems


def _twin(runs: int) -> list[str]:
    raised = []
    with faulty_servers() as urls:
        for run in range(runs):
            for mode, arguments in TWIN_ARGUMENTS.items():
                findings = run_contract(urls[run % len(urls)], arguments=arguments)
                raised += [f"run {run + 1}, {mode}: {alarm}" for alarm in alarms(findings)]
                print(f"run {run + 1}, {mode}: {findings.seconds:.0f} s", flush=True)
    return raised


if __name__ == "__main__":
    sys.exit(main())
