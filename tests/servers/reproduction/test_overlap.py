"""A copy that was made during a run on its source: the scripts also copy during the run."""

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
    # fault: the requirement that catches it, the output of its scripts with the fault, and without it
    "copy_of_a_busy_thread_refuses": ("CONT-11", "the thread is busy", '"content": "Hello"'),
    "runs_go_on_in_copies": ("INDEP-09", "differs", "same"),
}


@pytest.mark.parametrize("fault", SEEN)
def test_the_scripts_copy_during_a_run(fault: str, faulty_url: str, faithful_url: str, run: Run) -> None:
    requirement, faulty, faithful = SEEN[fault]
    user = uuid.uuid4().hex
    with deployed(faulty_url, headers={USER: user, HEADER: fault}) as deployment:
        explanation = explanation_of(deployment, requirement)
    environment = {"DEPLOYMENT_X_THREADCOPY_USER": user, "DEPLOYMENT_X_THREADCOPY_FAULT": fault}
    for url, expected in ((faulty_url, faulty), (faithful_url, faithful)):
        outputs = one_by_one(run, explanation.reproduction, url, environment)
        results = {language: outcome(output) for language, output in outputs.items()}
        assert [language for language, output in results.items() if expected not in output] == [], outputs
    assert "scripts do one after another" not in str(explanation.steps)
