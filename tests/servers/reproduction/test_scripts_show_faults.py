"""The generated scripts in all three languages show the fault, and no difference without the fault."""

import re
import uuid
from collections.abc import Callable
from typing import NamedTuple

import httpx
import pytest

from tests.lab.deployed import deployed
from tests.lab.faults.exchange import HEADER
from tests.lab.faults.identities import USER
from tests.servers.reproduction.contract_tests import explanation_of
from tests.servers.reproduction.scripts import DIFFERS, SAME, outcome

Run = Callable[..., dict[str, str]]

FAULTS = {
    "only_newest_checkpoint": "SAME-01",  # lost checkpoints
    "integers_rounded": "SAME-08",  # a changed value
    "state_keeps_source_id": "NEW-04",
    "thread_metadata_lost": "NEW-06",
    "updates_reach_the_siblings": "INDEP-08",  # a shared write
    "quoted_id_rewritten_in_values": "SAME-09",  # rewritten user data
    "streams_of_copies_are_empty": "CONT-08",  # events and values of a stream
}


FAULTY_STATUS = {"unknown_thread_is_a_400": "ROB-02", "copy_answers_201": "NEW-02"}


class Servers(NamedTuple):
    faulty: str
    faithful: str


@pytest.fixture
def servers(faulty_url: str, faithful_url: str) -> Servers:
    return Servers(faulty_url, faithful_url)


def outcomes(outputs: dict[str, str]) -> dict[str, str]:
    return {language: outcome(output) for language, output in outputs.items()}


@pytest.mark.parametrize("requirement", ["CONT-03", "CONT-05", "CONT-06", "SAME-11"])
def test_violation_of_the_reference_is_shown(
    requirement: str, embedded_url: str, faithful_url: str, run: Run
) -> None:
    with deployed(embedded_url) as deployment:
        scripts = explanation_of(deployment, requirement).reproduction
    assert outcomes(run(scripts, embedded_url)) == DIFFERS
    assert outcomes(run(scripts, faithful_url)) == SAME


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_shown(fault: str, servers: Servers, run: Run) -> None:
    user = uuid.uuid4().hex
    with deployed(servers.faulty, headers={USER: user, HEADER: fault}) as deployment:
        explanation = explanation_of(deployment, FAULTS[fault])
    environment = {"DEPLOYMENT_X_THREADCOPY_USER": user, "DEPLOYMENT_X_THREADCOPY_FAULT": fault}
    assert outcomes(run(explanation.reproduction, servers.faulty, environment)) == DIFFERS
    assert outcomes(run(explanation.reproduction, servers.faithful, environment)) == SAME
    assert user not in str(explanation)


@pytest.mark.parametrize(
    ("fault", "wrong", "right"),
    [("unknown_thread_is_a_400", "400", "409"), ("copy_answers_201", "201", "200")],
)
def test_wrong_status_is_shown(fault: str, wrong: str, right: str, servers: Servers, run: Run) -> None:
    user = uuid.uuid4().hex
    with deployed(servers.faulty, headers={USER: user, HEADER: fault}) as deployment:
        scripts = explanation_of(deployment, FAULTY_STATUS[fault]).reproduction
    environment = {"DEPLOYMENT_X_THREADCOPY_USER": user, "DEPLOYMENT_X_THREADCOPY_FAULT": fault}
    for url, status in ((servers.faulty, wrong), (servers.faithful, right)):
        for output in run(scripts, url, environment).values():
            last_answer = re.split("_copy|Copy", output)[-1]
            assert last_answer.removeprefix(":").split()[0] == status, output


def test_violation_of_the_javascript_server_is_shown(
    javascript_url: str, faithful_url: str, run: Run
) -> None:
    with deployed(javascript_url) as deployment:
        scripts = explanation_of(deployment, "CONT-12").reproduction
    assert outcomes(run(scripts, javascript_url)) == DIFFERS
    assert outcomes(run(scripts, faithful_url)) == SAME


def test_scripts_leave_no_thread(embedded_url: str, run: Run) -> None:
    with deployed(embedded_url) as deployment:
        scripts = explanation_of(deployment, "SAME-11").reproduction
    run(scripts, embedded_url)
    by_hand = {"metadata": {"threadcopy_run": "by hand"}, "limit": 100}
    assert httpx.post(f"{embedded_url}/threads/search", json=by_hand).json() == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "{embedded_url}/nowhere"])
def test_a_script_that_cannot_reproduce_does_not_say_that_there_is_no_difference(
    url: str, embedded_url: str, run: Run
) -> None:
    with deployed(embedded_url) as deployment:
        scripts = explanation_of(deployment, "CONT-03").reproduction
    for output in run(scripts, url.format(embedded_url=embedded_url)).values():
        assert "Not reproduced: " in output
        assert "difference" not in output


def test_a_thread_object_that_contradicts_its_state_is_shown(servers: Servers, run: Run) -> None:
    user, fault = uuid.uuid4().hex, "copy_is_always_idle"
    with deployed(servers.faulty, headers={USER: user, HEADER: fault}) as deployment:
        explanation = explanation_of(deployment, "NEW-07")
    environment = {"DEPLOYMENT_X_THREADCOPY_USER": user, "DEPLOYMENT_X_THREADCOPY_FAULT": fault}
    outputs = run(explanation.reproduction, servers.faulty, environment)
    assert outcomes(outputs) == DIFFERS
    assert all("interrupted" in output and "idle" in output for output in outputs.values())
