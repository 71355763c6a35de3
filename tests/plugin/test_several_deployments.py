"""Several ``--deployment-url``: the run tests each deployment, and each has its own results."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_threadcopy import assert_valid
from pytest_threadcopy.embedded.server import HOST, free_port
from tests.lab.runs import CONTRACT, ThreadStore, run_pytest, thread_store

TESTS = """
import pathlib

def test_thread(deployment, fresh_name):
    deployment.client.threads.create()
    with pathlib.Path("asked.txt").open("a") as file:
        print(deployment.settings.name, deployment.url, file=file)

def test_without_a_deployment():
    pass
"""
CONFTEST = """
import pytest

@pytest.fixture(params=["a", "b"])
def fresh_name(request):
    return request.param
"""
KEY = "key-that-nobody-else-may-see"


@pytest.fixture
def other_store() -> Iterator[ThreadStore]:
    """A second deployment."""
    with thread_store() as served:
        yield served


@pytest.fixture
def urls(store: ThreadStore, other_store: ThreadStore) -> tuple[str, ...]:
    """The options that name both, one as staging."""
    return "--deployment-url", f"staging={store.url}", "--deployment-url", other_store.url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's project with a test that uses the deployment, and one that does not."""
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    return tmp_path


def bare(url: str) -> str:
    return url.removeprefix("http://")


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_test_that_takes_a_deployment_runs_on_each(
    folder: Path, urls: tuple[str, ...], store: ThreadStore, other_store: ThreadStore, workers: str
) -> None:
    run_pytest(folder, "test_it.py", *urls, workers).assert_outcomes(passed=5)
    names = sorted((folder / "asked.txt").read_text().splitlines())
    on = [f"staging {store.url}", f"{bare(other_store.url)} {other_store.url}"]
    assert names == sorted(on * 2)
    assert not store.threads
    assert not other_store.threads


MEETING = """
import pathlib
import time
import pytest

@pytest.mark.parametrize("number", range(20))
def test_meets_the_one_on_the_other_deployment(deployment, number):
    pathlib.Path(f"{deployment.settings.name.replace(':', '-')}.here").touch()
    end = time.monotonic() + 30
    while len(list(pathlib.Path().glob("*.here"))) < 2:
        assert time.monotonic() < end, "the other has not begun"
        time.sleep(0.01)
"""


@pytest.mark.parametrize("tests", [1, 20])
def test_in_several_processes_deployments_are_tested_at_the_same_time(
    tmp_path: Path, urls: tuple[str, ...], tests: int
) -> None:
    (tmp_path / "test_it.py").write_text(MEETING.replace("20", str(tests)))
    run_pytest(tmp_path, "test_it.py", *urls, "-n2").assert_outcomes(passed=2 * tests)


TWENTY = """
import pathlib
import time
import pytest

@pytest.mark.parametrize("number", range(20))
def test_number(deployment, number):
    with pathlib.Path("asked.txt").open("a") as file:
        print(deployment.settings.name, file=file)
    time.sleep(0.01)

def test_without_a_deployment():
    pass
"""


def order_of_deployments(folder: Path, *arguments: str, tests: int) -> list[str]:
    """Run twenty tests on each deployment; return the name of the deployment of each test, in order."""
    (folder / "test_it.py").write_text(TWENTY)
    run_pytest(folder, "test_it.py", *arguments).assert_outcomes(passed=tests)
    return (folder / "asked.txt").read_text().splitlines()


@pytest.mark.parametrize("dist", ["load", "loadscope", "loadfile", "loadgroup", "worksteal"])
def test_deployments_take_turns_however_tests_are_distributed(
    tmp_path: Path, urls: tuple[str, ...], dist: str
) -> None:
    names = order_of_deployments(tmp_path, *urls, "-n2", "--dist", dist, tests=41)
    assert min(Counter(names[:20])[name] for name in set(names)) >= 5


def test_three_deployments_take_turns_in_four_processes(tmp_path: Path, urls: tuple[str, ...]) -> None:
    with thread_store() as third:
        names = order_of_deployments(tmp_path, *urls, f"--deployment-url=third={third.url}", "-n4", tests=61)
    assert min(Counter(names[:30])[name] for name in set(names)) >= 5


def test_in_one_process_deployments_are_tested_one_after_another(
    tmp_path: Path, urls: tuple[str, ...], other_store: ThreadStore
) -> None:
    assert order_of_deployments(tmp_path, *urls, tests=41) == ["staging"] * 20 + [bare(other_store.url)] * 20


