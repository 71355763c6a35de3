"""The outcome of each requirement, and pytest's output for it."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.lab.runs import run_pytest, thread_store

TESTS = '''
import pytest

from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.wire.transport import ApiError

requirement = pytest.mark.threadcopy

@pytest.fixture
def broken(deployment):
    raise ApiError("GET", "/", 500, "a fault of the plugin")

@requirement("NEW-01", "MUST")
def test_kept(deployment):
    """The first promise.

    Source: guide.
    """

@requirement("NEW-02", "SHOULD")
def test_should_be_kept(deployment):
    """The second promise."""
    raise AssertionError("it answered 201")

@requirement("NEW-03", "MUST")
def test_not_kept(deployment):
    """The third promise."""
    assert 19 == 20, "only 19 copies"

@requirement("NEW-04", "MUST")
def test_refused(deployment_client):
    """The fourth promise."""
    deployment_client.threads.get("unknown")

@requirement("SAME-01", "MUST")
def test_cannot_be_tested(deployment):
    """The fifth promise."""
    raise Untestable("give it an assistant")

@requirement("SAME-02", "MUST")
def test_bug(deployment):
    """The sixth promise."""
    raise ZeroDivisionError("ours")

@requirement("SAME-03", "MUST")
def test_locked_out(deployment):
    """The seventh promise."""
    raise ApiError("GET", "/", 401, "who?")

@requirement("SAME-04", "MUST")
def test_no_source(broken):
    """The eighth promise."""

def test_of_the_users(deployment):
    pass
'''

WAIVERS = """
[[waiver]]
id = "NEW-01"
reason = "failed once"

[[waiver]]
id = "NEW-02"
reason = "201 is as good"

[[waiver]]
id = "NEW-03"
reason = "was to be mended long ago"
expires = 2001-12-31

[[waiver]]
id = "NEW-03"
reason = "told its makers"
expires = 2999-12-31

[[waiver]]
id = "NEW-04"
reason = "too long ago"
expires = 2001-12-31

[[waiver]]
id = "SAME-01"
reason = "nobody knows"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the user's project."""
    folder = tmp_path_factory.mktemp("outcomes")
    (folder / "test_it.py").write_text(TESTS)
    (folder / "waivers.toml").write_text(WAIVERS)
    return folder


def _run(folder: Path, *arguments: str) -> pytest.RunResult:
    with thread_store() as store:
        return run_pytest(folder, "test_it.py", "-v", "--deployment-url", store.url, *arguments)


@pytest.fixture(scope="module")
def plain(folder: Path) -> pytest.RunResult:
    """A run without an option that changes an outcome."""
    return _run(folder, "--color=no", "--junitxml=junit.xml")


@pytest.fixture(scope="module")
def strict(folder: Path) -> pytest.RunResult:
    """A strict run, in colours and with full tracebacks."""
    return _run(folder, "--threadcopy-strict", "--color=yes", "--tb=long")


@pytest.fixture(scope="module")
def waived(folder: Path) -> pytest.RunResult:
    """A run with waivers."""
    return _run(folder, "--threadcopy-waivers=waivers.toml", "--color=no")


@pytest.mark.parametrize(
    ("test", "word"),
    [
        ("test_kept", "PASSED"),
        ("test_should_be_kept", "DEVIATED (it answered 201)"),
        ("test_not_kept", "VIOLATED"),
        ("test_refused", "VIOLATED"),
        ("test_cannot_be_tested", "UNTESTABLE (give it an assistant)"),
        ("test_bug", "ERROR"),
        ("test_locked_out", "ERROR"),
        ("test_no_source", "ERROR"),
        ("test_of_the_users", "PASSED"),
    ],
)
def test_pytest_prints_the_word_of_each_outcome_for(plain: pytest.RunResult, test: str, word: str) -> None:
    plain.stdout.fnmatch_lines([f"test_it.py::{test} {word} *"])


