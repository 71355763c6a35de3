"""A report that cannot be written fails the run; the other reports and the verdict stay."""

import pytest

from tests.lab.runs import ThreadStore, run_pytest
from tests.plugin.surroundings.endings import the_one_error

GONE = "import shutil\n\ndef pytest_runtest_setup(): shutil.rmtree('reports', ignore_errors=True)\n"
# Acts like a full disk, without a mount: a write beyond this limit fails.
FULL = "import resource\n\ndef pytest_sessionstart(): resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))\n"


@pytest.mark.parametrize(
    ("conftest", "workers", "why"),
    [
        (GONE, "-n0", "No such file or directory"),
        (FULL, "-n0", "File too large"),
        (FULL, "-n2", "File too large"),
    ],
    ids=["no folder", "a full disk", "a full disk, in workers"],
)
def test_the_verdict_and_the_unwritten_report_are_reported(
    project: pytest.Pytester, store: ThreadStore, conftest: str, workers: str, why: str
) -> None:
    project.makeconftest(conftest)
    project.mkdir("reports")
    options = ("test_it.py", workers, "--deployment-url", store.url)
    result = run_pytest(project.path, *options, "--threadcopy-report=reports/report.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["verdict: not conformant"])
    assert the_one_error(result) == f"--threadcopy-report: reports/report.json cannot be written: {why}"
    assert list(project.path.glob("reports/*")) == []


def test_other_reports_are_written(project: pytest.Pytester, store: ThreadStore) -> None:
    project.makeconftest(GONE)
    project.mkdir("reports")
    wanted = (
        "--threadcopy-report=first.json",
        "--threadcopy-report=reports/no.json",
        "--threadcopy-report=l.md",
    )
    result = run_pytest(project.path, "test_it.py", "--deployment-url", store.url, *wanted)
    assert "reports/no.json" in the_one_error(result)
    assert (project.path / "first.json").is_file()
    assert (project.path / "l.md").is_file()


@pytest.mark.parametrize("path", ["test_it.py/report.json", "/dev/null/report.json", "nowhere/report.json"])
def test_a_report_in_a_path_that_is_no_folder_is_refused_at_once(
    project: pytest.Pytester, store: ThreadStore, path: str
) -> None:
    options = ("test_it.py", "--deployment-url", store.url, f"--threadcopy-report={path}")
    result = run_pytest(project.path, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "it must be a file in a folder that exists" in the_one_error(result)
    assert store.requests == []
