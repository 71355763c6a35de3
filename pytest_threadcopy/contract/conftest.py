"""The fixtures of the contract's tests, besides the plugin's own."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from pytest_threadcopy.private import worker_input
from pytest_threadcopy.requirements import Untestable

if TYPE_CHECKING:
    from pytest_threadcopy.api.client import Client
    from pytest_threadcopy.contract.steps.steps import Steps
    from pytest_threadcopy.deployment.deployment import Deployment
    from pytest_threadcopy.deployment.sources import Source, Sources
    from pytest_threadcopy.session.outcomes import Outcomes
    from pytest_threadcopy.session.session import DeploymentSession

# The role of each fixture that returns a thread: one thread for each test, or one that tests share.
_OWN = {"interrupted": "interrupting", "nested": "nested", "parallel": "parallel", "failed": "failing"}
_SHARED = {f"shared_{name}": role for name, role in _OWN.items()} | {"finished": "plain"}
_NEEDS_ONE = "the contract needs a deployment: name one with --deployment-url"


def pytest_pycollect_makemodule(parent: pytest.Collector) -> None:
    """Report a missing deployment at collection in an xdist worker, which would crash at a usage error."""
    if worker_input(parent.config) is not None and not _has_deployment(parent.config):
        raise parent.CollectError(_NEEDS_ONE)


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """Refuse to run the contract without a deployment."""
    if worker_input(config) is None and not _has_deployment(config):
        raise pytest.UsageError(_NEEDS_ONE)


def _has_deployment(config: pytest.Config) -> bool:
    return config.pluginmanager.has_plugin("threadcopy-session")


@pytest.fixture(scope="session")
def sources(request: pytest.FixtureRequest, deployment: "Deployment", thread_sources: "Sources") -> "Sources":
    """Source threads. All runs that make those of the selected tests begin together, at the first use."""
    if worker_input(request.config) is None:  # an xdist worker does not know which tests it will get
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
    """What a test does with threads. Its notes go into the JUnit file, its comparisons into the report."""
    from pytest_threadcopy.contract.steps.steps import Steps

    def note(text: str) -> None:
        # Not by record_property: that warns of each property that JUnit's newest schema does not know.
        request.node.user_properties.append(("note", text))

    outcomes: Outcomes = request.config.pluginmanager.getplugin("threadcopy-outcomes")
    return Steps(deployment_client, note, outcomes.comparisons_of(request.node))


@pytest.fixture
def plain(sources: "Sources") -> "Source":
    """A thread with a plain history."""
    return sources.plain()


@pytest.fixture
def readable(sources: "Sources", steps: "Steps") -> "Source":
    """A thread with a plain history; read and copy it only, since it may be one that the user named."""
    source = sources.plain(writable=False)
    if not source.ours and not steps.source_history(source.thread_id):
        raise Untestable(f"thread {source.thread_id}, which --thread-id names, has an empty history")
    return source


def _thread(role: str, what: str, *, shared: bool = False) -> Any:
    """Return a fixture for a thread of a role: one for each test, or one that tests only read and copy."""

    def thread(sources: "Sources") -> "Source":
        return sources.shared(role) if shared else sources.take(role)

    thread.__doc__ = f"A thread {what}{'; read and copy it' if shared else ', for this test alone'}."
    return pytest.fixture(thread)


interrupted = _thread("interrupting", "that waits at an interrupt")
nested = _thread("nested", "that waits at an interrupt inside a subgraph")
parallel = _thread("parallel", "with a finished and an interrupted task")
failed = _thread("failing", "whose last run failed")
shared_interrupted = _thread("interrupting", "that waits at an interrupt", shared=True)
shared_nested = _thread("nested", "interrupted inside a subgraph", shared=True)
shared_parallel = _thread("parallel", "with one task of two finished", shared=True)
shared_failed = _thread("failing", "whose last run failed", shared=True)


@pytest.fixture
def finished(sources: "Sources") -> "Source | None":
    """A thread on which a run has ended; read and copy it only. None where no run is allowed."""
    return sources.shared("plain") if sources.plays("plain") else None
