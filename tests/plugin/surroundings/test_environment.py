"""The environment of a run: Python's mode, the locale, and missing folders and modules."""

import json

import pytest

from tests.lab.runs import ThreadStore, run_pytest
from tests.plugin.surroundings.endings import assert_no_crash, the_one_error

SURROUNDINGS = {
    "no asserts of python": {"PYTHONOPTIMIZE": "1", "PYTHONDONTWRITEBYTECODE": "1"},
    "no docstrings": {"PYTHONOPTIMIZE": "2"},
    "nothing but ASCII": {
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": "ascii",
    },
    "no folder of its own": {"HOME": "/nowhere", "TMPDIR": "/nowhere", "PATH": ""},
    "a narrow terminal": {"COLUMNS": "20", "TERM": "dumb"},
    "warnings that are errors": {
        "PYTHONDEVMODE": "1",
        "PYTHONWARNINGS": "error",
        "PYTHONWARNDEFAULTENCODING": "1",
    },
}


@pytest.mark.parametrize("surroundings", SURROUNDINGS)
def test_a_run_finds_the_same_under(project: pytest.Pytester, store: ThreadStore, surroundings: str) -> None:
    options = ("test_it.py", "--deployment-url", store.url, "--threadcopy-report=report.json")
    result = run_pytest(project.path, *options, **SURROUNDINGS[surroundings])
    assert_no_crash(result)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    (deployment,) = json.loads((project.path / "report.json").read_text())["deployments"]
    outcomes = {row["id"]: row["outcome"] for row in deployment["requirements"]}
    assert [outcomes[f"NEW-0{number}"] for number in (1, 2, 3)] == ["passed", "deviated", "violated"]


def test_a_requirement_has_its_sentence_although_python_drops_docstrings(
    project: pytest.Pytester, store: ThreadStore
) -> None:
    options = ("test_it.py", "--deployment-url", store.url)
    result = run_pytest(project.path, *options, PYTHONOPTIMIZE="2")
    result.stdout.fnmatch_lines(["NEW-03 (MUST): *twenty*"])


@pytest.mark.parametrize("variable", ["HOME", "PATH", "TERM", "LANG"])
def test_a_run_finds_the_same_without(
    project: pytest.Pytester, store: ThreadStore, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv(variable, raising=False)
    result = run_pytest(project.path, "test_it.py", "--deployment-url", store.url)
    assert_no_crash(result)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["NEW-03 (MUST): *twenty*"])


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSLKEYLOGFILE"])
@pytest.mark.parametrize("options", ["", "-n2", "--threadcopy-cleanup"])
def test_missing_certificates_are_reported(project: pytest.Pytester, variable: str, options: str) -> None:
    arguments = ("test_it.py", "--deployment-url", "https://127.0.0.1:9", *options.split())
    result = run_pytest(project.path, *arguments, **{variable: "/nowhere/file.pem"})
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    error = the_one_error(result)
    assert "the certificates to trust cannot be read: " in error
    assert f"{variable} is /nowhere/file.pem" in error


@pytest.mark.parametrize("options", ["", "--threadcopy-cleanup"])
def test_a_table_of_roles_that_cannot_be_read_is_reported(
    project: pytest.Pytester, store: ThreadStore, options: str
) -> None:
    project.makefile(".ini", own="[pytest]")  # without it, pytest itself would read the other file
    project.makepyprojecttoml("[tool.threadcopy")
    arguments = ("test_it.py", "-c", "own.ini", "--deployment-url", store.url, *options.split())
    result = run_pytest(project.path, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "pyproject.toml cannot be read: " in the_one_error(result)
    assert store.requests == []


@pytest.mark.parametrize("options", ["--assert=plain -n2", "-p no:assertion"])
def test_a_run_whose_asserts_do_nothing_is_refused(
    project: pytest.Pytester, store: ThreadStore, options: str
) -> None:
    arguments = ("test_it.py", "--deployment-url", store.url, *options.split())
    result = run_pytest(project.path, *arguments, PYTHONOPTIMIZE="1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert the_one_error(result).startswith("python -O leaves out the asserts that pytest does not rewrite")
    assert store.requests == []
