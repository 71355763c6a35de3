"""Unusual combinations of pytest's options: the run has the same outcomes."""

import pytest

from pytest_threadcopy.session.catalogue import CONTRACT as CONTRACT_FOLDER
from tests.lab.runs import CONTRACT, ThreadStore, run_pytest
from tests.plugin.surroundings.endings import all_output, assert_no_crash

HARMLESS = [
    "--assert=plain --tb=no -q -q",
    "--import-mode=importlib --rootdir=elsewhere --no-header --no-summary",
    "-W error --strict-markers --strict-config -o xfail_strict=true -x --maxfail=9",
    "-c elsewhere/other.ini --runxfail -p no:capture -p no:logging -p no:syrupy -p no:xdist",
    "-p no:terminal -p no:skipping",
    "-p no:terminal -n2",
    "-n4",
]
LOOKS = ["--fixtures", "--fixtures-per-test", "--setup-plan", "-n2 --setup-plan"]


@pytest.mark.parametrize("options", HARMLESS)
def test_a_run_finds_the_same_with(project: pytest.Pytester, store: ThreadStore, options: str) -> None:
    project.mkdir("elsewhere").joinpath("other.ini").write_text("[pytest]\n")
    report = project.path / "report.md"
    arguments = ("test_it.py", "--deployment-url", store.url, f"--threadcopy-report={report}")
    result = run_pytest(project.path, *arguments, *options.split())
    assert_no_crash(result)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert report.read_text().count("**NEW-02**") == 1
    assert "### Violated (1)" in report.read_text()


@pytest.mark.parametrize("options", LOOKS)
def test_no_request_is_sent_by(project: pytest.Pytester, store: ThreadStore, options: str) -> None:
    result = run_pytest(project.path, "test_it.py", "--deployment-url", store.url, *options.split())
    assert_no_crash(result)
    assert result.ret == pytest.ExitCode.OK
    assert store.requests == []


def test_the_contract_can_be_named_by_its_folder(pytester: pytest.Pytester, store: ThreadStore) -> None:
    options = ("--import-mode=importlib", "-W", "error", "--co", "-q", "--deployment-url", store.url)
    result = run_pytest(pytester.path, str(CONTRACT_FOLDER), *options)
    assert_no_crash(result)
    assert result.ret == pytest.ExitCode.OK


def test_without_the_plugin_its_options_are_unknown(project: pytest.Pytester, store: ThreadStore) -> None:
    result = run_pytest(project.path, "-p", "no:threadcopy", "--deployment-url", store.url)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "unrecognized arguments: --deployment-url" in all_output(result)


def test_without_the_plugin_other_tests_run(project: pytest.Pytester, store: ThreadStore) -> None:
    options = ("test_it.py::test_of_the_users", "-p", "no:threadcopy")
    run_pytest(project.path, *options, DEPLOYMENT_URL=store.url).assert_outcomes(passed=1, warnings=1)


def test_a_contract_without_a_deployment_is_refused_in_workers_too(pytester: pytest.Pytester) -> None:
    result = run_pytest(pytester.path, *CONTRACT, "-n2")
    assert_no_crash(result)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "the contract needs a deployment: name one with --deployment-url" in all_output(result)
