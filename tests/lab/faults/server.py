"""The faulty server: one real LangGraph server that serves every fault at once."""

from pathlib import Path

from pytest_threadcopy.embedded import EmbeddedServer

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


def faulty_server() -> EmbeddedServer:
    """Return the server, not started. A request without the fault's header has no fault."""
    return EmbeddedServer(
        {
            # The server imports these modules by name, so that checkpointer and gateway share their state.
            "dependencies": [".", str(ROOT)],
            "checkpointer": {"path": "tests.lab.faults.saver.make"},
            "http": {"app": "tests.lab.faults.gateway:app"},
            "auth": {"path": f"{(HERE / 'identities.py').as_posix()}:auth"},
        }
    )
