"""Annotations on GitHub, as a run prints them."""

from pathlib import Path

import pytest

from tests.lab.runs import CONTRACT, run_pytest


def test_annotations_are_printed_on_github_after_everything_else(tmp_path: Path, embedded_url: str) -> None:
    arguments = (*CONTRACT, "--deployment-url", f"staging={embedded_url}", "-k", "SAME-11 or NEW-01")
    lines = run_pytest(tmp_path, *arguments, GITHUB_ACTIONS="true").outlines
    commands = [number for number, line in enumerate(lines) if line.startswith("::")]
    stop, resume, annotation = commands
    token = lines[stop].removeprefix("::stop-commands::")
    assert lines[resume] == f"::{token}::"
    assert lines[annotation].startswith("::error title=SAME-11 violated (staging)::")
    # The summary, which quotes the deployment, stands where GitHub executes no commands.
    quoting = [number for number, line in enumerate(lines) if "answered 500" in line]
    assert all(stop < number < resume or number == annotation for number in quoting)
    assert any(stop < number < resume for number in quoting)


def test_workers_leave_them_to_the_controller(tmp_path: Path, embedded_url: str) -> None:
    arguments = (*CONTRACT, "--deployment-url", embedded_url, "-k", "SAME-11", "-n", "2")
    lines = run_pytest(tmp_path, *arguments, GITHUB_ACTIONS="true").outlines
    assert sum(line.startswith("::error ") for line in lines) == 1


def test_elsewhere_nothing_is_annotated(tmp_path: Path, embedded_url: str) -> None:
    result = run_pytest(tmp_path, *CONTRACT, "--deployment-url", embedded_url, "-k", "SAME-11")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.no_fnmatch_line("::*")
