"""The user's own assistants for the contract's roles: a table in pyproject.toml."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_threadcopy.scenarios import GRAPH_ID
from pytest_threadcopy.schemas import Json


def read_roles(pyproject: Path | None) -> Mapping[str, Json]:
    """Return the table ``tool.threadcopy.roles`` of a pyproject.toml: role to assistant, input and resume.

    Raises:
        pytest.UsageError: The table is not valid; the message says where, and what may stand there.
    """
    if pyproject is None or not pyproject.is_file():
        return {}
    try:
        roles: Any = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise pytest.UsageError(f"{pyproject} cannot be read: {error}") from None
    for table in ("tool", "threadcopy", "roles"):
        roles = roles.get(table, {}) if isinstance(roles, dict) else None
    if not isinstance(roles, dict):
        raise pytest.UsageError(f"{pyproject}: [tool.threadcopy.roles] must hold a table for each role")
    for name, role in roles.items():
        where = f"{pyproject}: [tool.threadcopy.roles.{name}]"
        if name not in GRAPH_ID:
            raise pytest.UsageError(
                f"{where}: there is no role of this name; valid are {', '.join(GRAPH_ID)}"
            )
        if not isinstance(role, dict) or not isinstance(role.get("assistant"), str):
            raise pytest.UsageError(f"{where} needs assistant = the id or graph id of one of your assistants")
        if set(role) - {"assistant", "input", "resume"}:
            raise pytest.UsageError(f"{where}: valid keys are assistant, input and resume")
        try:
            json.dumps(role, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise pytest.UsageError(f"{where} may hold JSON values only: {error}") from None
    return roles
