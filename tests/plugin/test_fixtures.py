"""What the fixtures provide to a user's tests, and when they send a request to the deployment."""

from pathlib import Path

import pytest

from tests.lab.runs import CONTRACT, ThreadStore, run_pytest

USER_TESTS = """
from pytest_threadcopy import assert_histories_equal, assert_valid

def test_deployment(deployment):
    assert deployment.server.version
    assert "threadcopy_plain" in {listed["graph_id"] for listed in deployment.assistants}

def test_deployment_client(deployment_client):
    thread = deployment_client.threads.create(metadata={"owner": "me"})
    assert deployment_client.threads.get(thread["thread_id"])["metadata"]["owner"] == "me"

def test_fresh_thread(deployment_client, fresh_thread):
    assert_valid(fresh_thread, "thread")
    assert list(deployment_client.threads.history(fresh_thread["thread_id"])) == []

def test_source_thread(deployment_client, source_thread):
    assert_valid(source_thread, "thread")
    assert len(list(deployment_client.threads.history(source_thread["thread_id"]))) >= 4
    assert deployment_client.runs.list(source_thread["thread_id"]) == []

def test_source_thread_is_another_for_each_test(deployment_client, source_thread):
    assert len(list(deployment_client.threads.history(source_thread["thread_id"]))) >= 4

def test_copied_thread(deployment_client, source_thread, copied_thread):
    assert copied_thread["thread_id"] != source_thread["thread_id"]
    history = deployment_client.threads.history
    assert_histories_equal(history(source_thread["thread_id"]), history(copied_thread["thread_id"]))

def test_history_snapshot(deployment_client, copied_thread, history_snapshot):
    assert deployment_client.threads.history(copied_thread["thread_id"]) == history_snapshot

def test_of_something_else():
    pass
"""
USERS_OWN = "\n\ndef test_of_something_else(): pass\ndef test_thread(fresh_thread): pass\n"
WITHOUT_EXTRA = "import sys\nsys.modules['langgraph_cli'] = None\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's project with tests that use each fixture."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "test_it.py").write_text(USER_TESTS)
    return folder


@pytest.fixture(scope="module")
def real_run(project: Path, embedded_url: str) -> pytest.RunResult:
    """A run of the user's tests on a real server."""
    return run_pytest(project, "test_it.py", "-v", "--snapshot-update", "--deployment-url", embedded_url)


@pytest.fixture(scope="module")
def run_without(project: Path) -> pytest.RunResult:
    """A run without a deployment."""
    return run_pytest(project, "test_it.py", "-v", "-rs")


FIXTURES = (
    "deployment",
    "deployment_client",
    "fresh_thread",
    "source_thread",
    "copied_thread",
    "history_snapshot",
)


@pytest.mark.parametrize("fixture", FIXTURES)
def test_each_fixture_provides_what_it_says(real_run: pytest.RunResult, fixture: str) -> None:
    real_run.stdout.fnmatch_lines([f"test_it.py::test_{fixture} PASSED*"])


def test_the_snapshot_is_written_into_the_users_project(project: Path, real_run: pytest.RunResult) -> None:
    assert [file.parent.parent.name for file in project.glob("__snapshots__/*/*.json")] == ["__snapshots__"]


def test_a_run_of_the_users_tests_alone_gives_no_verdict(real_run: pytest.RunResult) -> None:
    real_run.stdout.no_fnmatch_line("verdict:*")


@pytest.mark.parametrize("fixture", FIXTURES)
def test_without_a_deployment_each_fixture_skips(run_without: pytest.RunResult, fixture: str) -> None:
    run_without.stdout.fnmatch_lines([f"test_it.py::test_{fixture} SKIPPED *"])


def test_a_skip_says_what_the_test_needs(run_without: pytest.RunResult) -> None:
    run_without.stdout.fnmatch_lines(["SKIPPED * no deployment to test: name one with --deployment-url"])


def test_other_tests_run_without_a_deployment(run_without: pytest.RunResult) -> None:
    run_without.stdout.fnmatch_lines(["test_it.py::test_of_something_else PASSED*"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["--collect-only"],
        ["--collect-only", "-n2"],
        ["-k", "something_else"],
        ["test_it.py::test_of_something_else"],
    ],
    ids=" ".join,
)
def test_a_run_that_needs_no_deployment_sends_no_request(
    pytester: pytest.Pytester, store: ThreadStore, arguments: list[str]
) -> None:
    pytester.makepyfile(test_it=USERS_OWN)
    assert run_pytest(pytester.path, "--deployment-url", store.url, *arguments).ret == pytest.ExitCode.OK
    assert store.requests == []


def test_a_run_that_needs_a_deployment_sends_requests(pytester: pytest.Pytester, store: ThreadStore) -> None:
    pytester.makepyfile(test_it="def test_deployment(deployment): pass")
    run_pytest(pytester.path, "test_it.py", "--deployment-url", store.url).assert_outcomes(passed=1)
    assert store.requests


def test_collecting_the_contract_needs_no_deployment_that_answers(pytester: pytest.Pytester) -> None:
    result = run_pytest(pytester.path, *CONTRACT, "--collect-only", "--deployment-url=http://host.invalid")
    assert result.ret == pytest.ExitCode.OK


def test_collecting_does_not_start_the_embedded_server(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(WITHOUT_EXTRA)
    result = run_pytest(pytester.path, "--collect-only", "-q", "--deployment-url=embedded")
    assert result.ret == pytest.ExitCode.OK


def test_the_embedded_server_without_its_extra_says_how_to_install_it(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(WITHOUT_EXTRA)
    pytester.makepyfile(test_it="def test_deployment(deployment): pass")
    result = run_pytest(pytester.path, "test_it.py", "--deployment-url=embedded")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(['ERROR: *pip install "pytest-threadcopy[[]embedded]"*'])
