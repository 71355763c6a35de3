"""The private names of pytest, xdist and syrupy that the plugin uses still work as it needs."""

import inspect
from pathlib import Path

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from pytest_threadcopy.private import (
    filter_debug_log,
    filter_traceback,
    name_tests_below,
    parameters_of,
    scheduler_by_scope,
    worker_input,
)
from tests.lab.runs import run_pytest

WORKER = """
from pytest_threadcopy.private import received_from_worker, send_to_worker, worker_input, worker_output

def pytest_sessionfinish(session):
    received = worker_input(session.config)
    if received:
        worker_output(session.config)["answer"] = received["question"] + " and an answer"

def pytest_configure_node(node):
    send_to_worker(node, {"question": "a question"})

def pytest_testnodedown(node):
    print("received", received_from_worker(node)["answer"])
"""
SYRUPY = """
from syrupy.assertion import SnapshotAssertion
from syrupy.location import PyTestLocation

from pytest_threadcopy.private import copy_as, last_difference, rename

def test_location(request):
    location = PyTestLocation(request.node)
    rename(location, "another")
    assert (location.snapshot_name, location.nodename, location.testname) == ("another",) * 3

def test_difference(snapshot):
    written = copy_as(SnapshotAssertion, snapshot, update_snapshots=True)
    assert written.session is snapshot.session
    assert written == "before"
    assert last_difference(written) is None
    compared = copy_as(SnapshotAssertion, written, update_snapshots=False)
    assert compared != "after"
    assert ["before" in compared_text for compared_text in last_difference(compared)] == [True, False]
"""


def test_the_debug_log_is_written_by_a_writer_that_can_be_replaced(pytester: pytest.Pytester) -> None:
    config = pytester.parseconfig()
    written: list[str] = []
    config.trace.root.setwriter(written.append)
    filter_debug_log(config, str.upper)
    config.trace("a secret")
    assert "A SECRET" in "".join(written)


def test_a_run_without_debug_log_has_no_writer(pytester: pytest.Pytester) -> None:
    config = pytester.parseconfig()
    filter_debug_log(config, str.upper)
    config.trace("a secret")


def test_a_traceback_is_made_by_a_method_that_can_be_replaced() -> None:
    with pytest.raises(KeyboardInterrupt) as raised:
        raise KeyboardInterrupt
    filter_traceback(raised, lambda representation: f"changed {type(representation).__name__}")
    assert str(raised.getrepr()).startswith("changed ")


def test_a_session_names_tests_below_its_initial_paths(pytester: pytest.Pytester) -> None:
    session = pytest.Session.from_config(pytester.parseconfig())
    assert isinstance(session._initialpaths, frozenset)
    name_tests_below(session, Path("/elsewhere/contract"))
    module = pytest.Dir.from_parent(session, path=Path("/elsewhere/contract/steps"))
    assert module.nodeid == "steps"


@pytest.mark.parametrize("value", [1])
def test_a_test_has_its_parameters(request: pytest.FixtureRequest, value: int) -> None:
    assert parameters_of(request.node) == {"value": value}


def test_a_test_without_parameters_has_none(request: pytest.FixtureRequest) -> None:
    assert parameters_of(request.node) == {}


def test_a_process_without_xdist_is_no_worker(pytester: pytest.Pytester) -> None:
    assert worker_input(pytester.parseconfig()) is None


def test_a_worker_and_its_controller_exchange_values(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(WORKER)
    (tmp_path / "test_it.py").write_text("def test_it(): pass")
    result = run_pytest(tmp_path, "-n1", "-s")
    assert "received a question and an answer" in result.stdout.str()


def test_a_scheduler_asks_for_the_scope_of_a_test(pytester: pytest.Pytester) -> None:
    log = Producer("scheduler", enabled=False)
    scheduler = scheduler_by_scope(pytester.parseconfig("--tx=popen"), log, str.upper)
    assert scheduler._split_scope("test") == "TEST"
    assert "self._split_scope(" in inspect.getsource(LoadScopeScheduling)


def test_syrupys_locations_and_assertions_can_be_made_anew(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SYRUPY)
    run_pytest(tmp_path, "test_it.py").assert_outcomes(passed=2)
