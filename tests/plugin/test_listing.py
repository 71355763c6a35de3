"""``pytest --threadcopy-list`` prints the requirements; it needs no deployment."""

import re
from pathlib import Path

import pytest

from pytest_threadcopy.requirements import GROUPS
from pytest_threadcopy.session.catalogue import read_catalogue
from tests.lab.runs import run_pytest


@pytest.fixture(scope="module")
def listing(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The output of the command in a folder without tests, without a deployment."""
    result = run_pytest(tmp_path_factory.mktemp("listing"), "--threadcopy-list")
    assert result.ret == pytest.ExitCode.OK
    assert result.errlines == []
    return "\n".join(result.outlines)


def test_each_requirement_is_listed_with_level_sentence_and_source(listing: str) -> None:
    rows = re.findall(
        r"^  (\S+-\d\d) \((\w+)\): (.*?)\n    from (.*?)(?=\n  \S|\n\n|\Z)", listing, re.M | re.S
    )
    words = [tuple(" ".join(part.split()) for part in row) for row in rows]
    assert words == [(row.id, row.level.value, row.title, row.source) for row in read_catalogue()]


def test_groups_are_headings_in_order(listing: str) -> None:
    headings = [f"{group}: {title}" for group, title in GROUPS.items()]
    assert [line for line in listing.splitlines() if line in headings] == headings


def test_it_fits_80_columns(listing: str) -> None:
    assert max(map(len, listing.splitlines())) <= 80


def test_each_requirement_says_where_it_comes_from() -> None:
    kinds = ("guide", "docs", "openapi", "protocol", "a careful user")
    assert [row.id for row in read_catalogue() if not row.source.startswith(kinds)] == []


def test_a_named_deployment_gets_no_request(tmp_path: Path) -> None:
    result = run_pytest(tmp_path, "--threadcopy-list", "--deployment-url", "http://127.0.0.1:9")
    assert result.ret == pytest.ExitCode.OK
    assert result.outlines[0].startswith("The thread-copy contract: ")


def test_no_test_runs(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text("def test_mine():\n    assert False\n")
    result = run_pytest(tmp_path, "--threadcopy-list")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*test_mine*")
