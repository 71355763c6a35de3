"""Runs the contract against the faulty server, once for each fault, and reads what it says."""

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from .exchange import HEADER
from .fault import Fault
from .identities import USER
from .server import ROOT

# Plugins that others installed would take more time to load than the contract takes to run.
PLAIN_PYTEST = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
CAUGHT = ("violated", "deviated")
SECONDS = 300.0
"""How long one run of the contract may take before something hangs."""


@dataclass(frozen=True)
class Findings:
    """What one run of the contract found: the outcome and the reason of each requirement, by its id."""

    outcomes: Mapping[str, str]
    reasons: Mapping[str, str]
    seconds: float

    @property
    def catches(self) -> list[str]:
        """The requirements that were seen to be broken."""
        return [row for row, outcome in self.outcomes.items() if outcome in CAUGHT]


class ContractBroke(Exception):
    """A run of the contract came to no report; the message is what pytest said."""


def run_contract(
    url: str, fault: Fault | None, *, select: str = "", arguments: Iterable[str] = ()
) -> Findings:
    """Run the contract, or what ``-k select`` picks of it, under a fault, or under none.

    Raises:
        ContractBroke: There is no report.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="threadcopy-faults-") as folder:
        report = Path(folder) / "report.json"
        plugin = fault.plugin if fault else None
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += ["-p", "pytest_threadcopy.plugin", *(["-p", plugin] if plugin else [])]
        command += ["--deployment-url", "embedded" if plugin else url, "--threadcopy-report", str(report)]
        command += ["--pyargs", "pytest_threadcopy.contract", *(["-k", select] if select else [])]
        done = subprocess.run(
            [*command, *(fault.options if fault else ()), *arguments],
            cwd=folder,  # away from the project's own settings of pytest
            env={**os.environ, **PLAIN_PYTEST, **_identities(fault)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if not report.is_file():
            raise ContractBroke(f"{fault and fault.name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        rows: list[dict[str, Any]] = json.loads(report.read_text())["deployments"][0]["requirements"]
    reached = [row for row in rows if row["reason"] != "not reached in this run"]
    return Findings(
        outcomes={row["id"]: row["outcome"] for row in reached},
        reasons={row["id"]: row["reason"] for row in reached},
        seconds=time.monotonic() - started,
    )


def _identities(fault: Fault | None) -> dict[str, str]:
    """Return, as the environment of a run, two users of its own who ask for a fault with each request."""
    run = uuid.uuid4().hex
    roles = {"DEPLOYMENT_HEADERS": "first", "DEPLOYMENT_SECOND_HEADERS": fault.second if fault else "second"}
    chosen = f"{HEADER}: {fault.name}" if fault else ""
    return {variable: f"{USER}: {run}-{role}\n{chosen}" for variable, role in roles.items()}


def run_all(
    urls: list[str], faults: Iterable[Fault], *, at_once: int, tell: Callable[[Fault, Findings], object]
) -> dict[str, Findings]:
    """Run the whole contract under each fault, spread over servers; return the findings by fault name."""
    found = {}
    with ThreadPoolExecutor(at_once) as pool:
        runs = [(fault, pool.submit(run_contract, url, fault)) for fault, url in zip(faults, cycle(urls))]
        for fault, run in runs:
            found[fault.name] = run.result()
            tell(fault, found[fault.name])
    return found
