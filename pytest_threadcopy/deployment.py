"""The deployment under test: its address, what it says of itself, and a client of it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pytest_threadcopy.client import Client
from pytest_threadcopy.settings import EMBEDDED, Settings
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
        transport = Transport(url, headers=settings.headers, timeout=settings.timeout, verify=settings.verify)
        self.client = Client(transport, tag={TAG: run}, run_timeout=settings.run_timeout)

    @cached_property
    def server(self) -> Server:
        """What the deployment says of itself; many say nothing."""
        try:
            answer = self.client.transport.send("GET", "/info")
            info = answer.json() if answer.status == 200 else None
        except DeploymentError:
            info = None
        version = info.get("version") if isinstance(info, dict) else None
        name = "langgraph-api" if self.settings.url == EMBEDDED else "server"
        return Server(name, version) if isinstance(version, str) else Server()

    @cached_property
    def assistants(self) -> list[dict[str, Any]]:
        """The assistants that the deployment lists, none where it lists none."""
        try:
            return list(self.client.assistants.search())
        except DeploymentError:
            return []

    def check(self) -> None:
        """Make and delete a thread, so that what is wrong with the address is told once, not by each test.

        Raises:
            CannotBeTested: The deployment is unreachable, refuses us, or is no such API.
        """
        try:
            thread = self.client.threads.create()
            if not isinstance(thread, dict) or not isinstance(thread.get("thread_id"), str):
                raise CannotBeTested(
                    f"{self.url} is no LangGraph-compatible API: POST /threads names no thread_id"
                )
            self.client.threads.delete(thread["thread_id"])
        except NoAnswer as error:
            raise CannotBeTested(f"{error}. Is the deployment running, and is this its address?") from error
        except ApiError as error:
            raise CannotBeTested(f"{error}. {_advice(error)}") from error

    def close(self, *, find_tagged: bool = True) -> list[str]:
        """Delete the threads that were made here and close the connections; return the ids that would not go.

        ``find_tagged`` also looks for threads of this run that were made elsewhere, or cut short.
        """
        if find_tagged:
            self.client.threads.note_tagged()
        left = self.client.threads.delete_made()
        self.client.transport.close()
        return left


def _advice(error: ApiError) -> str:
    if error.status in (401, 403):
        return (
            "It asks who we are: put an API key into the environment as DEPLOYMENT_API_KEY, "
            "or headers into a file and name it with --threadcopy-headers."
        )
    return (
        "A LangGraph-compatible API answers POST /threads with a thread: is this its address, with its path?"
    )
