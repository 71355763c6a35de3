"""The deployment's part in a pytest session: found or started once, left as it was.

Registered only when a deployment is named. Under xdist the controller does this for all workers.
"""

import uuid
import warnings
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_threadcopy.catalogue import CONTRACT
from pytest_threadcopy.options import EMBEDDED
from pytest_threadcopy.requirements import GROUPS
from pytest_threadcopy.settings import Settings

if TYPE_CHECKING:
    from pytest_threadcopy.deployment import Deployment
    from pytest_threadcopy.embedded import EmbeddedServer


class DeploymentSession:
    """Hooks that start, check and stop the deployment of one session.

    ``found`` is what was found of it: its address, what server it says it is, and its capabilities.
    """

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self.settings = settings
        worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self.is_worker = worker is not None
        self.is_controller = (
            not self.is_worker and config.getoption("dist", "no") != "no" and not config.option.collectonly
        )
        self.run: str = worker["threadcopy_run"] if worker else uuid.uuid4().hex
        self.found: dict[str, Any] | None = worker["threadcopy_found"] if worker else None
        self._embedded: EmbeddedServer | None = None
        # A worker is given paths by its controller, and does not know whether the user gave any.
        named_paths = config.args_source is pytest.Config.ArgsSource.ARGS
        self._adds_contract: bool = worker["threadcopy_adds_contract"] if worker else not named_paths
        _make_contract_known(config)

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

    def open(self) -> "Deployment":
        """Return the deployment, after starting or checking it if that was not done.

        Raises:
            pytest.UsageError: It cannot be started, or cannot be tested.
        """
        from pytest_threadcopy.deployment import Deployment

        found = self.found or self._find(probe_it=False)
        deployment = Deployment(found["address"], self.settings, self.run)
        deployment.capabilities = found["capabilities"]
        return deployment

    def _find(self, *, probe_it: bool) -> dict[str, Any]:
        from pytest_threadcopy.deployment import Deployment
        from pytest_threadcopy.probe import probe
        from pytest_threadcopy.transport import DeploymentError

        address = self._start_embedded() if self.settings.url == EMBEDDED else self.settings.url
        deployment = Deployment(address, self.settings, self.run)
        try:
            deployment.check()
            capabilities = probe(deployment).as_json() if probe_it else {}
            server = {"name": deployment.server.name, "version": deployment.server.version}
        except DeploymentError as error:
            raise pytest.UsageError(str(error)) from None
        finally:
            warn_of_threads_left(deployment.close(find_tagged=False))
        self.found = {"address": address, "server": server, "capabilities": capabilities}
        return self.found

    def _start_embedded(self) -> str:
        from pytest_threadcopy.embedded import EmbeddedServer, EmbeddedServerError

        self._embedded = EmbeddedServer()
        try:
            self._embedded.start()
        except EmbeddedServerError as error:
            raise pytest.UsageError(str(error)) from None
        return self._embedded.url

    def pytest_report_header(self) -> str:
        """Say which deployment is tested."""
        return f"deployment: {self.settings.shown_url}"

    def pytest_sessionstart(self) -> None:
        """Start for the workers, which are about to be. They may run the contract: nobody knows yet."""
        if self.is_controller:
            self._find(probe_it=True)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell an xdist worker what the controller found."""
        node.workerinput["threadcopy_found"] = self.found
        node.workerinput["threadcopy_run"] = self.run
        node.workerinput["threadcopy_adds_contract"] = self._adds_contract

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Collect the contract beside the tests that pytest finds, where the user names no paths.

        Not as one more path: pytest would drop it where the package is installed below another path, as in
        a project with its virtual environment inside, or look for tests in that whole environment.
        """
        report = yield
        if self._adds_contract and isinstance(collector, pytest.Session) and report.passed:
            package = collector.ihook.pytest_collect_directory(path=CONTRACT, parent=collector)
            report.result = [*(report.result or []), package]
        return report

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Start if any test that was selected needs it; ask what it can do, if any is of the contract."""
        if self.found or session.config.option.collectonly:
            return
        if any("deployment" in getattr(item, "fixturenames", ()) for item in session.items):
            self._find(probe_it=any(item.get_closest_marker("threadcopy") for item in session.items))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Delete what workers left, for one that was killed could not. No copy at all is a failure."""
        if self.is_controller and self.found:
            warn_of_threads_left(self.open().close())
        if self.capabilities.get("no_copy") and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_unconfigure(self) -> None:
        """Stop the embedded server."""
        if self._embedded:
            self._embedded.stop()


def warn_of_threads_left(thread_ids: list[str]) -> None:
    """Say which threads could not be deleted, so that the user can."""
    if thread_ids:
        message = f"threads that could not be deleted from the deployment: {', '.join(thread_ids)}"
        warnings.warn(pytest.PytestWarning(message), stacklevel=2)


def _make_contract_known(config: pytest.Config) -> None:
    """Let the bundled tests be found, whatever names the user's own test files and functions have."""
    config.addinivalue_line("python_files", "test_threadcopy_*.py")
    for group in GROUPS:
        config.addinivalue_line("python_functions", f"test_{group.lower()}_[0-9]*")
