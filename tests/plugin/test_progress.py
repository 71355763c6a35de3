"""The output of pytest during a run of the contract, and the summary at its end."""

import re
from pathlib import Path

import pytest

from tests.lab.runs import run_pytest, thread_store

TESTS = '''
import pytest

from pytest_threadcopy.requirements import Untestable

requirement = pytest.mark.threadcopy

@requirement("NEW-01", "MUST")
def test_a_kept(deployment):
    """The first promise."""

@requirement("NEW-02", "SHOULD")
def test_b_deviated(deployment):
    """The second promise."""
    raise AssertionError("it answered 201")

@requirement("NEW-03", "MUST")
def test_c_violated(deployment):
    """The third promise.

    Source: guide ("a new thread").
    """
    raise AssertionError("only 19 copies\\n  of \\x1b[1m20")

@requirement("NEW-04", "MUST")
def test_d_waived(deployment):
    """The fourth promise."""
    raise AssertionError("the source's id")

@requirement("SAME-01", "MUST")
def test_e_untestable(deployment):
    """The fifth promise."""
    raise Untestable("give it an assistant")

@requirement("SAME-02", "MUST")
def test_f_error(deployment):
    """The sixth promise."""
    raise ZeroDivisionError("ours")

@requirement("SAME-03", "MUST")
def test_g_stale(deployment):
    """The seventh promise."""

def test_h_of_the_users(deployment):
    pass
'''
WAIVERS = """
[[waiver]]
id = "NEW-04"
reason = "told its makers"

[[waiver]]
id = "SAME-03"
reason = "was broken once"
"""
WORDS = {
    "test_a_kept": "PASSED",
    "test_b_deviated": "DEVIATED (it answered 201)",
    "test_c_violated": "VIOLATED",
    "test_d_waived": "WAIVED (told its makers. Seen: the source's id)",
    "test_e_untestable": "UNTESTABLE (give it an assistant)",
    "test_f_error": "ERROR",
    "test_g_stale": "STALE WAIVER",
    "test_h_of_the_users": "PASSED",
}
LETTERS = ".dVwuES."
COUNTS = {"passed": 2, "failed": 2, "errors": 1, "skipped": 1, "xfailed": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a test for each outcome."""
    folder = tmp_path_factory.mktemp("progress")
    (folder / "test_it.py").write_text(TESTS)
    (folder / "waivers.toml").write_text(WAIVERS)
    return folder


def _run(folder: Path, *arguments: str, **environment: str) -> pytest.RunResult:
    options = ("test_it.py", "--threadcopy-waivers=waivers.toml", *arguments)
    with thread_store() as store:
        return run_pytest(folder, *options, "--deployment-url", store.url, **environment)


@pytest.fixture(scope="module")
def plain(folder: Path) -> pytest.RunResult:
    """A run without colours, as in a pipe."""
    return _run(folder, "-rA", "--junitxml=junit.xml", "--color=no", COLUMNS="120")


@pytest.fixture(scope="module")
def verbose(folder: Path) -> pytest.RunResult:
    return _run(folder, "-v", "--color=no", COLUMNS="120")


@pytest.fixture(scope="module")
def coloured(folder: Path) -> pytest.RunResult:
    return _run(folder, "--color=yes")


@pytest.fixture(scope="module")
def quiet(folder: Path) -> pytest.RunResult:
    return _run(folder, "-q", "--color=no")


@pytest.fixture(scope="module")
def parallel(folder: Path) -> pytest.RunResult:
    """A run in two processes, in CI."""
    return _run(folder, "-n2", "--color=no", "--junitxml=junit.xml", CI="1")


def test_each_outcome_has_its_letter(plain: pytest.RunResult) -> None:
    plain.stdout.fnmatch_lines([f"test_it.py {LETTERS} *"])


def test_each_outcome_has_its_letter_in_several_processes(parallel: pytest.RunResult) -> None:
    (line,) = (line for line in parallel.outlines if line.endswith("[100%]"))
    assert sorted(line.split()[0]) == sorted(LETTERS)


@pytest.mark.parametrize("test", WORDS)
def test_each_outcome_has_its_word(verbose: pytest.RunResult, test: str) -> None:
    (line,) = (line for line in verbose.outlines if line.startswith(f"test_it.py::{test} "))
    assert re.sub(r"  +\[.*", "", line) == f"test_it.py::{test} {WORDS[test]}"


@pytest.mark.parametrize(
    ("letter", "colour"), [("V", 31), ("S", 31), ("E", 31), ("d", 33), ("w", 36), ("u", 35)]
)
def test_each_outcome_has_its_colour(coloured: pytest.RunResult, letter: str, colour: int) -> None:
    assert f"\x1b[{colour}m{letter}\x1b[0m" in coloured.stdout.str()


@pytest.mark.parametrize("run", ["plain", "parallel", "quiet"])
def test_pytest_counts_each_outcome_as_its_own(run: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(run).assert_outcomes(**COUNTS)


def test_the_short_summary_stays_pytests(plain: pytest.RunResult) -> None:
    plain.stdout.fnmatch_lines(
        [
            "*= short test summary info =*",
            "PASSED test_it.py::test_a_kept",
            "SKIPPED [[]1[]] test_it.py:*: give it an assistant",
            "XFAIL test_it.py::test_b_deviated - it answered 201",
            "ERROR test_it.py::test_f_error - ZeroDivisionError: ours",
            "FAILED test_it.py::test_c_violated - NEW-03 (MUST): The third promise.",
        ],
        consecutive=False,
    )


def test_a_strict_run_counts_what_it_fails_for_as_failed(folder: Path) -> None:
    strict = _run(folder, "--threadcopy-strict", "--color=no")
    strict.assert_outcomes(passed=2, failed=4, errors=1, xfailed=1)
    strict.stdout.fnmatch_lines([f"test_it.py {LETTERS} *"])


@pytest.mark.parametrize("run", ["plain", "parallel"])
def test_the_summary_comes_last(run: str, request: pytest.FixtureRequest) -> None:
    lines = request.getfixturevalue(run).outlines
    summary = lines.index(next(line for line in lines if "= thread copy contract =" in line))
    assert summary > max(number for number, line in enumerate(lines) if "short test summary info" in line)
    assert lines[summary + 1].startswith("deployment: http://")
    verdict = lines.index("verdict: not conformant")
    assert verdict > summary
    assert len(lines) - verdict <= 7


def test_the_summary_says_where_to_read_more(plain: pytest.RunResult) -> None:
    assert " ".join(line.strip() for line in plain.outlines[-4:-1]).endswith(
        "More: see what failed above, and try one again with -k NEW-03; see the other failures with "
        '--xfail-tb -k "NEW-02 or NEW-04"; write a page: --threadcopy-report report.html'
    )


def more(result: pytest.RunResult) -> str:
    """Return the line of the summary that says where to read more."""
    end = " ".join(line.strip() for line in result.outlines).partition(" More: ")[2]
    return end.partition("  ")[0]


def test_the_failures_of_a_strict_run_are_above_without_an_option(folder: Path) -> None:
    chosen = ("--threadcopy-strict", "-k", "deviated or untestable")
    assert more(_run(folder, *chosen)).startswith(
        "--threadcopy-strict fails what deviates, and a MUST that is untestable; see what failed above"
    )


def test_without_tracebacks_the_summary_points_to_nothing_above(folder: Path) -> None:
    assert more(_run(folder, "--tb=no")).startswith("write a page")


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_deviation_and_a_waived_violation_explain_themselves_with_xfail_tb(
    folder: Path, workers: str
) -> None:
    result = _run(folder, workers, "--xfail-tb", "-k", "deviated or waived", "--junitxml=xfail.xml")
    result.stdout.fnmatch_lines(
        [
            "*= XFAILURES =*",
            "NEW-02 (SHOULD): The second promise.",
            "  it answered 201",
        ]
    )
    result.stdout.fnmatch_lines(
        ["NEW-04 (MUST): The fourth promise.", "  told its makers. Seen: the source's id"]
    )
    assert (folder / "xfail.xml").read_text().count('type="pytest.xfail"') == 2
    result.stdout.no_fnmatch_line("*raise AssertionError*")
    assert more(result).startswith("write a page")


def test_a_report_that_was_written_is_to_be_opened(folder: Path) -> None:
    written = _run(folder, "--threadcopy-report=r.html", "--threadcopy-report=r.json", "-k", "kept")
    assert more(written).startswith("open r.html, r.json")


def test_a_report_that_was_not_written_is_not_named(folder: Path, tmp_path: Path) -> None:
    (folder / "meanwhile.py").write_text(
        f"import shutil\ndef pytest_collection_finish():\n    shutil.rmtree({str(tmp_path)!r})\n"
    )
    report = f"--threadcopy-report={tmp_path}/r.json"
    unwritten = _run(folder, "-p", "meanwhile", report, "-k", "kept")
    assert "r.json cannot be written" in unwritten.stderr.str()
    assert "More: " not in unwritten.stdout.str()


def test_the_verdict_has_a_colour_if_the_terminal_has_colours(coloured: pytest.RunResult) -> None:
    assert "verdict: \x1b[1m\x1b[31mnot conformant\x1b[0m" in coloured.outlines


def test_a_quiet_run_prints_only_failures_and_the_verdict(quiet: pytest.RunResult) -> None:
    lines = quiet.outlines
    start = lines.index("violated NEW-03: The third promise.")
    assert lines[start:-1] == [
        "violated NEW-03: The third promise.",
        "error SAME-02: The sixth promise.",
        "stale waiver SAME-03: The seventh promise.",
        "deviated NEW-02: The second promise.",
        "verdict: not conformant",
    ]
    assert "thread copy contract" not in quiet.stdout.str()


@pytest.mark.parametrize(("columns", "widest"), [("30", 80), ("80", 80), ("100", 100), ("200", 120)])
def test_the_summary_keeps_within_the_terminal(folder: Path, columns: str, widest: int) -> None:
    *lines, _last_of_pytest = _run(folder, COLUMNS=columns).outlines
    title = next(number for number, line in enumerate(lines) if " thread copy contract " in line)
    assert len(lines[title + 1 :]) > 20
    assert [line for line in lines[title + 1 :] if len(line) > widest] == []


@pytest.mark.parametrize("run", ["plain", "parallel"])
def test_a_failure_is_printed_whole_once(run: str, request: pytest.FixtureRequest) -> None:
    output = request.getfixturevalue(run).stdout.str()
    assert output.count("only 19 copies") == 1


def test_the_junit_file_has_the_first_line_of_a_failure_as_its_message(
    folder: Path, parallel: pytest.RunResult
) -> None:
    assert '<failure message="NEW-03 (MUST): The third promise.">' in (folder / "junit.xml").read_text()


@pytest.mark.parametrize("run", ["plain", "parallel", "quiet"])
def test_a_deployments_answer_cannot_command_the_terminal(run: str, request: pytest.FixtureRequest) -> None:
    output = request.getfixturevalue(run).stdout.str()
    assert r"of \x1b[1m20" in output
    assert "\x1b" not in output
