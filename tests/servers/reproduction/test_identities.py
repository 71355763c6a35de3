"""Scripts send requests of a second identity, or of none, with the same identity, from the environment."""

import uuid
from collections.abc import Callable

import pytest

from tests.lab.deployed import deployed
from tests.lab.faults.exchange import HEADER
from tests.lab.faults.identities import USER
from tests.servers.reproduction.contract_tests import explanation_of

Run = Callable[..., dict[str, str]]


@pytest.mark.parametrize(
    ("fault", "requirement", "identity"),
    [("anyone_may_copy", "ROB-10", "second"), ("nobody_may_copy", "ROB-11", "anonymous")],
)
def test_a_missing_refusal_is_shown(
    fault: str, requirement: str, identity: str, faulty_url: str, run: Run
) -> None:
    users = [f"canary-{role}-{uuid.uuid4().hex}" for role in ("first", "second")]
    first, second = ({USER: user, HEADER: fault} for user in users)
    with deployed(faulty_url, headers=first, second_headers=second) as deployment:
        explanation = explanation_of(deployment, requirement)
    environment = {
        "DEPLOYMENT_X_THREADCOPY_USER": users[0],
        "DEPLOYMENT_X_THREADCOPY_FAULT": fault,
        "DEPLOYMENT_SECOND_X_THREADCOPY_USER": users[1],
        "DEPLOYMENT_SECOND_X_THREADCOPY_FAULT": fault,
    }
    for output in run(explanation.reproduction, faulty_url, environment).values():
        assert "thread_id" in output  # the copy that should have been refused
    start = "with no identity" if identity == "anonymous" else "as the second identity"
    assert any(step.startswith(start) for step in explanation.steps)
    assert not any(user in str(explanation) for user in users)


def test_a_secret_that_is_not_set_is_asked_for_by_its_name(faulty_url: str, run: Run) -> None:
    headers = {USER: uuid.uuid4().hex, HEADER: "copy_is_always_idle"}
    with deployed(faulty_url, headers=headers) as deployment:
        explanation = explanation_of(deployment, "NEW-07")
    for output in run(explanation.reproduction, faulty_url).values():
        assert "DEPLOYMENT_X_THREADCOPY_" in output
        assert "difference" not in output
