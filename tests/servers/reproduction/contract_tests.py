"""Runs one test of the contract on a deployment without pytest, and explains its failure."""

import inspect
from collections.abc import Callable
from typing import Any

from pytest_threadcopy.contract import (
    test_threadcopy_continuable,
    test_threadcopy_independent,
    test_threadcopy_new,
    test_threadcopy_new_objects,
    test_threadcopy_robust,
    test_threadcopy_robust_identities,
    test_threadcopy_same,
    test_threadcopy_same_shapes,
)
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.deployment import Deployment
from pytest_threadcopy.deployment.sources import Sources
from pytest_threadcopy.reproduction.explain import Explanation
from pytest_threadcopy.wire.transport import DeploymentError

MODULES = (
    test_threadcopy_continuable,
    test_threadcopy_independent,
    test_threadcopy_new,
    test_threadcopy_new_objects,
    test_threadcopy_robust,
    test_threadcopy_robust_identities,
    test_threadcopy_same,
    test_threadcopy_same_shapes,
)
ROLES = {"interrupted": "interrupting", "nested": "nested", "parallel": "parallel", "failed": "failing"}


def explanation_of(deployment: Deployment, requirement: str) -> Explanation:
    """Run the test of a requirement on a deployment, and return the explanation of its failure.

    Raises:
        LookupError: The test passed.
    """
    sources = Sources(deployment)
    function = _function(requirement)
    fixtures = {name: _fixture(name, deployment, sources) for name in inspect.signature(function).parameters}
    try:
        function(**fixtures)
    except (AssertionError, DeploymentError) as error:
        return deployment.explain(error)
    finally:
        sources.close()
    raise LookupError(f"{requirement} passed")


def _function(requirement: str) -> Callable[..., None]:
    start = f"test_{requirement.lower().replace('-', '_')}_"
    functions = (
        value for module in MODULES for name, value in vars(module).items() if name.startswith(start)
    )
    function: Callable[..., None] = next(functions)
    return function


def _fixture(name: str, deployment: Deployment, sources: Sources) -> Any:
    if name in ("plain", "readable"):
        return sources.plain()
    role = ROLES.get(name.removeprefix("shared_"))
    if role:
        return sources.take(role)
    return {
        "steps": Steps(deployment.client, lambda note: None),
        "sources": sources,
        "deployment": deployment,
        "finished": None,
    }[name]
