"""Aegra, a server of another project with the same API, on its own PostgreSQL.

It needs a newer Python than the tests, so it is installed once, into its own environment.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from pytest_threadcopy.embedded.server import HOST, OWN_VARIABLES, free_port
from pytest_threadcopy.scenarios import graph_paths
from tests.lab.servers.running import running

VERSION = "0.11.0"
CACHE = Path(__file__).parents[3] / ".cache"
# Debian installs PostgreSQL's server programs outside of PATH.
DEBIAN = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
# PostgreSQL refuses to run as root; Debian's package makes this user and group for it.
POSTGRES_USER = "postgres"


def install() -> Path:
    """Install Aegra, unless it is installed; one xdist worker does it, and the others wait.

    Returns:
        The Python of its environment.
    """
    CACHE.mkdir(exist_ok=True)
    environment = CACHE / f"aegra-{VERSION}"
    python, installed = environment / "bin" / "python", environment / "installed"
    with (CACHE / "aegra.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not installed.exists():
            subprocess.run([find_python(), "-m", "venv", "--clear", str(environment)], check=True)
            pip = [str(python), "-m", "pip", "install", "--quiet", f"aegra-api=={VERSION}"]
            subprocess.run(pip, check=True)
            installed.touch()
    return python


def find_python() -> str:
    """Return a Python of at least 3.12, which Aegra needs: this one, one on the path, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    names = ("python3.12", "python3.13")
    installed = [str(path) for name in names for path in sorted(pyenv.glob(f"*/bin/{name}"))]
    for python in (sys.executable, *names, *installed):
        # pyenv also puts names of versions that are not chosen on the path; these names fail.
        code = "import sys, venv; sys.exit(sys.version_info < (3, 12))"
        if shutil.which(python) and _succeeds([python, "-c", code]):
            return python
    raise FileNotFoundError("the tests need Python 3.12 or 3.13 for Aegra: install one, or put it on PATH")


def versions(python: Path) -> dict[str, str]:
    """Return the versions of this deployment's main packages and of PostgreSQL."""
    listed = subprocess.run(
        [str(python), "-m", "pip", "list", "--format=json"], check=True, capture_output=True
    ).stdout
    packages = {package["name"]: package["version"] for package in json.loads(listed)}
    names = ("aegra-api", "langgraph", "langgraph-checkpoint-postgres")
    version = subprocess.run([_program("postgres"), "--version"], check=True, capture_output=True, text=True)
    return {name: packages[name] for name in names} | {"PostgreSQL": version.stdout.split()[2]}


@contextmanager
def aegra_server(python: Path) -> Iterator[str]:
    """Run Aegra with the kit's graphs, and yield its URL."""
    with tempfile.TemporaryDirectory(prefix="threadcopy-aegra-") as name, _postgres() as database:
        folder = Path(name)
        (folder / "aegra.json").write_text(json.dumps({"graphs": graph_paths()}))
        port = free_port()
        command = [str(python), "-m", "uvicorn", "aegra_api.main:app", "--host", HOST, "--port", str(port)]
        environment = {**os.environ, **OWN_VARIABLES, "DATABASE_URL": database, "LOG_LEVEL": "WARNING"}
        url = f"http://{HOST}:{port}"
        with running(command, folder, lambda: _is_healthy(url), environment):
            yield url


@contextmanager
def _postgres() -> Iterator[str]:
    """Run PostgreSQL with an empty database, and yield its address."""
    user = POSTGRES_USER if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="threadcopy-postgres-") as name:
        folder, port = Path(name), str(free_port())
        if user:
            shutil.chown(folder, user, user)
        data = str(folder / "data")
        initdb = [_program("initdb"), "--pgdata", data, "--username=threadcopy", "--auth=trust", "--no-sync"]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, user=user, group=user)
        settings = f"port={port} listen_addresses={HOST} unix_socket_directories= fsync=off".split()
        command = [_program("postgres"), "-D", data, *(part for one in settings for part in ("-c", one))]
        is_ready = [_program("pg_isready"), "--quiet", "--host", HOST, "--port", port]
        with running(command, folder, lambda: _succeeds(is_ready), os.environ, user):
            yield f"postgresql://threadcopy@{HOST}:{port}/postgres"


def _succeeds(command: Sequence[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _is_healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _program(name: str) -> str:
    path = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *DEBIAN]))
    if not path:
        raise FileNotFoundError(f"the tests need PostgreSQL's {name}: install Debian's postgresql")
    return path
