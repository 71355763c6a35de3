"""What pytest, xdist and syrupy keep private, and the plugin needs. No other module uses such a part.

Each function has a test that fails if a private part changes.
"""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion
    from syrupy.location import PyTestLocation

Snapshot = TypeVar("Snapshot", bound="SnapshotAssertion")


def filter_debug_log(config: pytest.Config, change: Callable[[str], str]) -> None:
    """Change each text before the option ``--debug`` writes it: it writes the arguments of every hook."""
    write = getattr(config.trace.root, "_writer", None)
    if write:
        config.trace.root.setwriter(lambda text: write(change(text)))


def filter_traceback(excinfo: pytest.ExceptionInfo[BaseException], change: Callable[[Any], Any]) -> None:
    """Change each representation that pytest makes of an exception."""
    make = excinfo.getrepr
    vars(excinfo)["getrepr"] = lambda *args, **kwargs: change(make(*args, **kwargs))


def name_tests_below(session: pytest.Session, folder: Path) -> None:
    """Let the tests of a folder have the ids that they have when the folder is given with ``--pyargs``.

    Without this their ids begin with a folder that has no name.
    """
    session._initialpaths = getattr(session, "_initialpaths", frozenset()) | {folder}


def parameters_of(item: pytest.Item) -> dict[str, Any]:
    """Return the values of a test's parameters, by their names."""
    return getattr(getattr(item, "callspec", None), "params", {})


def send_to_worker(node: Any, values: dict[str, Any]) -> None:
    """Add values to the dictionary that the controller of xdist sends to a worker."""
    node.workerinput.update(values)


def worker_input(config: pytest.Config) -> dict[str, Any] | None:
    """Return what the controller of xdist sent to this worker; None in a process that is no worker."""
    return getattr(config, "workerinput", None)


def worker_output(config: pytest.Config) -> dict[str, Any]:
    """Return the dictionary that a worker of xdist sends to its controller at the end."""
    output: dict[str, Any] = vars(config)["workeroutput"]
    return output


def received_from_worker(node: Any) -> dict[str, Any] | None:
    """Return the dictionary that a worker of xdist sent at its end; None if it was killed before."""
    return getattr(node, "workeroutput", None)


def scheduler_by_scope(config: pytest.Config, log: Any, scope_of: Callable[[str], str]) -> Any:
    """Return a scheduler of xdist that gives all tests of one scope to one worker.

    ``log`` is the one that xdist passes to its hook. ``scope_of`` returns the scope of a node id.
    """
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = scope_of
    return scheduler


def rename(location: "PyTestLocation", name: str) -> None:
    """Give a location another test name, in the way that syrupy sets the fields of its frozen dataclass."""
    object.__setattr__(location, "nodename", name)
    object.__setattr__(location, "testname", name)


def copy_as(kind: type[Snapshot], snapshot: "SnapshotAssertion", **changes: Any) -> Snapshot:
    """Return a snapshot assertion of class ``kind`` that has the settings of ``snapshot``, or ``changes``."""
    return kind(**{one.name: getattr(snapshot, one.name) for one in fields(snapshot) if one.init} | changes)


def last_difference(snapshot: "SnapshotAssertion") -> tuple[str | bytes, str | bytes] | None:
    """Return the stored and the received text of the last comparison; None if equal or if one is missing."""
    result = snapshot.executions.get(snapshot.num_executions - 1)
    if result and not result.success and result.recalled_data and result.asserted_data:
        return result.recalled_data, result.asserted_data
    return None
