"""Runs the contract on the faulty server, once for each fault, and reads the reports."""

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

from pytest_threadcopy.embedded import EmbeddedServer
from pytest_threadcopy.report.document import NOT_REACHED
from pytest_threadcopy.reproduction.explain import NO_STEPS
from tests.lab.faults.exchange import HEADER
from tests.lab.faults.fault import Fault
from tests.lab.faults.identities import USER
from tests.lab.faults.server import ROOT, faulty_server
from tests.lab.faults.verdicts import Findings

SERVERS = 2
"""How many servers run at once: each process uses one core."""
AT_ONCE = 10
"""How many runs of the contract go on at once. A run waits most of the time."""
SECONDS = 300.0
"""The time limit of one run."""
# To load the other plugins that are installed would take longer than to run the contract.
PLAIN_PYTEST = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}


class ContractBroke(Exception):
    """A run of the contract wrote no report, or a failure in the report is not explained."""


@contextmanager
def faulty_servers() -> Iterator[list[str]]:
    """Start the servers, and yield their URLs."""
    servers: list[EmbeddedServer] = [faulty_server() for _ in range(SERVERS)]
    with ExitStack() as stack:
        for server in servers:
            stack.callback(server.stop)
        with ThreadPoolExecutor(SERVERS) as pool:
            list(pool.map(EmbeddedServer.start, servers))
        yield [server.url for server in servers]


def run_contract(
    url: str, fault: Fault | None = None, *, select: str = "", arguments: Sequence[str] = ()
) -> Findings:
    """Run the contract, or what ``-k select`` picks of it, under a fault, or under none.

    Raises:
        ContractBroke: There is no report, or a failure in it is not explained.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="threadcopy-faults-") as folder:
        report = Path(folder) / "report.json"
        if fault and fault.plugin:
            url, select, arguments = "embedded", fault.caught_by, [*arguments, "-p", fault.plugin]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += ["-p", "pytest_threadcopy.plugin", "--pyargs", "pytest_threadcopy.contract"]
        command += ["--deployment-url", url, "--threadcopy-report", str(report)]
        command += [*arguments, *(fault.options if fault else ()), *(["-k", select] if select else [])]
        done = subprocess.run(
            command,
            cwd=folder,  # where the project's own pytest settings do not apply
            env={**os.environ, **PLAIN_PYTEST, **_identities(fault)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if not report.is_file():
            raise ContractBroke(f"{fault.name if fault else 'no fault'}: {done.stdout}{done.stderr}"[-4000:])
        rows: list[dict[str, Any]] = json.loads(report.read_text())["deployments"][0]["requirements"]
    reached = [row for row in rows if row["reason"] != NOT_REACHED]
    unexplained = [row["id"] for row in reached if NO_STEPS in " ".join(row["steps"])]
    if unexplained:
        raise ContractBroke(f"{fault.name if fault else 'no fault'}: unexplained: {unexplained}")
    return Findings(
        outcomes={row["id"]: row["outcome"] for row in reached},
        reasons={row["id"]: row["reason"] for row in reached},
        seconds=time.monotonic() - started,
    )


def _identities(fault: Fault | None) -> dict[str, str]:
    """Return the environment of a run: the headers of two new users, which also name the fault."""
    run = uuid.uuid4().hex
    roles = {"DEPLOYMENT_HEADERS": "first", "DEPLOYMENT_SECOND_HEADERS": fault.second if fault else "second"}
    chosen = f"{HEADER}: {fault.name}" if fault else ""
    return {variable: f"{USER}: {run}-{role}\n{chosen}" for variable, role in roles.items()}


def run_all(urls: Iterable[str], faults: Iterable[tuple[Fault, str]]) -> Iterator[tuple[Fault, Findings]]:
    """Run the contract, or a part of it, under each fault, and yield the findings of each run.

    Args:
        urls: The faulty servers, which take the runs in turn.
        faults: Each fault with the ``-k`` expression of its run; an empty one selects the whole contract.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = [
            (fault, pool.submit(run_contract, url, fault, select=select))
            for (fault, select), url in zip(faults, cycle(urls), strict=False)
        ]
        for fault, run in runs:
            yield fault, run.result()
