"""The private parts of pytest and xdist that a session uses. No other module of this room uses them.

Each function has a test that fails if a private part changes. Those of syrupy are in
``snapshots/syrupy_private.py``, since syrupy must not be imported at plugin load.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


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


def worker_input(config: pytest.Config) -> dict[str, Any] | None:
    """Return what the controller of xdist sent to this worker; None in a process that is no worker."""
    return getattr(config, "workerinput", None)


def worker_output(config: pytest.Config) -> dict[str, Any]:
    """Return the dictionary that a worker of xdist sends to its controller at the end."""
    output: dict[str, Any] = vars(config)["workeroutput"]
    return output
