"""The settings of each deployment, read from the options, the environment and files, and checked."""

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pytest_threadcopy.config.address import Address
from pytest_threadcopy.config.parsing import parse_headers, parse_secrets
from pytest_threadcopy.config.role_table import read_roles
from pytest_threadcopy.config.waivers import KNOWN_VIOLATIONS, Waiver, read_waivers
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.text.secrets import Redactor, secrets_of


@dataclass(frozen=True)
class Settings:
    """The settings of one deployment. Their representation shows no secret.

    ``redact`` takes the secrets of all deployments of a session out of a text.
    """

    address: Address
    headers: Mapping[str, str]
    timeout: float
    run_timeout: float
    total_timeout: float
    in_flight: int
    redirects: int
    verify: bool | str
    assistant: str | None
    input: Any
    checkpoints: int
    second_headers: Mapping[str, str]
    thread_id: str | None
    scale: bool
    roles: Mapping[str, Json]
    waivers: tuple[Waiver, ...] = ()
    redact: Redactor = field(default_factory=Redactor, repr=False, compare=False)

    def __repr__(self) -> str:
        return f"Settings(url={self.address.public_url!r})"

    @property
    def name(self) -> str:
        """The deployment's name."""
        return self.address.name

    @property
    def label(self) -> str:
        """The deployment's name and URL; the URL alone if it contains the name."""
        url = self.address.public_url
        return url if self.name in url else f"{self.name} {url}"

    def at(self, url: str) -> "Settings":
        """Return these settings with the URL at which the embedded server listens."""
        return replace(self, address=self.address.at(url))


def read_settings(
    config: pytest.Config, values: Mapping[str, Any], requirements: Collection[str] = ()
) -> list[Settings]:
    """Return the settings for each deployment, given the values of the options.

    ``requirements`` are the ids that a waiver may have. Without them no waivers are read.

    Raises:
        pytest.UsageError: The environment, pyproject.toml or a file of waivers is not valid; the message says
            where, and what may stand there.
    """
    addresses: list[Address] = values["deployment_url"]
    marked = (*values["threadcopy_secrets"], *parse_secrets(os.environ.get("THREADCOPY_SECRETS", "")))
    names = _redacted_names(addresses, Redactor(marked))
    roles = read_roles(config.rootpath / "pyproject.toml")
    secrets = _Secrets(addresses, names, values)
    all_settings = [
        Settings(
            address=address,
            headers=secrets.headers(address.name),
            timeout=values["threadcopy_timeout"],
            run_timeout=values["threadcopy_run_timeout"],
            total_timeout=values["threadcopy_total_timeout"],
            in_flight=values["threadcopy_in_flight"],
            redirects=values["threadcopy_redirects"],
            verify=values["threadcopy_ca_bundle"] or not values["threadcopy_insecure"],
            assistant=values["threadcopy_assistant"],
            input=values["threadcopy_input"],
            checkpoints=values["threadcopy_checkpoints"],
            second_headers=secrets.second_headers(address.name),
            thread_id=secrets.option("thread_id", address.name),
            scale=values["threadcopy_scale"],
            roles=roles,
        )
        for address in addresses
    ]
    identities = [
        (settings.address.url, headers)
        for settings in all_settings
        for headers in (settings.headers, settings.second_headers)
    ]
    redact = Redactor(secret for url, headers in identities for secret in secrets_of(headers, url, marked))
    names = _redacted_names(addresses, redact)
    file = values["threadcopy_waivers"]
    user_waivers = read_waivers(Path(file), requirements) if file and requirements else []
    known_violations = read_waivers(KNOWN_VIOLATIONS, requirements) if requirements else []
    return [
        replace(
            settings,
            address=settings.address._replace(name=name),
            waivers=(*user_waivers, *(known_violations if settings.address.is_embedded else ())),
            redact=redact,
        )
        for settings, name in zip(all_settings, names, strict=True)
    ]


def _redacted_names(addresses: list[Address], redact: Redactor) -> list[str]:
    """Return the deployments' names. A name that the plugin takes from a URL is redacted.

    Raises:
        pytest.UsageError: Two deployments have the same name.
    """
    names = [address.name if address.is_named else redact(address.name) for address in addresses]
    for name in names:
        if names.count(name) > 1:
            raise pytest.UsageError(f"two deployments are called {name}: name them, as in staging=URL")
    return names


class _Secrets:
    """Finds the values for one deployment: those with its name, and those without if only one can use them.

    A value for one deployment is never sent to another. The embedded server needs no secrets.
    """

    def __init__(self, addresses: list[Address], names: list[str], values: Mapping[str, Any]) -> None:
        needing = [address.name for address in addresses if not address.is_embedded] or [addresses[0].name]
        self._redacted_names = dict(zip([address.name for address in addresses], names, strict=True))
        self._unnamed_for = needing[0] if len(needing) == 1 else None
        self._values = values

    def headers(self, name: str) -> dict[str, str]:
        """Return the headers of the first identity of a deployment."""
        key = self._environment("DEPLOYMENT_API_KEY", name, prefix="x-api-key:")
        headers = self._environment("DEPLOYMENT_HEADERS", name) | key
        return headers | (self.option("threadcopy_headers", name) or {})

    def second_headers(self, name: str) -> dict[str, str]:
        """Return the headers of the second identity of a deployment."""
        headers = self._environment("DEPLOYMENT_SECOND_HEADERS", name)
        return headers | (self.option("threadcopy_second_headers", name) or {})

    def option(self, option: str, name: str) -> Any:
        """Return the last value that an option has for a deployment, None if it has none."""
        flag, last = f"--{option.replace('_', '-')}", None
        for for_name, value in self._values[option]:
            if (for_name or self._unnamed(flag, "NAME=...")) == name:
                last = value
        return last

    def _environment(self, variable: str, name: str, prefix: str = "") -> dict[str, str]:
        named = f"{variable}_{re.sub('[^A-Z0-9]', '_', name.upper())}"
        source = named if self._redacted_names[name] == name else f"{variable}_NAME"
        text = os.environ.get(named, "")
        unnamed = os.environ.get(variable, "")
        if unnamed and not text and self._unnamed(variable, f"{source}=...") == name:
            source, text = variable, unnamed
        try:
            return parse_headers(prefix + text) if text else {}
        except ValueError as error:
            raise pytest.UsageError(f"{source} is not valid: {error}") from None

    def _unnamed(self, source: str, example: str) -> str:
        """Return the name of the deployment for which a value without a name is meant."""
        if self._unnamed_for is None:
            raise pytest.UsageError(
                f"{source} does not say which deployment it is for: "
                f"name one of {', '.join(self._redacted_names.values())}, as in {example}"
            )
        return self._unnamed_for
