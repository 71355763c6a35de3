"""A deployment under test, as the plugin makes it from its options, for tests that do not run pytest."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pytest_threadcopy.api.run_id import new_run_id
from pytest_threadcopy.config.address import Address
from pytest_threadcopy.config.settings import Settings
from pytest_threadcopy.deployment.deployment import Deployment

DEFAULTS: dict[str, Any] = {
    "headers": {},
    "timeout": 30.0,
    "run_timeout": 60.0,
    "total_timeout": 3600.0,
    "in_flight": 10,
    "redirects": 0,
    "verify": True,
    "assistant": None,
    "input": None,
    "checkpoints": 130,
    "second_headers": {},
    "thread_id": None,
    "scale": False,
    "roles": {},
}


@contextmanager
def deployed(url: str, **settings: Any) -> Iterator[Deployment]:
    """Yield the deployment at a URL under these settings; delete its threads afterwards."""
    deployment = Deployment(
        Settings(address=Address(url, "under test"), **DEFAULTS | settings), run=new_run_id()
    )
    yield deployment
    assert deployment.close() == []
