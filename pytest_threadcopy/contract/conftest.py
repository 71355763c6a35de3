"""What the contract's tests ask for, beside the plugin's fixtures."""

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from pytest_threadcopy.requirements import Untestable

if TYPE_CHECKING:
    from pytest_threadcopy.api.client import Client
    from pytest_threadcopy.contract.steps.steps import Steps
    from pytest_threadcopy.deployment.deployment import Deployment
    from pytest_threadcopy.deployment.sources import Source, Sources
    from pytest_threadcopy.session.session import DeploymentSession

# Which role's thread each fixture gives; a test has one for itself, or shares one to read and copy.
_OWN = {"interrupted": "interrupting", "nested": "nested", "parallel": "parallel", "failed": "failing"}
_SHARED = {
    "shared_interrupted": "interrupting",
    "shared_nested": "nested",
    "shared_parallel": "parallel",
    "shared_failed": "failing",
    "finished": "plain",
}


_NEEDS_ONE = "the contract needs a deployment: name one with --deployment-url"


def pytest_pycollect_makemodule(parent: pytest.Collector) -> None:
    """Refuse to collect a contract about nothing in a worker of xdist, which breaks at a usage error."""
    if hasattr(parent.config, "workerinput") and not _is_about_something(parent.config):
        raise parent.CollectError(_NEEDS_ONE)


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """Refuse to run a contract about nothing."""
    if not hasattr(config, "workerinput") and not _is_about_something(config):
        raise pytest.UsageError(_NEEDS_ONE)


def _is_about_something(config: pytest.Config) -> bool:
    return config.pluginmanager.has_plugin("threadcopy-session")


@pytest.fixture(scope="session")
def sources(request: pytest.FixtureRequest, deployment: "Deployment", thread_sources: "Sources") -> "Sources":
    """Source threads, those that need a run begun together, as many as the selected tests will ask for."""
    if not hasattr(request.config, "workerinput"):  # an xdist worker does not know which tests it will get
        session: DeploymentSession = request.config.pluginmanager.getplugin("threadcopy-session")
        here = [
            item for item in request.session.items if session.target_of(item).name == deployment.settings.name
        ]
        names = [name for item in here for name in getattr(item, "fixturenames", ())]
        thread_sources.begin(
            Counter(_OWN[name] for name in names if name in _OWN)
            + Counter({role: 1 for name, role in _SHARED.items() if name in names})
        )
    return thread_sources


@pytest.fixture
def steps(request: pytest.FixtureRequest, deployment_client: "Client") -> "Steps":
    """What a test does with threads; its notes go into the JUnit file, what it compared into the report."""
    from pytest_threadcopy.contract.steps.steps import Steps
    from pytest_threadcopy.histories.outlines import COMPARISONS

    comparisons = request.node.stash.setdefault(COMPARISONS, [])

    # Not by record_property, which warns of each property that JUnit's newest schema does not know.
    return Steps(
        deployment_client, lambda note: request.node.user_properties.append(("note", note)), comparisons
    )


@pytest.fixture
def plain(sources: "Sources") -> "Source":
    """A thread with a plain history."""
    return sources.plain()


@pytest.fixture
def readable(sources: "Sources", steps: "Steps") -> "Source":
    """A thread with a plain history, to be read and copied only: it may be one that the user named."""
    source = sources.plain(writable=False)
    if not source.ours and not steps.source_history(source.thread_id):
        raise Untestable(f"thread {source.thread_id}, which --thread-id names, has an empty history")
    return source


@pytest.fixture
def interrupted(sources: "Sources") -> "Source":
    """A thread that waits at an interrupt, for this test alone."""
    return sources.take("interrupting")


@pytest.fixture
def nested(sources: "Sources") -> "Source":
    """A thread that waits at an interrupt inside a subgraph, for this test alone."""
    return sources.take("nested")


@pytest.fixture
def parallel(sources: "Sources") -> "Source":
    """A thread with one task finished while another waits at an interrupt, for this test alone."""
    return sources.take("parallel")


@pytest.fixture
def failed(sources: "Sources") -> "Source":
    """A thread whose last run failed, for this test alone."""
    return sources.take("failing")


@pytest.fixture
def shared_interrupted(sources: "Sources") -> "Source":
    """A thread that waits at an interrupt, to be read and copied only."""
    return sources.shared("interrupting")


@pytest.fixture
def shared_nested(sources: "Sources") -> "Source":
    """A thread that waits at an interrupt inside a subgraph, to be read and copied only."""
    return sources.shared("nested")


@pytest.fixture
def shared_parallel(sources: "Sources") -> "Source":
    """A thread with one task finished while another waits, to be read and copied only."""
    return sources.shared("parallel")


@pytest.fixture
def shared_failed(sources: "Sources") -> "Source":
    """A thread whose last run failed, to be read and copied only."""
    return sources.shared("failing")


@pytest.fixture
def finished(sources: "Sources") -> "Source | None":
    """A thread on which a run has ended, to be read and copied only; None where no run is allowed."""
    return sources.shared("plain") if sources.plays("plain") else None
