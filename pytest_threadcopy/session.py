"""The deployment's part in a pytest session: found or started once, left as it was.

Registered only when a deployment is named. Under xdist the controller does this for all workers.
"""

import uuid
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from pytest_threadcopy.catalogue import CONTRACT
from pytest_threadcopy.settings import EMBEDDED, Settings

if TYPE_CHECKING:
    from pytest_threadcopy.embedded import EmbeddedServer


class DeploymentSession:
    """Hooks that start, check and stop the deployment of one session."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self.settings = settings
        worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self.is_worker = worker is not None
        self.is_controller = not self.is_worker and config.getoption("dist", "no") != "no"
        self.run: str = worker["threadcopy_run"] if worker else uuid.uuid4().hex
        self._address: str | None = worker["threadcopy_address"] if worker else None
        self.server_name: str = worker["threadcopy_server"][0] if worker else "unknown server"
        self.server_version: str | None = worker["threadcopy_server"][1] if worker else None
        self._embedded: EmbeddedServer | None = None
        _add_contract(config)

    def address(self) -> str:
        """Return the deployment's address, after starting or checking it if that was not done.

        Raises:
            pytest.UsageError: It cannot be started, or cannot be tested.
        """
        if self._address is None:
            self._address = self._start_embedded() if self.settings.url == EMBEDDED else self.settings.url
            self._check(self._address)
        return self._address

    def _start_embedded(self) -> str:
        from pytest_threadcopy.embedded import EmbeddedServer, EmbeddedServerError

        self._embedded = EmbeddedServer()
        try:
            self._embedded.start()
        except EmbeddedServerError as error:
            raise pytest.UsageError(str(error)) from None
        return self._embedded.url

    def _check(self, address: str) -> None:
        from pytest_threadcopy.deployment import CannotBeTested, Deployment

        deployment = Deployment(address, self.settings, self.run)
        try:
            deployment.check()
            self.server_name, self.server_version = deployment.server.name, deployment.server.version
        except CannotBeTested as error:
            raise pytest.UsageError(str(error)) from None
        finally:
            deployment.client.transport.close()

    def pytest_report_header(self) -> str:
        """Say which deployment is tested."""
        return f"deployment: {self.settings.shown_url}"

    def pytest_sessionstart(self) -> None:
        """Start for the workers, which are about to be."""
        if self.is_controller:
            self.address()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell an xdist worker what the controller found."""
        node.workerinput["threadcopy_address"] = self.address()
        node.workerinput["threadcopy_server"] = [self.server_name, self.server_version]
        node.workerinput["threadcopy_run"] = self.run

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Start if any test that was selected needs it."""
        if not session.config.option.collectonly and any(
            "deployment" in getattr(item, "fixturenames", ()) for item in session.items
        ):
            self.address()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Delete what workers left, for one that was killed could not."""
        if self.is_controller and self._address:
            from pytest_threadcopy.deployment import Deployment

            warn_of_threads_left(Deployment(self._address, self.settings, self.run).close())

    def pytest_unconfigure(self) -> None:
        """Stop the embedded server."""
        if self._embedded:
            self._embedded.stop()


def warn_of_threads_left(thread_ids: list[str]) -> None:
    """Say which threads could not be deleted, so that the user can."""
    if thread_ids:
        message = f"threads that could not be deleted from the deployment: {', '.join(thread_ids)}"
        warnings.warn(pytest.PytestWarning(message), stacklevel=2)


def _add_contract(config: pytest.Config) -> None:
    # The bundled tests are found whatever names the user's own test files have.
    config.addinivalue_line("python_files", "test_threadcopy_*.py")
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args.append(str(CONTRACT))
