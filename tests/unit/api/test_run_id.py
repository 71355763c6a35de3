"""The id of a run, which its threads carry, says whether the run may be under way."""

import os
import platform
import uuid

import pytest

from pytest_threadcopy.api import run_id
from pytest_threadcopy.api.run_id import may_be_at_work, new_run_id


def test_this_run_may_be_under_way() -> None:
    assert may_be_at_work(new_run_id())


def test_a_run_whose_process_has_ended_is_over() -> None:
    begun, machine, *_ = new_run_id().split("-")
    assert not may_be_at_work(f"{begun}-{machine}-999999999-00000000")


@pytest.mark.parametrize("run", ["20200101T000000Z-00000000-1-00000000", "by hand"])
def test_an_old_run_and_a_text_that_is_no_id_are_over(run: str) -> None:
    assert not may_be_at_work(run)


def test_a_run_on_another_machine_may_be_under_way_for_a_day() -> None:
    begun, _, rest = new_run_id().split("-", 2)
    assert may_be_at_work(f"{begun}-00000000-{rest}")


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a run whose process has ended, on another machine of the same name."""
    monkeypatch.setattr(uuid, "getnode", lambda: 0x02_42_AC_11_00_02)
    run_id._machine.cache_clear()
    begun, machine, *_ = new_run_id().split("-")
    monkeypatch.undo()
    run_id._machine.cache_clear()
    return f"{begun}-{machine}-999999999-00000000"


def test_a_run_on_another_machine_of_the_same_name_may_be_under_way(moved: str) -> None:
    assert may_be_at_work(moved)


def test_an_id_does_not_show_the_name_of_the_machine() -> None:
    assert platform.node() not in new_run_id()
    assert f"-{os.getpid()}-" in new_run_id()


ODD = ["20261399T999999Z-00000000-1-00000000", "\u0662" * 8 + "T000000Z-00000000-1-00000000"]


@pytest.mark.parametrize("run", [*ODD, f"20261122T000000Z-00000000-{'9' * 5000}-00000000"])
def test_a_run_with_an_odd_id_is_over(run: str) -> None:
    assert not may_be_at_work(run)
