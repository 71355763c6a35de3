"""One deployment of a test session: found or started once, whatever process asks for it."""

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
    """What was found of a deployment, as plain JSON for the workers of xdist.

    That is its address, the name and version of its server, its capabilities, and ``problem``, why it cannot
    be tested (empty where it can be).
    """

    address: str
    server: dict[str, str | None]
    capabilities: "Capabilities"
    problem: str


class Target:
    """One deployment of a session.

    ``found`` is what this process or another found of it, None where nobody looked. ``left``
    are the threads that could not be deleted, and the requests whose threads did not appear in time.
    ``is_searched`` says whether all of a deployment that was left last was looked for.

    Args:
        settings: What the user asked for.
        run: The id of the test run.
        found: What another process found of it.
        interrupts: Who handles the signals of this process.
        journal: Where it is written down which threads are made and deleted.
        ends_at: When the run's time is over, in monotonic seconds.
        deletes: Whether this process deletes what it made, and leaves that to no other.
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
        """What the user calls it."""
        return self.settings.name

    @property
    def server_name(self) -> str:
        """What the deployment calls itself."""
        return str(self.found["server"]["name"]) if self.found else "unknown server"

    @property
    def server_version(self) -> str | None:
        """The version that the deployment says it is, None where it says none."""
        return self.found["server"]["version"] if self.found else None

    @property
    def capabilities(self) -> "Capabilities":
        """What the deployment can do, as far as it was asked."""
        return self.found["capabilities"] if self.found else {}

    @property
    def problem(self) -> str:
        """Why it cannot be tested; empty where it can be, or where nobody tried."""
        return self.found["problem"] if self.found else ""

    @property
    def under_way(self) -> "list[UnderWay]":
        """The requests that are under way."""
        return [one for deployment in list(self._open) for one in deployment.under_way]

    def open(self) -> "Deployment":
        """Return the deployment, after starting or checking it if that was not done.

        Raises:
            pytest.UsageError: It cannot be started, or cannot be tested.
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
        """Delete the threads that were made on an opened deployment; keep in ``left`` those that stay.

        ``find_tagged`` also looks for threads of this run that were made elsewhere, or cut short.
        """
        try:
            with self._interrupts.may_give_up():
                find_tagged = find_tagged and self._deletes
                is_there = not self._has_crashed(deployment)
                deployment.close(find_tagged=find_tagged and is_there, deletes=self._deletes)
        except KeyboardInterrupt:  # the user would rather not wait, and the run is at its end already
            pass
        finally:
            self._open.remove(deployment)
            self.left += deployment.left
            self.is_searched = find_tagged

    def _has_crashed(self, deployment: "Deployment") -> bool:
        """Whether this was the embedded server, whose threads are gone with it."""
        from pytest_threadcopy.embedded.server import answers

        address = deployment.settings.address
        return address.is_embedded and not answers(address.port or 0)

    def try_again(self, left_by_others: Iterable[Entry]) -> None:
        """Delete what is left, here or by other processes, and whatever else carries the tag of this run."""
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
        """Start or check the deployment, ask what it can do if ``probe_it``, and return what was found."""
        from pytest_threadcopy.deployment.deployment import Server
        from pytest_threadcopy.deployment.probe import probe
        from pytest_threadcopy.embedded import EmbeddedServerError
        from pytest_threadcopy.wire.transport import DeploymentError

        self.found = {
            "address": self.settings.address.url,
            "server": asdict(Server()),
            "capabilities": {},
            "problem": "",
        }
        try:
            if self.settings.address.is_embedded:
                self.found["address"] = self._start_embedded()
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

    def _start_embedded(self) -> str:
        from pytest_threadcopy.embedded import EmbeddedServer

        self._embedded = EmbeddedServer()
        self._embedded.start()
        return self._embedded.url

    def close(self) -> None:
        """Leave what nobody left in order, and stop the embedded server."""
        for deployment in list(self._open):
            self.leave(deployment)
        if self._embedded:
            self._embedded.stop()
            self.left.clear()
