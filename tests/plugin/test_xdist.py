"""Under xdist: one deployment for all workers."""

from pathlib import Path

import pytest

from tests.lab.runs import run_pytest

TESTS = """
import pathlib

def test_it(deployment, worker_id):
    server = f"{deployment.server.name} {deployment.server.version}"
    pathlib.Path(worker_id).write_text(f"{deployment.url}\\n{deployment.run}\\n{server}")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on the embedded server, with the same test in each of two workers."""
    folder = tmp_path_factory.mktemp("workers")
    (folder / "test_it.py").write_text(TESTS)
    (folder / "servers").mkdir()
    options = ("test_it.py", "-n2", "--dist=each", "--deployment-url=embedded")
    run_pytest(folder, *options, TMPDIR=str(folder / "servers")).assert_outcomes(passed=2)
    return folder


def test_all_workers_use_one_embedded_server(folder: Path) -> None:
    (url,) = {worker.read_text().splitlines()[0] for worker in folder.glob("gw?")}
    assert url.startswith("http://127.0.0.1:")


def test_all_workers_have_one_run_id(folder: Path) -> None:
    assert len({worker.read_text().splitlines()[1] for worker in folder.glob("gw?")}) == 1


def test_workers_know_the_server_that_the_controller_found(folder: Path) -> None:
    assert (folder / "gw1").read_text().splitlines()[2].startswith("langgraph-api ")


def test_the_embedded_server_is_gone_afterwards(folder: Path) -> None:
    assert list((folder / "servers").glob("threadcopy-embedded-*")) == []
