"""The address of a deployment as a script may show it: without secrets."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PublicAddress:
    """The address of a deployment, and the names of the headers that its requests carry: never a value.

    ``headers`` has the names of the headers of each identity. ``tag`` is the key of the metadata that mark
    our threads. ``redact`` returns a text without secrets.
    """

    url: str
    embedded_port: int | None = None
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    has_user_info: bool = False
    insecure: bool = False
    ca_bundle: bool = False
    run_timeout: float = 120.0
    tag: str = ""
    redact: Callable[[str], str] = str

    @property
    def to_be_started(self) -> list[str]:
        """How to start the embedded server, in words; empty for any other deployment."""
        port = self.embedded_port
        return [f"Start the server first: python -m pytest_threadcopy.embedded --port {port}"] if port else []

    def variables(self, who: str) -> dict[str, str]:
        """Return the environment variables that hold the headers of an identity, by header name."""
        prefix = "DEPLOYMENT_SECOND_" if who == "second" else "DEPLOYMENT_"
        return {name: prefix + _variable(name) for name in self.headers.get(who, ())}


def _variable(header: str) -> str:
    return "API_KEY" if header.lower() == "x-api-key" else re.sub(r"[^A-Z0-9]", "_", header.upper())
