"""``-k`` picks requirements by the ids that the report shows."""

from pathlib import Path

import pytest

from pytest_threadcopy.requirements import GROUPS
from pytest_threadcopy.session.catalogue import read_catalogue
from tests.lab.runs import CONTRACT, ThreadStore, run_pytest


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_is_picked_by_its_key_and_a_dash(tmp_path: Path, store: ThreadStore, group: str) -> None:
    chosen = ("--collect-only", "-q", "-k", f"{group}-", "--deployment-url", store.url)
    lines = run_pytest(tmp_path, *CONTRACT, *chosen).outlines
    count = sum(row.group == group for row in read_catalogue())
    assert sum("::" in line for line in lines) == count
    assert any(line.startswith(f"{count}/") for line in lines)


def test_one_requirement_is_picked_by_its_id(tmp_path: Path, store: ThreadStore) -> None:
    chosen = ("--collect-only", "-q", "-k", "NEW-03", "--deployment-url", store.url)
    lines = run_pytest(tmp_path, *CONTRACT, *chosen).outlines
    assert [line.rpartition("::")[2] for line in lines if "::" in line] == [
        "test_new_03_twenty_copies_are_twenty_threads"
    ]
