"""The fixtures: the deployment, a client of it, threads on it, and snapshots of their histories.

Every thread that a fixture makes, or that a test makes with ``deployment_client``, is deleted at the end.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from pytest_threadcopy.api.client import Client
    from pytest_threadcopy.deployment.deployment import Deployment
    from pytest_threadcopy.deployment.sources import Sources
    from pytest_threadcopy.session.session import DeploymentSession
    from pytest_threadcopy.snapshots import HistorySnapshot


@pytest.fixture(scope="session")
def deployment(request: pytest.FixtureRequest) -> Iterator["Deployment"]:
    """The deployment under test (``--deployment-url``); skips the test if no deployment is named.

    If several are named, each test that uses this fixture, or one that needs it, runs on each of them.
    """
    session: DeploymentSession | None = request.config.pluginmanager.get_plugin("threadcopy-session")
    if session is None:
        pytest.skip("no deployment to test: name one with --deployment-url")
    target = session.targets[getattr(request, "param", next(iter(session.targets)))]
    deployment = target.open()
    yield deployment
    target.leave(deployment)


@pytest.fixture(scope="session")
def deployment_client(deployment: "Deployment") -> "Client":
    """A client of the deployment under test; the threads that it makes are deleted at the end."""
    return deployment.client


@pytest.fixture(scope="session")
def thread_sources(deployment: "Deployment") -> Iterator["Sources"]:
    """Makes source threads, for each role of the contract."""
    from pytest_threadcopy.deployment.sources import Sources

    sources = Sources(deployment)
    yield sources
    sources.close()


@pytest.fixture
def fresh_thread(deployment_client: "Client", thread_sources: "Sources") -> dict[str, Any]:
    """A thread of the plain role that never ran: the deployment's answer when it was created."""
    return deployment_client.threads.create(graph_id=thread_sources.role("plain").assistant_id)


@pytest.fixture
def source_thread(deployment_client: "Client", thread_sources: "Sources") -> dict[str, Any]:
    """A thread with a history of four checkpoints, made without running a node if that is possible."""
    return deployment_client.threads.get(thread_sources.plain().thread_id)


@pytest.fixture
def copied_thread(deployment_client: "Client", source_thread: dict[str, Any]) -> Any:
    """A copy of ``source_thread``: the deployment's answer to ``POST /threads/{id}/copy``."""
    return deployment_client.threads.copy(source_thread["thread_id"])


@pytest.fixture
def history_snapshot(snapshot: "SnapshotAssertion", request: pytest.FixtureRequest) -> "HistorySnapshot":
    """Compares a thread's history, in canonical form, with the snapshot in the user's repository.

    If several deployments are named, all are compared with the same snapshot.
    """
    from pytest_threadcopy.snapshots import history_snapshot_of

    return history_snapshot_of(snapshot, request.node)
