"""LangGraph's server in JavaScript, with the kit's JavaScript graphs."""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_threadcopy.embedded.server import HOST, OWN_VARIABLES, answers, free_port
from pytest_threadcopy.scenarios import JAVASCRIPT_GRAPHS, graph_paths
from tests.lab.servers.running import running

PROJECT = Path(__file__).with_name("javascript")


def install(lock: Path) -> Path:
    """Install the missing JavaScript packages; one xdist worker does it, and the others wait.

    Returns:
        The folder that holds ``node_modules``.
    """
    wanted, installed = PROJECT / "package.json", PROJECT / "node_modules" / ".package-lock.json"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not installed.exists() or installed.stat().st_mtime < wanted.stat().st_mtime:
            # No lock file: npm would write into it what the local registry has, without optional packages.
            command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=PROJECT, check=True)
    return PROJECT


@contextmanager
def javascript_server(modules: Path, folder: Path) -> Iterator[str]:
    """Run the server in a folder, and yield its URL.

    It runs on a copy of the graphs, since it writes to their folder and resolves packages from there.
    """
    graphs = Path(shutil.copy(JAVASCRIPT_GRAPHS, folder))
    (folder / "node_modules").symlink_to(modules / "node_modules", target_is_directory=True)
    (folder / "package.json").write_text('{"type": "module"}')
    config = {"node_version": "20", "dependencies": ["."], "graphs": graph_paths(Path(graphs.name))}
    (folder / "langgraph.json").write_text(json.dumps(config))
    port = free_port()
    cli = "node_modules/@langchain/langgraph-cli/dist/cli/cli.mjs"
    arguments = ["node", cli, "dev", "--host", HOST, "--port", str(port), "--no-browser"]
    environment = {**os.environ, **OWN_VARIABLES, "BROWSER": "none"}
    with running(arguments, folder, lambda: answers(port), environment):
        yield f"http://{HOST}:{port}"