def test_the_summary_reports_each_outcome_but_passed(plain: pytest.RunResult) -> None:
    plain.stdout.fnmatch_lines(
        [
            "deployment: http://* (unknown server)",
            "  NEW    the copy is a thread of its own * 1/3    0/1  2V 1d",
            "  SAME   its history is the source's history * 0/4         3E 1u",
            "2 violated: *",
            "  NEW-03   MUST   The third promise.",
            "  NEW-04   MUST   The fourth promise.",
            "3 error: *",
            "  SAME-02  MUST   The sixth promise.",
            "  SAME-03  MUST   The seventh promise.",
            "  SAME-04  MUST   The eighth promise.",
            "1 deviated: *",
            "  NEW-02   SHOULD The second promise.",
            "1 untestable: not tested; the reason says what it needs",
            "  SAME-01 (MUST): give it an assistant",
            "verdict: not conformant",
        ]
    )
    plain.stdout.no_fnmatch_line("*The first promise.*")


def test_a_violation_shows_its_requirement_and_no_traceback(plain: pytest.RunResult) -> None:
    plain.stdout.fnmatch_lines(
        ["_* test_not_kept _*", "NEW-03 (MUST): The third promise.", "", "*only 19 copies"]
    )
    plain.stdout.no_fnmatch_line("*assert 19 == 20, *")


def test_an_error_keeps_its_traceback(plain: pytest.RunResult) -> None:
    plain.stdout.fnmatch_lines(["_* ERROR at call of test_bug _*", '>       raise ZeroDivisionError("ours")'])


def test_a_violation_shows_its_traceback_if_an_option_asks_for_it(strict: pytest.RunResult) -> None:
    strict.stdout.fnmatch_lines(["*E       assert 19 == 20*"])


def test_strict_fails_a_deviation_and_an_untestable_must(strict: pytest.RunResult) -> None:
    for test in ("test_should_be_kept", "test_cannot_be_tested"):
        strict.stdout.fnmatch_lines([f"*FAILED*test_it.py::*{test}*"])


def test_the_verdict_has_a_colour_if_the_terminal_has_colours(strict: pytest.RunResult) -> None:
    strict.stdout.fnmatch_lines(["verdict: \x1b[[]1m\x1b[[]31mnot conformant\x1b[[]0m"])


def test_a_waived_violation_fails_as_expected(waived: pytest.RunResult) -> None:
    waived.stdout.fnmatch_lines(["test_it.py::test_not_kept WAIVED (told its makers. Seen: only 19 copies)*"])


def test_a_waiver_that_holds_is_used_beside_one_that_expired(waived: pytest.RunResult) -> None:
    waived.stdout.no_fnmatch_line("*was to be mended long ago*")


def test_a_waived_deviation_is_reported_as_waived(waived: pytest.RunResult) -> None:
    waived.stdout.fnmatch_lines(["2 waived: *", "  NEW-02   SHOULD 201 is as good"])


def test_a_waiver_of_a_requirement_that_passes_fails_the_run(waived: pytest.RunResult) -> None:
    waived.stdout.fnmatch_lines(
        [
            "test_it.py::test_kept STALE WAIVER *",
            "*passes although waived (failed once): remove the waiver of NEW-01",
            "1 stale waiver: passes although waived: remove the waiver",
        ]
    )


def test_an_expired_waiver_waives_nothing_and_is_reported(waived: pytest.RunResult) -> None:
    waived.stdout.fnmatch_lines(
        ["test_it.py::test_refused VIOLATED *", "*Its waiver expired on 2001-12-31: too long ago"]
    )


def test_a_waiver_of_an_untestable_requirement_is_neither_used_nor_stale(waived: pytest.RunResult) -> None:
    waived.stdout.fnmatch_lines(["test_it.py::test_cannot_be_tested UNTESTABLE (give it an assistant) *"])


def test_the_junit_file_has_the_requirement_and_its_outcome(folder: Path, plain: pytest.RunResult) -> None:
    properties = {
        case.attrib["name"]: {prop.attrib["name"]: prop.attrib["value"] for prop in case.iter("property")}
        for case in ElementTree.parse(folder / "junit.xml").iter("testcase")
    }
    row = properties["test_should_be_kept"]
    assert (row["threadcopy_id"], row["threadcopy_level"]) == ("NEW-02", "SHOULD")
    assert (row["threadcopy_outcome"], row["threadcopy_reason"]) == ("deviated", "it answered 201")
    assert properties["test_of_the_users"] == {}