def test_tests_are_picked_by_the_name_of_a_deployment(folder: Path, urls: tuple[str, ...]) -> None:
    run_pytest(folder, "test_it.py", *urls, "-k", "staging").assert_outcomes(passed=2, deselected=3)
    assert "staging" in (folder / "asked.txt").read_text()


def test_one_deployment_changes_no_test_id(folder: Path, store: ThreadStore) -> None:
    result = run_pytest(folder, "test_it.py", "-v", f"--deployment-url=staging={store.url}")
    result.stdout.fnmatch_lines([f"deployment: staging {store.url}", "*::test_thread[[]a] PASSED*"])


def test_the_environment_and_the_ini_file_name_several_too(
    folder: Path, store: ThreadStore, other_store: ThreadStore
) -> None:
    environment = f"staging={store.url} {other_store.url}"
    run_pytest(folder, "test_it.py", DEPLOYMENT_URL=environment).assert_outcomes(passed=5)
    lines = f"  staging={store.url}\n  other={other_store.url}\n"
    (folder / "pytest.ini").write_text(f"[pytest]\ndeployment_url =\n{lines}")
    run_pytest(folder, "test_it.py").assert_outcomes(passed=5)


def test_each_deployment_has_its_own_verdict_in_the_report(folder: Path, urls: tuple[str, ...]) -> None:
    run_pytest(folder, *CONTRACT, *urls, "-k", "NEW-02", "--threadcopy-report=report.json")
    report = json.loads((folder / "report.json").read_text())
    assert_valid(report, "report")
    assert report["deployments"][0]["name"] == "staging"
    assert len(report["deployments"]) == 2


def test_a_deployment_that_cannot_be_tested_does_not_stop_the_others(
    folder: Path, store: ThreadStore
) -> None:
    nowhere = f"http://{HOST}:{free_port()}"
    options = ("--deployment-url", store.url, "--deployment-url", f"gone={nowhere}")
    result = run_pytest(folder, "test_it.py", "-rs", *options)
    result.assert_outcomes(passed=3, skipped=2)
    result.stdout.fnmatch_lines(["SKIPPED * deployment gone cannot be tested: POST * got no answer: *"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_run_without_a_testable_deployment_is_a_usage_error(folder: Path) -> None:
    options = [f"--deployment-url={name}=http://{HOST}:{free_port()}" for name in ("one", "other")]
    assert run_pytest(folder, "test_it.py", *options).ret == pytest.ExitCode.USAGE_ERROR


def test_two_deployments_of_one_name_are_refused(folder: Path, store: ThreadStore) -> None:
    options = ["--deployment-url", store.url] * 2
    result = run_pytest(folder, "test_it.py", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*two deployments are called {bare(store.url)}: name them, as in *"])


def headers_of(store: ThreadStore) -> set[str | None]:
    return {exchange.headers.get("x-api-key") for exchange in store.requests}


@pytest.mark.parametrize("way", ["file", "environment"])
def test_a_secret_goes_only_to_its_deployment(
    folder: Path, urls: tuple[str, ...], store: ThreadStore, other_store: ThreadStore, way: str
) -> None:
    (folder / "headers.txt").write_text(f"X-Api-Key: {KEY}")
    headers = ["--threadcopy-headers=staging=headers.txt"] if way == "file" else []
    environment = {} if way == "file" else {"DEPLOYMENT_API_KEY_STAGING": KEY}
    run_pytest(folder, "test_it.py", *urls, *headers, **environment).assert_outcomes(passed=5)
    assert headers_of(store) == {KEY}
    assert headers_of(other_store) == {None}


@pytest.mark.parametrize("way", ["file", "environment"])
def test_a_secret_without_a_name_is_refused_with_several_deployments(
    folder: Path, urls: tuple[str, ...], store: ThreadStore, way: str
) -> None:
    (folder / "headers.txt").write_text(f"X-Api-Key: {KEY}")
    headers = ["--threadcopy-headers=headers.txt"] if way == "file" else []
    environment = {} if way == "file" else {"DEPLOYMENT_API_KEY": KEY}
    result = run_pytest(folder, "test_it.py", *urls, *headers, **environment)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*does not say which deployment it is for: name one of staging, *"])
    assert KEY not in result.stderr.str()
    assert not store.requests
