"""The real servers of the tests. Each starts at its first use, once in each process.

pytest loads this file for ``make contract`` too, so it imports nothing of the ``dev`` group.
"""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_threadcopy.embedded import EmbeddedServer
from tests.lab.servers import javascript_server

pytest_plugins = ["pytester"]

FAITHFUL_SAVER = Path(__file__).parent / "lab" / "servers" / "faithful_saver.py"


def pytest_configure() -> None:
    """Let the tests send Ctrl-C: a background job of a shell, and its children, would ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def embedded_url() -> Iterator[str]:
    """The URL of the reference server as it is, faults included."""
    with EmbeddedServer() as server:
        yield server.url


@pytest.fixture(scope="module")
def untouched_url() -> Iterator[str]:
    """The URL of a reference server for one module, whose tests count threads or leave some."""
    with EmbeddedServer() as server:
        yield server.url


@pytest.fixture(scope="session")
def faithful_url() -> Iterator[str]:
    """The URL of the reference server on a checkpointer that copies threads correctly."""
    with EmbeddedServer({"checkpointer": {"path": f"{FAITHFUL_SAVER.as_posix()}:make"}}) as server:
        yield server.url


@pytest.fixture(scope="session")
def javascript_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose ``node_modules`` holds the JavaScript server and SDK."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.fail("the tests need node and npm: a real server that is skipped is a hole")
    return javascript_server.install(tmp_path_factory.getbasetemp().parent / "npm.lock")


@pytest.fixture(scope="session")
def javascript_url(javascript_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the JavaScript server with the kit in JavaScript."""
    with javascript_server.javascript_server(
        javascript_modules, tmp_path_factory.mktemp("javascript")
    ) as url:
        yield url
