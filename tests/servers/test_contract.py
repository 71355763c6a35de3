"""The contract on the real servers, run as users run it: its outcomes and its output."""

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pytest_threadcopy.config.waivers import KNOWN_VIOLATIONS, read_waivers
from pytest_threadcopy.requirements import Outcome
from pytest_threadcopy.session.catalogue import CONTRACT as CONTRACT_FOLDER
from pytest_threadcopy.session.catalogue import read_catalogue
from tests.lab.runs import CONTRACT, run_pytest, thread_store

CATALOGUE = {row.id: row for row in read_catalogue()}
KNOWN = {waiver.id for waiver in read_waivers(KNOWN_VIOLATIONS, CATALOGUE)}
UNTESTABLE, DEVIATED = Outcome.UNTESTABLE, Outcome.DEVIATED
NEEDS_AN_OPTION = dict.fromkeys(("ROB-10", "ROB-11", "SCALE-01"), UNTESTABLE)
CANNOT_BE_RESTARTED = {"ROB-13": UNTESTABLE}
REFERENCE = NEEDS_AN_OPTION | {
    "NEW-07": DEVIATED,
    "SAME-09": DEVIATED,
    "CONT-12": UNTESTABLE,
    "ROB-03": DEVIATED,
    "FORM-02": DEVIATED,
}
NOT_PASSED = {
    "embedded": REFERENCE | dict.fromkeys(KNOWN, Outcome.WAIVED),
    "unlisted": REFERENCE | CANNOT_BE_RESTARTED | dict.fromkeys(KNOWN, Outcome.VIOLATED),
    "faithful": REFERENCE | CANNOT_BE_RESTARTED | {"SAME-09": Outcome.PASSED},
    "javascript": NEEDS_AN_OPTION
    | CANNOT_BE_RESTARTED
    | {
        "NEW-07": DEVIATED,
        "SAME-09": DEVIATED,
        "CONT-12": DEVIATED,
        "ROB-03": DEVIATED,
        "ROB-04": DEVIATED,
        "FORM-02": UNTESTABLE,
    },
}
"""The outcome of each requirement on each server, unless it passes."""
CAUSES = {
    "SAME-11": "/state answered 500: Internal Server Error",
    "CONT-03": '{"error": "KeyError", "message": "\'\'"}',
    "CONT-05": '{"error": "KeyError", "message": "\'inner:',
    "CONT-06": "answered 500: Internal Server Error",
}
"""A part of the reason of each known violation."""


@dataclass(frozen=True)
class Run:
    """A run of the contract: its result, and the outcome and reason of each requirement."""

    result: pytest.RunResult
    outcomes: dict[str, str]
    reasons: dict[str, str]


def _run(folder: Path, *arguments: str) -> Run:
    result = run_pytest(folder, *arguments, "-W", "error", "--strict-markers", "--junitxml=junit.xml")
    properties = [
        {prop.attrib["name"]: prop.attrib["value"] for prop in case.iter("property")}
        for case in ElementTree.parse(folder / "junit.xml").iter("testcase")
    ]
    with_outcome = [each for each in properties if each]
    return Run(
        result,
        {each["threadcopy_id"]: each["threadcopy_outcome"] for each in with_outcome},
        {each["threadcopy_id"]: each["threadcopy_reason"] for each in with_outcome},
    )


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory, embedded_url: str, faithful_url: str, javascript_url: str
) -> Iterator[dict[str, Future[Run]]]:
    """Every run of the whole contract, at the same time, since a run waits most of the time."""
    project = tmp_path_factory.mktemp("project")
    (project / "pytest.ini").write_text(
        "[pytest]\ntestpaths = checks\npython_files = check_*.py\npython_functions = check_*\n"
    )
    (project / "checks").mkdir()
    (project / "checks" / "check_own.py").write_text("def check_own(copied_thread): pass\n")
    with ThreadPoolExecutor() as pool:
        yield {
            "embedded": pool.submit(_run, project, "--deployment-url=embedded"),
            "unlisted": pool.submit(
                _run, tmp_path_factory.mktemp("unlisted"), *CONTRACT, "--deployment-url", embedded_url
            ),
            "faithful": pool.submit(
                _run, tmp_path_factory.mktemp("faithful"), *CONTRACT, "--deployment-url", faithful_url, "-n2"
            ),
            "javascript": pool.submit(
                _run, tmp_path_factory.mktemp("javascript"), *CONTRACT, "--deployment-url", javascript_url
            ),
        }


@pytest.fixture(scope="module")
def embedded(runs: dict[str, Future[Run]]) -> Run:
    """The README's command, in a project with its own names for tests."""
    return runs["embedded"].result()


@pytest.fixture(scope="module")
def unlisted(runs: dict[str, Future[Run]]) -> Run:
    """A run on the same server, without its list of known violations."""
    return runs["unlisted"].result()


@pytest.mark.parametrize("server", NOT_PASSED)
def test_each_requirement_has_the_expected_outcome_on(runs: dict[str, Future[Run]], server: str) -> None:
    expected = dict.fromkeys(CATALOGUE, Outcome.PASSED) | NOT_PASSED[server]
    assert runs[server].result().outcomes == expected


