"""The message about a history that differs from its snapshot: the place, in a few lines."""

import json
from pathlib import Path

import pytest

from tests.lab.runs import run_pytest
from tests.plugin.snapshots.test_snapshots import CONFTEST, TEST


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a user's test."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    return tmp_path


def keep(folder: Path, contents: str) -> Path:
    """Write the snapshot of a history with these contents, and return its file."""
    (folder / "test_mine.py").write_text(TEST.format(contents=contents))
    run_pytest(folder, "--snapshot-update").assert_outcomes(passed=1)
    return folder / "__snapshots__" / "test_mine" / "test_greets.json"


def compare(folder: Path, contents: str, *options: str, **environment: str) -> pytest.RunResult:
    """Return the output of pytest for a history with these contents."""
    (folder / "test_mine.py").write_text(TEST.format(contents=contents))
    result = run_pytest(folder, *options, **environment)
    result.assert_outcomes(failed=1)
    return result


def test_difference_names_checkpoint_path_and_values(folder: Path) -> None:
    keep(folder, "'hi', 'ho'")
    compare(folder, "'hi', 'hum'").stdout.fnmatch_lines(
        [
            "E * assert [[]- snapshot, <checkpoint 2>: values.content] == [[]+ received]",
            "E * <checkpoint 2>: values.content",
            'E * - "ho"',
            'E * + "hum"',
            "E * Run pytest with --snapshot-update if this is right*",
        ],
        consecutive=True,
    )


def test_difference_in_type_alone_is_a_difference(folder: Path) -> None:
    keep(folder, "1")
    compare(folder, "1.0").stdout.fnmatch_lines(["*<checkpoint 1>: values.content", "*- 1", "*+ 1.0"])


def test_one_line_names_the_place(folder: Path) -> None:
    keep(folder, "'hi', 'ho'")
    result = compare(folder, "'hi', 'hum'", "--tb=no")
    result.stdout.fnmatch_lines(["FAILED * - assert [[]- snapshot, <checkpoint 2>: va*"])


def test_traceback_does_not_show_the_history(folder: Path) -> None:
    keep(folder, "'hi'")
    result = compare(folder, "'ho'", "--showlocals", "--tb=long")
    result.stdout.fnmatch_lines(["history_snapshot = <history snapshot test_greets>"])
    result.stdout.no_fnmatch_line("*checkpoint_id*")


@pytest.mark.parametrize(
    ("options", "environment"),
    [((), {}), (("-vv",), {}), (("--color=yes",), {}), ((), {"CI": "1"})],
    ids=["plain", "-vv", "colour", "CI"],
)
def test_many_and_large_differences_take_a_few_lines(
    folder: Path, options: tuple[str, ...], environment: dict[str, str]
) -> None:
    keep(folder, "*(['a' * 100_000] * 50)")
    result = compare(folder, "*(['b' * 100_000] * 50)", *options, **environment)
    result.stdout.fnmatch_lines(
        [
            "*also <checkpoint 2>: values.content, <checkpoint 3>: values.content,* and 46 more*",
            "*--snapshot-update if this is right*",
        ]
    )
    assert len(result.stdout.str()) < 4_000


def test_an_appended_checkpoint_is_reported_as_new(folder: Path) -> None:
    keep(folder, "'hi'")
    result = compare(folder, "'hi', 'ho'")
    result.stdout.fnmatch_lines(["*[[]- snapshot, <checkpoint 2> is new] == *"])
    result.stdout.no_fnmatch_line("*values*")


def test_a_lost_checkpoint_is_reported_as_gone(folder: Path) -> None:
    keep(folder, "'hi', 'ho'")
    compare(folder, "'hi'").stdout.fnmatch_lines(["*<checkpoint 2> is gone"])


def test_lists_of_two_lengths_are_shown(folder: Path) -> None:
    keep(folder, "[1]")
    result = compare(folder, "[1, 2]")
    result.stdout.fnmatch_lines(["*<checkpoint 1>: values.content", "*- [[]1]", "*+ [[]1, 2]"])


def test_a_snapshot_that_is_no_json_is_reported(folder: Path) -> None:
    keep(folder, "'hi'").write_text("<<<<<<< HEAD\n")
    result = compare(folder, "'hi'")
    result.stdout.fnmatch_lines(["*The snapshot is not JSON: Expecting value: line 1 column 1*"])


def test_a_snapshot_in_another_form_is_reported(folder: Path) -> None:
    file = keep(folder, "'hi'")
    file.write_text(json.dumps(json.loads(file.read_text())))
    result = compare(folder, "'hi'")
    result.stdout.fnmatch_lines(["*only the layout of the file differs."])
