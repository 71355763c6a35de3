"""`history_snapshot` in a test that runs on several deployments: one snapshot for all of them."""

import json
from pathlib import Path

import pytest

from tests.lab.runs import run_pytest
from tests.plugin.documents.test_documentation import PYTHON

# Each deployment answers with its own ids. The deployment that DIFFERENT names answers with another message.
CONFTEST = """
import os, uuid
import pytest
from pytest_threadcopy.snapshots.shared_location import SharedSnapshots

DEPLOYMENTS = os.environ["DEPLOYMENTS"].split()

def pytest_configure(config):
    if len(DEPLOYMENTS) > 1:
        config.pluginmanager.register(SharedSnapshots(DEPLOYMENTS))

@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc):
    if len(DEPLOYMENTS) > 1 and "deployment" in metafunc.fixturenames:
        metafunc.parametrize("deployment", DEPLOYMENTS, indirect=True, scope="session")

@pytest.fixture(scope="session")
def deployment(request):
    return getattr(request, "param", DEPLOYMENTS[0])

@pytest.fixture
def history(deployment):
    def history(content="hi"):
        if os.environ.get("DIFFERENT") == deployment:
            content += " there"
        checkpoint = {"thread_id": str(uuid.uuid4()), "checkpoint_id": str(uuid.uuid4())}
        return [{"values": {"content": content}, "checkpoint": checkpoint}]
    return history
"""
ALL = "staging staging-eu http://[::1]:2024"
TEST = """
def test_greets(history_snapshot, history):
    assert history_snapshot == history()
"""
PARAMETERS = """
import pytest

@pytest.mark.parametrize("content", ["hi", "eu"])
def test_greets(history_snapshot, history, content):
    assert history_snapshot == history(content)

class TestPolitely:
    def test_greets(self, history_snapshot, history):
        assert history_snapshot == history("Sir")
"""
SKIPPING = """
import pytest

@pytest.fixture
def skipping():
    pytest.skip("not today")

def test_greets(history_snapshot, history, skipping):
    assert history_snapshot == history()

def test_again(history_snapshot, history):
    assert history_snapshot == history()
"""
DISTRIBUTION = pytest.mark.parametrize("workers", ["-pno:xdist", "-n2"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a test that runs on each deployment."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_mine.py").write_text(TEST)
    return tmp_path


def run(folder: Path, *options: str, deployments: str = ALL, different: str = "") -> pytest.RunResult:
    return run_pytest(folder, *options, DEPLOYMENTS=deployments, DIFFERENT=different, COLUMNS="120")


def snapshots_in(folder: Path) -> dict[str, str]:
    """Return the message in each snapshot of the folder, by name."""
    snapshots = folder.glob("__snapshots__/test_mine/*.json")
    return {file.stem: json.loads(file.read_text())[0]["values"]["content"] for file in snapshots}


@DISTRIBUTION
def test_all_deployments_have_one_snapshot(folder: Path, workers: str) -> None:
    run(folder, workers, "--snapshot-update").assert_outcomes(passed=3)
    assert snapshots_in(folder) == {"test_greets": "hi"}
    result = run(folder, workers)
    result.assert_outcomes(passed=3)
    result.stdout.no_fnmatch_line("*unused*")


def test_one_deployment_alone_is_compared_with_the_same_snapshot(folder: Path) -> None:
    run(folder, "--snapshot-update")
    result = run(folder, deployments="production")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*unused*")


@DISTRIBUTION
def test_other_parameters_still_have_a_snapshot_each(folder: Path, workers: str) -> None:
    (folder / "test_mine.py").write_text(PARAMETERS)
    run(folder, workers, "--snapshot-update").assert_outcomes(passed=9)
    assert snapshots_in(folder) == {
        "test_greets[hi]": "hi",
        "test_greets[eu]": "eu",
        "TestPolitely.test_greets": "Sir",
    }
    run(folder, workers).assert_outcomes(passed=9)


@DISTRIBUTION
def test_the_deployment_that_differs_fails(folder: Path, workers: str) -> None:
    run(folder, "--snapshot-update")
    result = run(folder, workers, different="staging")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["FAILED *::test_greets[[]staging] - *, <checkpoint 1>: values.content*"])


@DISTRIBUTION
def test_an_update_writes_the_first_deployments_history_and_compares_the_others_with_it(
    folder: Path, workers: str
) -> None:
    run(folder, "--snapshot-update")
    result = run(folder, workers, "--snapshot-update", different="staging")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*wrote the snapshot from an earlier deployment; this deployment differs."])
    assert snapshots_in(folder) == {"test_greets": "hi there"}


def test_an_update_on_a_later_deployment_alone_writes_its_history(folder: Path) -> None:
    run(folder, "--snapshot-update")
    result = run(folder, "-k", "staging-eu", "--snapshot-update", different="staging-eu")
    result.assert_outcomes(passed=1, deselected=2)
    assert snapshots_in(folder) == {"test_greets": "hi there"}


@DISTRIBUTION
@pytest.mark.parametrize("update", [(), ("--snapshot-update",)], ids=["compare", "update"])
def test_the_snapshot_of_a_test_that_is_skipped_everywhere_stays(
    folder: Path, workers: str, update: tuple[str, ...]
) -> None:
    run(folder, "--snapshot-update")
    (folder / "test_mine.py").write_text(SKIPPING)
    run(folder, "--snapshot-update", "-k", "again")
    assert run(folder, workers, *update).ret == pytest.ExitCode.OK
    assert set(snapshots_in(folder)) == {"test_greets", "test_again"}


def test_readmes_history_is_the_same_in_python_and_javascript(
    tmp_path: Path, embedded_url: str, javascript_url: str
) -> None:
    (tmp_path / "test_mine.py").write_text(next(text for text in PYTHON if "history_snapshot" in text))
    for url, *options in ((embedded_url, "--snapshot-update"), (javascript_url,)):
        result = run_pytest(tmp_path, "test_mine.py", "--deployment-url", url, *options)
        result.assert_outcomes(passed=2)
