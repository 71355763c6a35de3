"""The private parts of syrupy and xdist that snapshots use. No other module of this room uses them.

Each function has a test that fails if a private part changes. This is not in ``session/pytest_private.py``,
because it imports syrupy.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.location import PyTestLocation

Snapshot = TypeVar("Snapshot", bound=SnapshotAssertion)


def rename(location: PyTestLocation, name: str) -> None:
    """Give a location another test name, in the way that syrupy sets the fields of its frozen dataclass."""
    object.__setattr__(location, "nodename", name)
    object.__setattr__(location, "testname", name)


def copy_as(kind: type[Snapshot], snapshot: SnapshotAssertion, **changes: Any) -> Snapshot:
    """Return a snapshot assertion of class ``kind`` that has the settings of ``snapshot``, or ``changes``."""
    return kind(**{one.name: getattr(snapshot, one.name) for one in fields(snapshot) if one.init} | changes)


def last_difference(snapshot: SnapshotAssertion) -> tuple[str | bytes, str | bytes] | None:
    """Return the stored and the received text of the last comparison; None if equal or if one is missing."""
    result = snapshot.executions.get(snapshot.num_executions - 1)
    if result and not result.success and result.recalled_data and result.asserted_data:
        return result.recalled_data, result.asserted_data
    return None


def scheduler_by_scope(config: pytest.Config, log: Any, scope_of: Callable[[str], str]) -> Any:
    """Return a scheduler of xdist that gives all tests of one scope to one worker.

    ``log`` is the one that xdist passes to its hook. ``scope_of`` returns the scope of a node id.
    """
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = scope_of
    return scheduler
