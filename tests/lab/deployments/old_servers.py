"""``python -m tests.lab.deployments.old_servers [VERSION ...]``: runs the contract on old servers.

`make nightly` runs it. It installs each server once, below ``.cache``. It fails if a server does not start,
if a run does not end, or if a server violates a MUST that it is not known to violate.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pytest_threadcopy.embedded.server import HOST, OWN_VARIABLES, answers, free_port
from pytest_threadcopy.requirements import Level, Outcome
from pytest_threadcopy.scenarios import graph_paths
from tests.lab.deployments.findings import run_contract
from tests.lab.deployments.servers import Served
from tests.lab.servers.aegra import CACHE
from tests.lab.servers.javascript_server import javascript_server
from tests.lab.servers.running import running

# These have one cause, in every version: a copy on the in-memory checkpointer gains no new namespace.
NO_NAMESPACE = frozenset({"SAME-11", "CONT-03", "CONT-05", "CONT-06"})
LANGGRAPH = ("langgraph==1.2.24",)


@dataclass(frozen=True)
class OldServer:
    """A server of one version: its packages, and the MUSTs that it is known to violate."""

    version: str
    packages: tuple[str, ...]
    known: frozenset[str] = NO_NAMESPACE

    @property
    def is_python(self) -> bool:
        """Whether it is LangGraph's server in Python."""
        return self.packages[0].startswith("langgraph-api")

    @property
    def folder(self) -> Path:
        """The folder in which it is installed."""
        return CACHE / f"{'python' if self.is_python else 'javascript'}-{self.version}"


def _python(api: str, runtime: str, cli: str = "0.4.40", *others: str) -> OldServer:
    packages = (f"langgraph-api=={api}", f"langgraph-runtime-inmem=={runtime}", f"langgraph-cli=={cli}")
    return OldServer(api, (*packages, *(others or LANGGRAPH)))


def _javascript(version: str) -> OldServer:
    own = tuple(f"@langchain/langgraph-{name}@{version}" for name in ("api", "cli"))
    others = ("@langchain/langgraph@1.7.3", "@langchain/core@1.4.0", "@langchain/langgraph-sdk@2.0.0")
    return OldServer(version, (*own, *others, "typescript@5"), frozenset())


SERVERS = (
    _python("0.2.86", "0.3.4", "0.3.4", "langgraph==0.5.4", "langgraph-checkpoint==2.1.2"),
    _python("0.4.48", "0.14.1", "0.4.8"),
    _python("0.5.42", "0.20.1"),
    _python("0.6.39", "0.22.1"),
    _python("0.7.103", "0.27.4"),
    _python("0.8.7", "0.28.1"),
    _python("0.10.3", "0.30.3"),
    _python("0.12.12", "0.32.9"),
    _python("0.14.7", "0.34.4"),
    _python("0.17.0rc6", "0.37.0rc6"),
    _javascript("0.0.71"),
    _javascript("1.0.4"),
    _javascript("1.5.1"),
)


def install(server: OldServer) -> None:
    """Install a server, unless it is there."""
    folder, installed = server.folder, server.folder / "installed"
    if installed.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    if server.is_python:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *server.packages], check=True)
    else:
        (folder / "package.json").write_text(json.dumps({"private": True, "type": "module"}))
        # The old servers ask for older peers than those that they run with.
        npm = [
            "npm",
            "install",
            "--legacy-peer-deps",
            "--no-package-lock",
            "--no-audit",
            "--no-fund",
            "--silent",
        ]
        subprocess.run([*npm, *server.packages], cwd=folder, check=True)
    installed.touch()


@contextmanager
def started(server: OldServer) -> Iterator[str]:
    """Run a server with the kit's graphs, and yield its URL."""
    with tempfile.TemporaryDirectory(prefix="threadcopy-old-") as name:
        folder = Path(name)
        if not server.is_python:
            with javascript_server(server.folder, folder) as url:
                yield url
            return
        config = {"dependencies": ["."], "graphs": graph_paths()}
        (folder / "langgraph.json").write_text(json.dumps(config))
        port = free_port()
        program = [str(server.folder / "bin" / "python"), "-m", "langgraph_cli"]
        options = f"dev --no-browser --no-reload --host {HOST} --port {port} --n-jobs-per-worker 10"
        environment = {**os.environ, **OWN_VARIABLES}
        with running([*program, *options.split()], folder, lambda: answers(port), environment):
            yield f"http://{HOST}:{port}"


def unknown_violations(server: OldServer) -> tuple[str, list[str]]:
    """Run the contract on a server; return the verdict, and the violated MUSTs that are not known."""
    install(server)
    with started(server) as url:
        (deployment,) = run_contract(Served(url, {}))["deployments"]
    violated = {
        row["id"]
        for row in deployment["requirements"]
        if row["level"] == Level.MUST and row["outcome"] == Outcome.VIOLATED
    }
    return str(deployment["verdict"]), sorted(violated - server.known)


def main() -> int:
    """Run the contract on the servers that the command line names, or on all."""
    chosen = [server for server in SERVERS if server.version in sys.argv[1:] or len(sys.argv) == 1]
    if len(sys.argv) > 1 and len(chosen) < len(sys.argv) - 1:
        print(f"the servers are {', '.join(server.version for server in SERVERS)}", file=sys.stderr)
        return 2
    failed = False
    for server in chosen:
        verdict, unknown = unknown_violations(server)
        failed = failed or bool(unknown)
        words = f"also violates {', '.join(unknown)}" if unknown else "no new violation"
        print(f"{server.folder.name}: {verdict}, {words}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
