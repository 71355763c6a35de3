"""How a deployment is reached, without the secrets that this takes."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PublicAddress:
    """A deployment's address and what requests to it carry: names alone, never a value.

    ``headers`` has the names of the headers of each identity, ``tag`` the key of the metadata by which our
    threads are known. ``redact`` takes secrets out of a text that came from the deployment.
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
        """How the embedded server is started, in words, where the deployment is that; else nothing."""
        port = self.embedded_port
        return [f"Start the server first: python -m pytest_threadcopy.embedded --port {port}"] if port else []

    def variables(self, who: str) -> dict[str, str]:
        """Return, by header name, the environment variable that holds its value for an identity."""
        prefix = "DEPLOYMENT_SECOND_" if who == "second" else "DEPLOYMENT_"
        return {name: prefix + _variable(name) for name in self.headers.get(who, ())}


def _variable(header: str) -> str:
    return "API_KEY" if header.lower() == "x-api-key" else re.sub(r"[^A-Z0-9]", "_", header.upper())
