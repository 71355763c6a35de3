"""A copy that was taken while a run was under way on its source: the scripts, too, copy while it goes on."""

import uuid
from collections.abc import Callable

import pytest

from tests.lab.deployed import deployed
from tests.lab.faults.exchange import HEADER
from tests.lab.faults.identities import USER
from tests.servers.reproduction.contract_tests import explanation_of
from tests.servers.reproduction.scripts import one_by_one, outcome

Run = Callable[..., dict[str, str]]


SEEN = {
    # fault: the requirement that catches it, what its scripts show with it, and without it
    "copy_of_a_busy_thread_refuses": ("CONT-11", "the thread is busy", '"content": "Hello"'),
    "runs_go_on_in_copies": ("INDEP-09", "differs", "same"),
}


@pytest.mark.parametrize("fault", SEEN)
def test_copy_is_taken_while_a_run_goes_on(fault: str, faulty_url: str, faithful_url: str, run: Run) -> None:
    requirement, wrong, right = SEEN[fault]
    user = uuid.uuid4().hex
    with deployed(faulty_url, headers={USER: user, HEADER: fault}) as deployment:
        explanation = explanation_of(deployment, requirement)
    environment = {"DEPLOYMENT_X_THREADCOPY_USER": user, "DEPLOYMENT_X_THREADCOPY_FAULT": fault}
    for url, shown in ((faulty_url, wrong), (faithful_url, right)):
        outputs = one_by_one(run, explanation.reproduction, url, environment)
        told = {language: outcome(output) for language, output in outputs.items()}
        assert [language for language, output in told.items() if shown not in output] == [], outputs
    assert "scripts do one after another" not in str(explanation.steps)
