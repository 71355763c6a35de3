"""One deployment of a test session: found or started once, whatever process asks for it."""

from typing import TYPE_CHECKING, Any

import pytest

from pytest_threadcopy.interrupts import Interrupts
from pytest_threadcopy.option_values import EMBEDDED
from pytest_threadcopy.settings import Settings

if TYPE_CHECKING:
    from pytest_threadcopy.deployment import Deployment
    from pytest_threadcopy.embedded import EmbeddedServer
    from pytest_threadcopy.waiting import UnderWay


class Target:
    """One deployment of a session.

    ``found`` is what was found of it, as plain JSON for the workers of xdist: its address, what server it
    says it is, its capabilities, and ``problem``, why it cannot be tested (empty where it can be). ``left``
    are the ids of threads that could not be deleted.

    Args:
        settings: What the user asked for.
        run: The id of the test run.
        found: What another process found of it.
        interrupts: Who handles the signals of this process.
    """

    def __init__(
        self, settings: Settings, run: str, found: dict[str, Any] | None, interrupts: Interrupts
    ) -> None:
        self.settings = settings
        self.found = found
        self._run = run
        self._interrupts = interrupts
        self.left: list[str] = []
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
    def capabilities(self) -> dict[str, Any]:
        """What the deployment can do, as far as it was asked."""
        return dict(self.found["capabilities"]) if self.found else {}

    @property
    def problem(self) -> str:
        """Why it cannot be tested; empty where it can be, or where nobody tried."""
        return str(self.found["problem"]) if self.found else ""

    @property
    def under_way(self) -> "list[UnderWay]":
        """The requests that are under way."""
        return [one for deployment in list(self._open) for one in deployment.under_way]

    def open(self) -> "Deployment":
        """Return the deployment, after starting or checking it if that was not done.

        Raises:
            pytest.UsageError: It cannot be started, or cannot be tested.
        """
        from pytest_threadcopy.deployment import Deployment

        found = self.found or self.find(probe_it=False)
        if found["problem"]:
            raise pytest.UsageError(found["problem"])
        deployment = Deployment(found["address"], self.settings, self._run)
        self._open.append(deployment)
        deployment.capabilities = found["capabilities"]
        return deployment

    def leave(self, deployment: "Deployment", *, find_tagged: bool = True) -> None:
        """Delete the threads that were made on an opened deployment; keep in ``left`` those that stay.

        ``find_tagged`` also looks for threads of this run that were made elsewhere, or cut short.
        """
        self._open.remove(deployment)
        try:
            with self._interrupts.may_give_up():
                self.left += deployment.close(find_tagged=find_tagged)
        except KeyboardInterrupt:  # the user would rather not wait, and the run is at its end already
            self.left += deployment.made

    def try_again(self) -> None:
        """Delete what is left, and whatever else carries the tag of this run."""
        deployment = self.open()
        deployment.client.threads.made.update(dict.fromkeys(self.left))
        self.left.clear()
        self.leave(deployment)

    def find(self, *, probe_it: bool) -> dict[str, Any]:
        """Start or check the deployment, ask what it can do if ``probe_it``, and return what was found."""
        from pytest_threadcopy.deployment import Deployment, Server
        from pytest_threadcopy.embedded import EmbeddedServerError
        from pytest_threadcopy.probe import probe
        from pytest_threadcopy.wire.transport import DeploymentError

        self.found = {
            "address": self.settings.url,
            "server": {"name": Server.name, "version": Server.version},
            "capabilities": {},
            "problem": "",
        }
        try:
            if self.settings.url == EMBEDDED:
                self.found["address"] = self._start_embedded()
            deployment = Deployment(self.found["address"], self.settings, self._run)
            self._open.append(deployment)
            is_whole = False
            try:
                deployment.check()
                self.found["server"] = {"name": deployment.server.name, "version": deployment.server.version}
                self.found["capabilities"] = probe(deployment).as_json() if probe_it else {}
                is_whole = True
            finally:
                self.leave(deployment, find_tagged=not is_whole)
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