@pytest.mark.parametrize("server", ["embedded", "faithful", "javascript"])
def test_a_run_without_an_unknown_violation_exits_with_0(runs: dict[str, Future[Run]], server: str) -> None:
    assert runs[server].result().result.ret == pytest.ExitCode.OK


def test_a_run_that_finds_violations_fails_and_says_so(unlisted: Run) -> None:
    assert unlisted.result.ret == pytest.ExitCode.TESTS_FAILED
    unlisted.result.stdout.fnmatch_lines(["verdict: not conformant"])


def test_the_embedded_run_says_how_many_violations_are_known(embedded: Run) -> None:
    server = f"langgraph-api {version('langgraph-api')}"
    embedded.result.stdout.fnmatch_lines(
        [f"deployment: embedded ({server})", f"{len(KNOWN)} waived: fails, and a waiver lists it"]
    )


def test_the_contract_runs_beside_the_tests_that_pytest_finds(embedded: Run) -> None:
    embedded.result.stdout.fnmatch_lines(["checks/check_own.py .*"])


@pytest.mark.parametrize("requirement", sorted(KNOWN))
def test_the_reason_of_each_violation_has_its_cause(unlisted: Run, requirement: str) -> None:
    assert CAUSES[requirement] in unlisted.reasons[requirement]


def test_a_violation_is_reported_without_a_traceback(unlisted: Run) -> None:
    failures = (
        str(unlisted.result.stdout).partition("= FAILURES =")[2].partition("= short test summary info =")[0]
    )
    assert failures
    assert ".py:" not in failures


def test_a_requirement_whose_role_nobody_plays_is_untestable(pytester: pytest.Pytester) -> None:
    with thread_store() as store:
        result = run_pytest(pytester.path, *CONTRACT, "-rs", "-k", "SAME-05", "--deployment-url", store.url)
    result.assert_outcomes(skipped=1, deselected=len(CATALOGUE) - 1)
    result.stdout.fnmatch_lines(["SKIPPED * no assistant plays the role interrupting, since *: deploy *"])


@pytest.mark.parametrize(
    ("keyword", "picked"),
    [
        ("NEW-03", {"NEW-03"}),
        ("SAME", {id_ for id_ in CATALOGUE if id_.startswith("SAME-")}),
        ("NEW-01 or CONT-03", {"NEW-01", "CONT-03"}),
    ],
)
def test_a_keyword_picks_requirements(pytester: pytest.Pytester, keyword: str, picked: set[str]) -> None:
    options = ("-q", "--collect-only", "--deployment-url=http://host.invalid", "-k", keyword)
    names = [line.partition("::test_")[2] for line in run_pytest(pytester.path, *CONTRACT, *options).outlines]
    assert {"-".join(name.split("_")[:2]).upper() for name in names if name} == picked


def test_with_paths_only_their_tests_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it="def test_own(): pass")
    result = run_pytest(
        pytester.path, "-q", "--collect-only", "--deployment-url=http://host.invalid", "test_it.py"
    )
    assert result.parseoutcomes() == {"test": 1}


def test_the_contract_is_found_in_an_environment_inside_the_project(pytester: pytest.Pytester) -> None:
    environment = pytester.mkdir(".venv")
    (environment / "test_of_another_package.py").write_text("def test_other(): pass")
    shutil.copytree(CONTRACT_FOLDER.parent, environment / "pytest_threadcopy")
    pytester.makepyfile(test_it="def test_own(): pass")
    options = ("-q", "--collect-only", "--deployment-url=http://host.invalid")
    lines = run_pytest(pytester.path, *options, PYTHONPATH=str(environment)).outlines
    assert "test_it.py::test_own" in lines
    assert sum(line.startswith(".venv/pytest_threadcopy/contract/test_") for line in lines) == len(CATALOGUE)
    assert not [line for line in lines if "test_other" in line]


def test_a_run_without_the_plugin_has_no_marker_of_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it="def test_own(): pass")
    result = run_pytest(pytester.path, "-p", "no:threadcopy", "--markers")
    result.stdout.no_fnmatch_line("*threadcopy*")
    run_pytest(pytester.path, "-p", "no:threadcopy", "test_it.py").assert_outcomes(passed=1)


def test_the_readme_shows_the_output_of_the_run(embedded: Run) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    head = "============================= thread copy contract"
    block = readme.partition(head)[2].partition("\n```")[0]
    readme_lines = (head + block.rpartition("\n=")[0].rstrip()).splitlines()  # the last line shows the time
    printed = embedded.result.stdout.str()
    printed_lines = [line.rstrip() for line in (head + printed.partition(head)[2]).splitlines()]
    numbers = re.compile(r"langgraph-api [\w.]+")
    assert [numbers.sub("langgraph-api", line) for line in printed_lines[: len(readme_lines)]] == [
        numbers.sub("langgraph-api", line) for line in readme_lines
    ]
