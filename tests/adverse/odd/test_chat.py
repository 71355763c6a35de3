"""No requirement fails on chat agents that never give the same answer twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_threadcopy.embedded import EmbeddedServer
from tests.conftest import FAITHFUL_SAVER
from tests.lab.faults.matrix import run_contract

GRAPHS = Path(__file__).parents[2] / "lab" / "servers" / "chat_graphs.py"
ROWS = ("SAME-04", "CONT-01", "CONT-02", "CONT-04", "CONT-08", "CONT-10", "INDEP-04", "INDEP-05", "INDEP-08")


@pytest.fixture(scope="module")
def chat_url() -> Iterator[str]:
    names = ("threadcopy_plain", "threadcopy_interrupting")
    served = {
        "graphs": {name: f"{GRAPHS.as_posix()}:{name}" for name in names},
        "checkpointer": {"path": f"{FAITHFUL_SAVER.as_posix()}:make"},
    }
    with EmbeddedServer(served) as server:
        yield server.url


def test_no_requirement_fails_on_an_agent_that_never_answers_the_same_twice(chat_url: str) -> None:
    findings = run_contract(chat_url, select=" or ".join(ROWS))
    assert {row: findings.outcomes[row] for row in ROWS} == dict.fromkeys(ROWS, "passed"), findings.reasons
