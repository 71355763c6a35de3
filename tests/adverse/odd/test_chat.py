"""Chat agents that never say the same twice raise no alarm."""

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


def test_an_agent_that_never_says_the_same_twice_raises_no_alarm(chat_url: str) -> None:
    found = run_contract(chat_url, select=" or ".join(ROWS))
    assert {row: found.outcomes[row] for row in ROWS} == dict.fromkeys(ROWS, "passed"), found.reasons
