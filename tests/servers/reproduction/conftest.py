"""Servers with faults, and a folder in which scripts run."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.lab.faults.server import faulty_server
from tests.servers.reproduction.scripts import run_scripts

RunScripts = Callable[..., dict[str, str]]


@pytest.fixture(scope="session")
def faulty_url() -> Iterator[str]:
    """The URL of the server on which a header of the request names its fault."""
    with faulty_server() as server:
        yield server.url


@pytest.fixture
def run(tmp_path: Path, javascript_modules: Path) -> RunScripts:
    """A function that runs scripts in a folder where node finds the SDK."""
    (tmp_path / "node_modules").symlink_to(javascript_modules / "node_modules", target_is_directory=True)

    def run(
        scripts: Mapping[str, str], url: str, environment: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        return run_scripts(scripts, tmp_path, url, environment)

    return run
