"""Runs beside a user's conftest or another plugin."""

import json
from typing import Any

import pytest

from tests.lab.runs import ThreadStore, run_pytest
from tests.plugin.surroundings.endings import assert_no_crash

FLAKY = """
import pytest

tries = []

@pytest.mark.threadcopy("NEW-01", "MUST")
def test_flaky(deployment):
    tries.append(1)
    assert len(tries) > 1, "once only"
"""
TWICE = "import pytest\n\n@pytest.fixture(params=[1, 2], autouse=True)\ndef twice(): pass\n"
# As pytest-rerunfailures does.
RERUN = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    for is_last in (False, True):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        for report in reports:
            if report.failed and not is_last:
                report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
        if not any(report.outcome == "rerun" for report in reports):
            break
        item._initrequest()
    return True
"""
OWN_FIXTURE = """
import pytest

@pytest.fixture(params=[1, 2])
def deployment(request):
    return "mine"
"""
# pytest-json-report and editors read the place of a failure in this way.
READS_CRASHES = """
def pytest_runtest_logreport(report):
    if report.failed:
        crash = report.longrepr.reprcrash
        print("CRASH", crash.path, crash.lineno, crash.message, sep="|")
"""


def _outcome(project: pytest.Pytester, store: ThreadStore) -> tuple[pytest.RunResult, dict[str, Any]]:
    options = ("test_it.py", "--deployment-url", store.url, "--threadcopy-report=report.json")
    result = run_pytest(project.path, *options)
    assert_no_crash(result)
    (deployment,) = json.loads((project.path / "report.json").read_text())["deployments"]
    return result, next(row for row in deployment["requirements"] if row["id"] == "NEW-01")


def test_a_requirement_that_is_tested_twice_has_the_worse_outcome(
    pytester: pytest.Pytester, store: ThreadStore
) -> None:
    pytester.makepyfile(test_it=FLAKY, conftest=TWICE)
    result, row = _outcome(pytester, store)
    result.assert_outcomes(failed=1, passed=1)
    assert row["outcome"] == "violated"
    assert row["reason"].splitlines()[:2] == ["once only", "assert 1 > 1"]


def test_a_retried_test_has_the_outcome_of_its_last_try(
    pytester: pytest.Pytester, store: ThreadStore
) -> None:
    pytester.makepyfile(test_it=FLAKY, conftest=RERUN)
    result, row = _outcome(pytester, store)
    assert result.ret == pytest.ExitCode.OK
    assert result.parseoutcomes() == {"passed": 1, "rerun": 1}
    assert row["outcome"] == "passed"


def test_a_users_fixture_may_have_the_name_of_a_fixture_of_the_plugin(
    pytester: pytest.Pytester, store: ThreadStore
) -> None:
    pytester.makepyfile(test_it="def test_it(deployment): assert deployment == 'mine'", conftest=OWN_FIXTURE)
    result = run_pytest(pytester.path, "test_it.py", "--deployment-url", store.url)
    assert_no_crash(result)
    result.assert_outcomes(passed=2)


def test_a_violation_has_a_place_for_other_plugins(project: pytest.Pytester, store: ThreadStore) -> None:
    project.makeconftest(READS_CRASHES)
    result = run_pytest(project.path, "test_it.py", "-s", "--deployment-url", store.url)
    assert_no_crash(result)
    result.stdout.fnmatch_lines(["*CRASH|test_it.py|*|NEW-03 (MUST): *"])
