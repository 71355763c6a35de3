"""The contract, run as users run it, on the real servers: what it finds, and what it says."""

import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pytest_threadcopy.catalogue import CONTRACT as CONTRACT_FOLDER
from pytest_threadcopy.catalogue import read_catalogue
from pytest_threadcopy.outcomes import KNOWN_VIOLATIONS
from pytest_threadcopy.requirements import Outcome
from pytest_threadcopy.waivers import read_waivers

from .plugin.runs import CONTRACT, run_pytest

CATALOGUE = {row.id: row for row in read_catalogue()}
KNOWN = {waiver.id for waiver in read_waivers(KNOWN_VIOLATIONS, CATALOGUE)}
NOT_TESTED = {Outcome.PASSED, Outcome.UNTESTABLE}
"""How testing may end where nothing is wrong."""
WITHOUT_ROLE = {"SAME-06", "SAME-07", "SAME-12", "CONT-05", "CONT-06", "CONT-07"}
"""Requirements on roles that the kit has in Python alone."""
CAUSES = {
    "SAME-11": "/state answered 500: Internal Server Error",
    "CONT-03": '{"error": "KeyError", "message": "\'\'"}',
    "CONT-05": '{"error": "KeyError", "message": "\'inner:',
    "CONT-06": "answered 500: Internal Server Error",
}
"""What is to be read of each known violation when nobody knows it."""


@dataclass(frozen=True)
class Run:
    """A run of the contract: its result, and of each requirement the outcome and its reason."""

    result: pytest.RunResult
    outcomes: dict[str, str]
    reasons: dict[str, str]


def _run(folder: Path, *arguments: str) -> Run:
    result = run_pytest(folder, *arguments, "-W", "error", "--strict-markers", "--junitxml=junit.xml")
    properties = [
        {found.attrib["name"]: found.attrib["value"] for found in case.iter("property")}
        for case in ElementTree.parse(folder / "junit.xml").iter("testcase")
    ]
    told = [each for each in properties if each]
    return Run(
        result,
        {each["threadcopy_id"]: each["threadcopy_outcome"] for each in told},
        {each["threadcopy_id"]: each["threadcopy_reason"] for each in told},
    )


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory, embedded_url: str, faithful_url: str, javascript_url: str
) -> Iterator[dict[str, Future[Run]]]:
    """Every run of the whole contract, begun together: most of a run is waiting."""
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
    """The same server, of which nothing is said to be known."""
    return runs["unlisted"].result()


@pytest.fixture(scope="module")
def faithful(runs: dict[str, Future[Run]]) -> Run:
    """The same server on a checkpointer that copies properly, tested by two workers."""
    return runs["faithful"].result()


@pytest.fixture(scope="module")
def javascript(runs: dict[str, Future[Run]]) -> Run:
    """The JavaScript server."""
    return runs["javascript"].result()


def broken(run: Run) -> set[str]:
    """Return the MUST requirements that a run did not find kept, or did not get to test."""
    return {
        id_
        for id_, row in CATALOGUE.items()
        if row.level == "MUST" and run.outcomes.get(id_, "not run") not in NOT_TESTED
    }


def test_the_embedded_run_ends_green(embedded: Run) -> None:
    assert embedded.result.ret == pytest.ExitCode.OK


def test_the_embedded_run_says_how_many_violations_are_known(embedded: Run) -> None:
    embedded.result.stdout.fnmatch_lines(
        [
            "deployment: embedded",
            f"deployment: embedded (langgraph-api {version('langgraph-api')})",
            f"{len(KNOWN)} known violations of langgraph-api {version('langgraph-api')}",
        ]
    )


def test_the_embedded_run_waives_what_is_listed_and_nothing_else(embedded: Run) -> None:
    assert {id_ for id_, outcome in embedded.outcomes.items() if outcome == Outcome.WAIVED} == KNOWN


def test_the_contract_runs_beside_the_tests_that_pytest_finds(embedded: Run) -> None:
    assert embedded.outcomes.keys() == CATALOGUE.keys()
    embedded.result.stdout.fnmatch_lines(["checks/check_own.py .*"])


def test_exactly_what_is_listed_is_violated_where_no_list_is_used(unlisted: Run) -> None:
    assert unlisted.result.ret == pytest.ExitCode.TESTS_FAILED
    assert (
        broken(unlisted)
        == KNOWN
        == {id_ for id_, outcome in unlisted.outcomes.items() if outcome == Outcome.VIOLATED}
    )
    unlisted.result.stdout.fnmatch_lines(["verdict: not conformant"])


@pytest.mark.parametrize("requirement", sorted(KNOWN))
def test_each_violation_tells_its_cause(unlisted: Run, requirement: str) -> None:
    assert CAUSES[requirement] in unlisted.reasons[requirement]


def test_a_violation_is_told_without_a_traceback(unlisted: Run) -> None:
    assert (
        ".py:"
        not in str(unlisted.result.stdout).partition("FAILURES")[2].partition("thread copy contract")[0]
    )


def test_nothing_is_violated_on_a_checkpointer_that_copies_properly(faithful: Run) -> None:
    assert faithful.result.ret == pytest.ExitCode.OK
    assert broken(faithful) == set()


def test_every_role_is_tested_there(faithful: Run) -> None:
    assert {faithful.outcomes[id_] for id_ in WITHOUT_ROLE | KNOWN} == {Outcome.PASSED}


def test_nothing_is_violated_on_the_javascript_server(javascript: Run) -> None:
    assert javascript.result.ret == pytest.ExitCode.OK
    assert broken(javascript) == set()


def test_roles_that_nobody_plays_are_untestable_and_say_so(javascript: Run) -> None:
    for id_ in WITHOUT_ROLE:
        assert javascript.outcomes[id_] == Outcome.UNTESTABLE
        assert javascript.reasons[id_].startswith("no assistant plays the role ")
    javascript.result.stdout.fnmatch_lines(["verdict: incomplete"])


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
    names = [line.partition("::test_")[2] for line in pytester.runpytest(*CONTRACT, *options).outlines]
    assert {"-".join(name.split("_")[:2]).upper() for name in names if name} == picked


def test_paths_run_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it="def test_own(): pass")
    result = pytester.runpytest("-q", "--collect-only", "--deployment-url=http://host.invalid", "test_it.py")
    assert result.parseoutcomes() == {"test": 1}


def test_the_contract_is_found_in_an_environment_inside_the_project(pytester: pytest.Pytester) -> None:
    environment = pytester.mkdir(".venv")
    (environment / "test_of_another_package.py").write_text("def test_other(): pass")
    shutil.copytree(CONTRACT_FOLDER.parent, environment / "pytest_threadcopy")
    pytester.makepyfile(test_it="def test_own(): pass")
    options = ("-q", "--collect-only", "--deployment-url=http://host.invalid")
    found = run_pytest(pytester.path, *options, PYTHONPATH=str(environment)).outlines
    assert "test_it.py::test_own" in found
    assert sum(line.startswith(".venv/pytest_threadcopy/contract/test_") for line in found) == len(CATALOGUE)
    assert not [line for line in found if "test_other" in line]


def test_a_run_without_the_plugin_knows_nothing_of_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it="def test_own(): pass")
    result = pytester.runpytest("-p", "no:threadcopy", "--markers")
    result.stdout.no_fnmatch_line("*threadcopy*")
    pytester.runpytest("-p", "no:threadcopy", "test_it.py").assert_outcomes(passed=1)
