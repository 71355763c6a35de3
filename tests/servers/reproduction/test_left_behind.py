"""Threads that failed copies leave behind: the scripts repeat the failed copies, and show the new threads."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from pytest_threadcopy.reproduction.explain import Explanation
from tests.lab.deployed import deployed
from tests.lab.faults.exchange import HEADER
from tests.lab.faults.identities import USER
from tests.lab.faults.server import faulty_server
from tests.servers.reproduction.contract_tests import explanation_of
from tests.servers.reproduction.scripts import DIFFERS, SAME, one_by_one, outcome

Run = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The URL of a server for this module, since threads stay on it. A user sees only their own threads."""
    with faulty_server() as server:
        yield server.url


class Scripts:
    """The scripts of a failure under a fault. They run one after another, since each counts threads."""

    def __init__(self, url: str, fault: str, requirement: str, run: Run) -> None:
        self._run, headers = run, {USER: uuid.uuid4().hex, HEADER: fault}
        self._environment = {
            "DEPLOYMENT_X_THREADCOPY_USER": headers[USER],
            "DEPLOYMENT_X_THREADCOPY_FAULT": headers[HEADER],
        }
        with deployed(url, headers=headers) as deployment:
            self.explanation: Explanation = explanation_of(deployment, requirement)

    def outputs(self, url: str) -> dict[str, str]:
        """Return the output of each script on the server at a URL."""
        return one_by_one(self._run, self.explanation.reproduction, url, self._environment)


def test_number_of_threads_before_and_after_failed_copies_is_shown(
    url: str, faithful_url: str, run: Run
) -> None:
    scripts = Scripts(url, "unknown_thread_leaves_one_behind", "ROB-01", run)
    acts = [step.partition(" ")[0] for step in scripts.explanation.steps if not step.startswith("(")]
    assert acts[0] == acts[-1] == "counted"
    assert {*acts[1:-1]} == {"copied"}
    assert {name: outcome(output) for name, output in scripts.outputs(url).items()} == DIFFERS
    assert {name: outcome(output) for name, output in scripts.outputs(faithful_url).items()} == SAME


def test_threads_that_failed_copies_left_are_shown(url: str, faithful_url: str, run: Run) -> None:
    scripts = Scripts(url, "failed_copy_leaves_its_row", "ROB-07", run)
    assert ["thread_id" in output for output in _searches(scripts.outputs(url))] == [True] * 3
    assert [output.split() for output in _searches(scripts.outputs(faithful_url))] == [["200", "[]"]] * 3


def _searches(outputs: dict[str, str]) -> list[str]:
    """Return the output of each script after its search."""
    return [output.rpartition("search:")[2] for output in outputs.values()]
