"""What the user asked for, read and checked."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pytest_threadcopy.options import parse_headers
from pytest_threadcopy.role_table import read_roles


@dataclass(frozen=True)
class Settings:
    """Every option, read and checked. Headers are secrets, and are left out of the representation."""

    url: str
    headers: Mapping[str, str]
    timeout: float
    run_timeout: float
    verify: bool | str
    assistant: str | None
    input: Any
    checkpoints: int
    waivers: str | None
    reports: list[Path]
    strict: bool
    second_headers: Mapping[str, str]
    thread_id: str | None
    scale: bool
    roles: Mapping[str, dict[str, Any]]

    def __repr__(self) -> str:
        return f"Settings(url={self.shown_url!r})"

    @property
    def shown_url(self) -> str:
        """The URL without the user info that it may carry."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def read_settings(config: pytest.Config, values: Mapping[str, Any]) -> Settings:
    """Return the settings of this run, given the values of the options.

    Raises:
        pytest.UsageError: What the environment or pyproject.toml hold is not valid; says what is.
    """
    headers = _environment_headers("DEPLOYMENT_HEADERS")
    if os.environ.get("DEPLOYMENT_API_KEY"):
        headers |= _environment_headers("DEPLOYMENT_API_KEY", prefix="x-api-key:")
    second = _environment_headers("DEPLOYMENT_SECOND_HEADERS")
    return Settings(
        url=values["deployment_url"],
        headers=headers | (values["threadcopy_headers"] or {}),
        timeout=values["threadcopy_timeout"],
        run_timeout=values["threadcopy_run_timeout"],
        verify=values["threadcopy_ca_bundle"] or not values["threadcopy_insecure"],
        assistant=values["threadcopy_assistant"],
        input=values["threadcopy_input"],
        checkpoints=values["threadcopy_checkpoints"],
        waivers=values["threadcopy_waivers"],
        reports=values["threadcopy_report"],
        strict=values["threadcopy_strict"],
        second_headers=second | (values["threadcopy_second_headers"] or {}),
        thread_id=values["thread_id"],
        scale=values["threadcopy_scale"],
        roles=read_roles(config.rootpath / "pyproject.toml"),
    )


def _environment_headers(variable: str, prefix: str = "") -> dict[str, str]:
    try:
        return parse_headers(prefix + os.environ.get(variable, ""))
    except ValueError as error:
        raise pytest.UsageError(f"{variable} is not valid: {error}") from None
