"""The deployment under test: its address, what it says of itself, and a client of it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pytest_threadcopy.client import Client
from pytest_threadcopy.options import EMBEDDED
from pytest_threadcopy.roles import Roles
from pytest_threadcopy.settings import Settings
from pytest_threadcopy.transport import ApiError, DeploymentError, NoAnswer, Transport

TAG = "threadcopy_run"
"""The key of the metadata by which a thread made by this plugin is known."""


class CannotBeTested(DeploymentError):
    """The deployment cannot be tested at all; the message says why and what to do."""


@dataclass(frozen=True)
class Server:
    """What a deployment says of itself at ``/info``; a version of None is unknown."""

    name: str = "unknown server"
    version: str | None = None


class Deployment:
    """A deployment at an address, under the identity that the settings give.

    Args:
        url: Its address; for the embedded deployment that of the server that was started.
        settings: What the user asked for.
        run: The id of this test run, the value of the `TAG` on each thread that is made.
    """

    def __init__(self, url: str, settings: Settings, run: str) -> None:
        self.url = url
        self.settings = settings
        self.run = run
        self._clients: list[Client] = []
        self.client = self._client(settings.headers)
        self._capabilities: dict[str, Any] = {}

    @property
    def capabilities(self) -> dict[str, Any]:
        """What the deployment can do (`Capabilities` as JSON), empty where nobody asked."""
        return self._capabilities

    @capabilities.setter
    def capabilities(self, found: dict[str, Any]) -> None:
        self._capabilities = found
        history = found.get("history") or {}
        if history.get("method"):
            self.client.threads.dialect.first[False] = (history["method"], history["page"])
        if history.get("before"):
            self.client.threads.dialect.before[False] = history["before"]

    @cached_property
    def server(self) -> Server:
        """What the deployment says of itself; many say nothing."""
        try:
            answer = self.client.transport.send("GET", "/info")
            info = answer.json() if answer.status == 200 else None
        except DeploymentError:
            info = None
        if not isinstance(info, dict):
            return Server()
        name = "langgraph-api" if self.settings.url == EMBEDDED else info.get("name")
        version = info.get("version")
        return Server(
            name if isinstance(name, str) else "server", version if isinstance(version, str) else None
        )

    @cached_property
    def assistants(self) -> list[dict[str, Any]]:
        """The assistants that the deployment lists, none where it lists none."""
        try:
            return list(self.client.assistants.search())
        except DeploymentError:
            return []

    @cached_property
    def roles(self) -> Roles:
        """Who plays which role of the contract here."""
        return Roles(self.client, self.settings, self.assistants)

    @cached_property
    def second_client(self) -> Client | None:
        """A client under the second identity that the user gave, or None."""
        headers = self.settings.second_headers
        return self._client(headers) if headers else None

    @cached_property
    def anonymous_client(self) -> Client | None:
        """A client under no identity, or None where the user gave none to leave out."""
        return self._client({}) if self.settings.headers else None

    def _client(self, headers: Mapping[str, str]) -> Client:
        settings = self.settings
        transport = Transport(self.url, headers=headers, timeout=settings.timeout, verify=settings.verify)
        self._clients.append(Client(transport, tag={TAG: self.run}, run_timeout=settings.run_timeout))
        return self._clients[-1]

    @property
    def requests(self) -> int:
        """How many requests were sent, under every identity."""
        return sum(client.transport.traffic.requests for client in self._clients)

    def check(self) -> None:
        """Make and delete a thread, so that what is wrong with the address is told once, not by each test.

        Raises:
            CannotBeTested: The deployment is unreachable, refuses us, or is no such API.
        """
        try:
            thread = self.client.threads.create()
            if not isinstance(thread, dict) or not isinstance(thread.get("thread_id"), str):
                raise CannotBeTested(
                    f"{self.client.transport.url} is no LangGraph-compatible API: "
                    "POST /threads names no thread_id"
                )
            with suppress(ApiError):  # a thread that cannot be deleted is told at the end
                self.client.threads.delete(thread["thread_id"])
        except NoAnswer as error:
            raise CannotBeTested(f"{error}. Is the deployment running, and is this its address?") from error
        except ApiError as error:
            raise CannotBeTested(f"{error}. {_advice(error)}") from error

    def close(self, *, find_tagged: bool = True) -> list[str]:
        """Delete the threads that were made here and close the connections; return the ids that would not go.

        ``find_tagged`` also looks for threads of this run that were made elsewhere, or cut short.
        """
        left = []
        for client in self._clients:
            if find_tagged:
                client.threads.note_tagged()
            left += client.threads.delete_made()
            client.transport.close()
        return left


def _advice(error: ApiError) -> str:
    if error.status in (401, 403):
        return (
            "It asks who we are: put an API key into the environment as DEPLOYMENT_API_KEY, "
            "or headers into a file and name it with --threadcopy-headers."
        )
    if 300 <= error.status < 400:
        return "It redirects: name the address that it redirects to."
    return (
        "A LangGraph-compatible API answers POST /threads with a thread: is this its address, with its path?"
    )
