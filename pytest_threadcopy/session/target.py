"""One deployment of a test session: checked or started once for all processes."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, TypedDict

import pytest

from pytest_threadcopy.api.journal import Entry, Journal
from pytest_threadcopy.config.settings import Settings
from pytest_threadcopy.session.interrupts import Interrupts

if TYPE_CHECKING:
    from pytest_threadcopy.deployment.deployment import Deployment
    from pytest_threadcopy.deployment.probe import Capabilities
    from pytest_threadcopy.embedded import EmbeddedServer
    from pytest_threadcopy.wire.traffic import UnderWay


class Found(TypedDict):
    """The result of a check, as plain JSON for the workers of xdist.

    ``server`` has the server's name and version. ``problem`` is why the deployment cannot be tested (empty if
    it can be).
    """

    address: str
    server: dict[str, str | None]
    capabilities: "Capabilities"
    problem: str


class Target:
    """One deployment of a session.

    ``found`` is what a check in this process or another found; None before any check. ``left`` are the
    threads that could not be deleted, and the requests whose threads did not appear in time.
    ``is_searched`` says whether the last `leave` searched for all threads of the run.

    Args:
        settings: What the user asked for.
        run: The id of the test run.
        found: What a check in another process found; None before any check.
        interrupts: The handler of this process's signals.
        journal: The journal of the threads that are made and deleted.
        ends_at: When the run's time is over, in monotonic seconds.
        deletes: Whether this process deletes the threads that it makes; a worker of xdist does not.
    """

    def __init__(
        self,
        settings: Settings,
        run: str,
        found: Found | None,
        interrupts: Interrupts,
        *,
        journal: Journal,
        ends_at: float,
        deletes: bool,
    ) -> None:
        self.settings = settings
        self.found = found
        self._run = run
        self._interrupts = interrupts
        self._journal = journal
        self._ends_at = ends_at
        self._deletes = deletes
        self.left: list[Entry] = []
        self.is_searched = False
        self._open: list[Deployment] = []
        self._embedded: EmbeddedServer | None = None

    @property
    def name(self) -> str:
        """The user's name for the deployment."""
        return self.settings.name

    @property
    def server_name(self) -> str:
        """The deployment's name for its server."""
        return str(self.found["server"]["name"]) if self.found else "unknown server"

    @property
    def server_version(self) -> str | None:
        """The version of the server, None if the deployment does not state it."""
        return self.found["server"]["version"] if self.found else None

    @property
    def capabilities(self) -> "Capabilities":
        """What the deployment can do; empty before it was probed."""
        return self.found["capabilities"] if self.found else {}

    @property
    def problem(self) -> str:
        """Why the deployment cannot be tested; empty if it can be, or was not checked."""
        return self.found["problem"] if self.found else ""

    @property
    def under_way(self) -> "list[UnderWay]":
        """The requests that are under way."""
        return [one for deployment in list(self._open) for one in deployment.under_way]

    def open(self) -> "Deployment":
        """Return the deployment; start or check it first if no process did.

        Raises:
            pytest.UsageError: The deployment cannot be started or tested.
        """
        found = self.found or self.find(probe_it=False)
        if found["problem"]:
            raise pytest.UsageError(found["problem"])
        deployment = self._opened(found["address"])
        deployment.capabilities = found["capabilities"]
        deployment.take_over(self.left)
        self.left.clear()
        return deployment

    def leave(self, deployment: "Deployment", *, find_tagged: bool = True) -> None:
        """Delete the threads that were made on an opened deployment; add those that stay to ``left``.

        ``find_tagged`` also searches for the run's threads that another process made, or whose request broke
        off.
        """
        try:
            with self._interrupts.may_give_up():
                find_tagged = find_tagged and self._deletes
                is_there = not self._has_crashed(deployment)
                deployment.close(find_tagged=find_tagged and is_there, deletes=self._deletes)
        except KeyboardInterrupt:  # the user does not want to wait, and the run is at its end already
            pass
        finally:
            self._open.remove(deployment)
            self.left += deployment.left
            self.is_searched = find_tagged

    def _has_crashed(self, deployment: "Deployment") -> bool:
        """Whether the deployment is an embedded server that no longer runs; its threads are gone with it."""
        from pytest_threadcopy.embedded.server import answers

        address = deployment.settings.address
        return address.is_embedded and not answers(address.port or 0)

    def try_again(self, left_by_others: Iterable[Entry]) -> None:
        """Delete what this and other processes left, and all other threads with the tag of this run."""
        deployment = self.open()
        deployment.take_over(left_by_others)
        self.leave(deployment)

    def _opened(self, url: str) -> "Deployment":
        from pytest_threadcopy.deployment.deployment import Deployment

        deployment = Deployment(
            self.settings.at(url), self._run, ends_at=self._ends_at, journal=self._journal
        )
        self._open.append(deployment)
        return deployment

    def find(self, *, probe_it: bool) -> Found:
        """Start and check the deployment, probe it if ``probe_it``, and return what this found."""
        from pytest_threadcopy.deployment.deployment import Server
        from pytest_threadcopy.deployment.probe import probe
        from pytest_threadcopy.embedded import EmbeddedServer, EmbeddedServerError
        from pytest_threadcopy.wire.transport import DeploymentError

        self.found = {
            "address": self.settings.address.url,
            "server": asdict(Server()),
            "capabilities": {},
            "problem": "",
        }
        try:
            if self.settings.address.is_embedded:
                self._embedded = EmbeddedServer()
                self._embedded.start()
                self.found["address"] = self._embedded.url
            deployment = self._opened(self.found["address"])
            is_whole = False
            try:
                deployment.check()
                self.found["server"] = asdict(deployment.server)
                self.found["capabilities"] = probe(deployment) if probe_it else {}
                is_whole = True
            finally:
                self.leave(deployment, find_tagged=not is_whole)
                self._interrupts.catch_up()
        except (DeploymentError, EmbeddedServerError) as error:
            self.found["problem"] = str(error)
        return self.found

    def close(self) -> None:
        """Leave the deployments that are still open, and stop the embedded server."""
        for deployment in list(self._open):
            self.leave(deployment)
        if self._embedded:
            self._embedded.stop()
            self.left.clear()
