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


class CheckResult(TypedDict):
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

    ``check_result`` is the result of a check in this process or another; None before any check. ``leftovers``
    are the threads that could not be deleted, and the requests whose threads did not appear in time.
    ``is_searched`` says whether the last `leave` searched for all threads of the run.

    Args:
        settings: The settings of the deployment.
        run: The id of the test run.
        check_result: The result of a check in another process; None before any check.
        interrupts: The handler of this process's signals.
        journal: The journal of the threads that are made and deleted.
        ends_at: The time at which the run ends, in monotonic seconds.
        deletes: Whether this process deletes the threads that it makes; a worker of xdist does not.
    """

    def __init__(
        self,
        settings: Settings,
        run: str,
        check_result: CheckResult | None,
        interrupts: Interrupts,
        *,
        journal: Journal,
        ends_at: float,
        deletes: bool,
    ) -> None:
        self.settings = settings
        self.check_result = check_result
        self._run = run
        self._interrupts = interrupts
        self._journal = journal
        self._ends_at = ends_at
        self._deletes = deletes
        self.leftovers: list[Entry] = []
        self.is_searched = False
        self._open: list[Deployment] = []
        self._embedded: EmbeddedServer | None = None

    @property
    def name(self) -> str:
        """The deployment's name."""
        return self.settings.name

    @property
    def server_name(self) -> str:
        """The deployment's name for its server."""
        return str(self.check_result["server"]["name"]) if self.check_result else "unknown server"

    @property
    def server_version(self) -> str | None:
        """The version of the server, None if the deployment does not state it."""
        return self.check_result["server"]["version"] if self.check_result else None

    @property
    def capabilities(self) -> "Capabilities":
        """What the deployment can do; empty before it was probed."""
        return self.check_result["capabilities"] if self.check_result else {}

    @property
    def problem(self) -> str:
        """Why the deployment cannot be tested; empty if it can be, or was not checked."""
        return self.check_result["problem"] if self.check_result else ""

    @property
    def under_way(self) -> "list[UnderWay]":
        """The requests that are under way."""
        return [one for deployment in list(self._open) for one in deployment.under_way]

    def open(self) -> "Deployment":
        """Return the deployment. If no process has checked it, check it first, or start it.

        Raises:
            pytest.UsageError: The deployment cannot be started or tested.
        """
        result = self.check_result or self.check(probe_it=False)
        if result["problem"]:
            raise pytest.UsageError(result["problem"])
        deployment = self._opened(result["address"])
        deployment.capabilities = result["capabilities"]
        deployment.take_over(self.leftovers)
        self.leftovers.clear()
        return deployment

    def leave(self, deployment: "Deployment", *, find_tagged: bool = True) -> None:
        """Delete the threads that were made on an open deployment; add those that stay to ``leftovers``.

        With ``find_tagged``, search first for the run's threads that another process made, or that are lost.
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
            self.leftovers += deployment.leftovers
            self.is_searched = find_tagged

    def _has_crashed(self, deployment: "Deployment") -> bool:
        """Whether the deployment is an embedded server that no longer runs; its threads are gone with it."""
        from pytest_threadcopy.embedded.server import answers

        address = deployment.settings.address
        return address.is_embedded and not answers(address.port or 0)

    def try_again(self, left_by_others: Iterable[Entry]) -> None:
        """Delete the threads that this and other processes left, and all others with the tag of this run."""
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

    def check(self, *, probe_it: bool) -> CheckResult:
        """Check the deployment, which starts it if it is embedded, and probe it if ``probe_it``."""
        from pytest_threadcopy.deployment.deployment import Server
        from pytest_threadcopy.deployment.probe import probe
        from pytest_threadcopy.embedded import EmbeddedServer, EmbeddedServerError
        from pytest_threadcopy.wire.transport import DeploymentError

        self.check_result = {
            "address": self.settings.address.url,
            "server": asdict(Server()),
            "capabilities": {},
            "problem": "",
        }
        try:
            if self.settings.address.is_embedded:
                self._embedded = EmbeddedServer()
                self._embedded.start()
                self.check_result["address"] = self._embedded.url
            deployment = self._opened(self.check_result["address"])
            is_whole = False
            try:
                deployment.check()
                self.check_result["server"] = asdict(deployment.server)
                self.check_result["capabilities"] = probe(deployment) if probe_it else {}
                is_whole = True
            finally:
                self.leave(deployment, find_tagged=not is_whole)
                self._interrupts.catch_up()
        except (DeploymentError, EmbeddedServerError) as error:
            self.check_result["problem"] = str(error)
        return self.check_result

    def close(self) -> None:
        """Leave the deployments that are still open, and stop the embedded server."""
        for deployment in list(self._open):
            self.leave(deployment)
        if self._embedded:
            self._embedded.stop()
            self.leftovers.clear()
