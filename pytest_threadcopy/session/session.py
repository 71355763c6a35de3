"""The deployments of a pytest session: each is started or checked once, and left as it was.

These hooks are registered only where a deployment is named. Under xdist the controller checks, starts and
cleans up for all workers.
"""

import sys
import time
from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest

from pytest_threadcopy.api.journal import Journal
from pytest_threadcopy.api.run_id import new_run_id
from pytest_threadcopy.config.settings import Settings
from pytest_threadcopy.private import (
    name_tests_below,
    parameters_of,
    received_from_worker,
    send_to_worker,
    worker_input,
    worker_output,
)
from pytest_threadcopy.requirements import GROUPS
from pytest_threadcopy.session.catalogue import CONTRACT
from pytest_threadcopy.session.interrupts import Interrupts
from pytest_threadcopy.session.slow_requests import SlowRequests
from pytest_threadcopy.session.target import Target
from pytest_threadcopy.text.terminal import one_line

DEPLOYMENT = "deployment"
"""The fixture whose parameter names the deployment of a test, where there are several."""


class DeploymentSession:
    """Hooks that start, check and stop the deployments of one session.

    ``targets`` are these deployments, by name. ``redact`` removes the secrets of all of them from a text.
    """

    def __init__(self, config: pytest.Config, settings: list[Settings]) -> None:
        worker = worker_input(config)
        self.is_worker = worker is not None
        self._workers: int = worker["workercount"] if worker else 0
        self.is_controller = (
            not self.is_worker and config.getoption("dist", "no") != "no" and not _only_looks(config)
        )
        self.total_timeout = settings[0].total_timeout
        seconds: float = worker["threadcopy_seconds_left"] if worker else self.total_timeout
        self._ends_at = time.monotonic() + seconds
        self.run: str = worker["threadcopy_run"] if worker else new_run_id()
        check_results = worker["threadcopy_check_results"] if worker else {}
        self._interrupts = Interrupts()
        self._crashed = False
        self.redact = settings[0].redact
        self._slow_requests = SlowRequests(
            lambda: [one for target in self.targets.values() for one in target.under_way], self.redact
        )
        self._journal = Journal((worker["threadcopy_journal"] or "") if worker else None)
        self.targets = {
            deployment_settings.name: Target(
                deployment_settings,
                self.run,
                check_results.get(deployment_settings.name),
                self._interrupts,
                journal=self._journal,
                ends_at=self._ends_at,
                deletes=not self.is_worker,
            )
            for deployment_settings in settings
        }
        # A worker gets paths from its controller, and cannot know whether the user named any.
        named_paths = config.args_source is pytest.Config.ArgsSource.ARGS
        self._adds_contract: bool = worker["threadcopy_adds_contract"] if worker else not named_paths
        _make_contract_known(config)

    @property
    def is_out_of_time(self) -> bool:
        """Whether the run has taken as long as the user allows."""
        return time.monotonic() >= self._ends_at

    def target_of(self, item: pytest.Item) -> Target:
        """Return the deployment that a test is for."""
        # The user may override the fixture, with other parameters.
        return self.targets.get(str(parameters_of(item).get(DEPLOYMENT))) or next(iter(self.targets.values()))

    def pytest_report_header(self) -> str:
        """Say which deployments are tested."""
        names = [target.settings.label for target in self.targets.values()]
        return self.redact(f"deployment{'s' * (len(names) > 1)}: {', '.join(names)}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each test that takes a deployment on each of several; its id names the deployment first."""
        if len(self.targets) > 1 and DEPLOYMENT in metafunc.fixturenames:
            metafunc.parametrize(DEPLOYMENT, list(self.targets), indirect=True, scope="session")

    def pytest_sessionstart(self) -> None:
        """Check and probe the deployments before workers start: any worker may run tests of the contract."""
        if not self.is_worker:
            self._interrupts.install()
        self._slow_requests.start()
        if self.is_controller:
            self._check(dict.fromkeys(self.targets, True))

    def _check(self, wanted: dict[str, bool]) -> None:
        """Check the wanted deployments; probe the capabilities of those whose value is true.

        Raises:
            pytest.UsageError: None of them can be tested; the message says why.
        """
        for name, probe_it in wanted.items():
            self.targets[name].check(probe_it=probe_it)
        problems = [self.targets[name].problem for name in wanted]
        if problems and all(problems):
            raise pytest.UsageError("\n".join(one_line(self.redact(problem)) for problem in problems))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Send an xdist worker what the controller knows of the deployments and of the run."""
        check_results = {name: target.check_result for name, target in self.targets.items()}
        values = {
            "threadcopy_check_results": check_results,
            "threadcopy_run": self.run,
            "threadcopy_journal": self._journal.folder,
            "threadcopy_seconds_left": self._ends_at - time.monotonic(),
            "threadcopy_adds_contract": self._adds_contract,
        }
        send_to_worker(node, values)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Collect the contract besides the tests that pytest finds, where the user names no paths.

        The contract is not added as a path: where the package is installed below another path, as in a
        project's own virtual environment, pytest would drop it, or look for tests in the whole environment.
        """
        report = yield
        if self._adds_contract and isinstance(collector, pytest.Session) and report.passed:
            name_tests_below(collector, CONTRACT)
            package = collector.ihook.pytest_collect_directory(path=CONTRACT, parent=collector)
            report.result = [*(report.result or []), package]
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """In a worker, mix the tests of several deployments: else xdist tests one deployment after another.

        They are mixed in batches. A batch has as many tests as xdist first hands to a worker, so that a
        worker seldom changes deployments.
        """
        if not self.is_worker or len(self.targets) == 1:
            return
        indices = [index for index, item in enumerate(items) if DEPLOYMENT in parameters_of(item)]
        batch_size = max(2, len(indices) // self._workers // 4)
        counts = Counter[str]()

        def batch_of(item: pytest.Item) -> int:
            name = self.target_of(item).name
            counts[name] += 1
            return (counts[name] - 1) // batch_size

        mixed = sorted((items[index] for index in indices), key=batch_of)
        for index, item in zip(indices, mixed, strict=True):
            items[index] = item

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Check each deployment that a selected test takes; probe it if the test is of the contract."""
        if _only_looks(session.config):
            return
        wanted: dict[str, bool] = {}
        for item in session.items:
            target = self.target_of(item)
            if not target.check_result and DEPLOYMENT in getattr(item, "fixturenames", ()):
                is_contract = item.get_closest_marker("threadcopy") is not None
                wanted[target.name] = wanted.get(target.name, False) or is_contract
        self._check(wanted)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        """End the run if a signal came while the threads on one of several deployments were deleted."""
        self._interrupts.catch_up()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take the journal entries that a worker could not write, or note that they are lost with it."""
        output = received_from_worker(node)
        if output is not None:
            self._journal.received += output.get("threadcopy_journal", [])
        elif not (self._journal.folder and node.gateway.spec.popen):
            for target in self.targets.values():
                until = time.time() + target.settings.timeout
                target.leftovers.append({"who": "first", "killed": node.gateway.id, "until": until})

    def pytest_internalerror(self) -> None:
        """Remember the crash: if a worker crashes between its tests, xdist lets the run pass."""
        self._crashed = True

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Delete the threads that are left once all fixtures are torn down, even if a teardown fails."""
        try:
            with self._interrupts.may_break_off():
                return (yield)
        finally:
            self._finish(session)

    def _finish(self, session: pytest.Session) -> None:
        """Delete the threads of workers; fail the run if a deployment does not copy or cannot be tested."""
        targets = [target for target in self.targets.values() if target.check_result]
        if self.is_worker:
            worker_output(session.config)["threadcopy_journal"] = self._journal.unwritten
        else:
            self._delete_left_by_others([target for target in targets if not target.problem])
        if session.exitstatus != pytest.ExitCode.OK:
            return
        if self._crashed:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        elif any(target.problem or target.capabilities.get("no_copy") for target in targets):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _delete_left_by_others(self, targets: list[Target]) -> None:
        """Delete the threads that other processes left: workers, or forked tests that were killed."""
        entries = self._journal.left_by_others()
        for target in targets:
            on_target = [entry for entry in entries if entry["deployment"] == target.name]
            if self.is_controller or on_target or not target.is_searched:
                target.try_again(on_target)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Report which threads could not be deleted, and which command deletes them later."""
        for target in self.targets.values():
            if target.leftovers and not target.settings.address.is_embedded:
                terminalreporter.section("threads left behind", yellow=True)
                for line in self._about_threads_left(target):
                    terminalreporter.line(line)
                target.leftovers.clear()

    def pytest_unconfigure(self) -> None:
        """Delete the threads of a run that ended early, report those that stay, stop the embedded server."""
        try:
            for target in self.targets.values():
                target.close()
                if target.leftovers and not self.is_worker:
                    print(*self._about_threads_left(target), sep="\n", file=sys.stderr)
        finally:
            if not self.is_worker:
                self._journal.remove()
            self._slow_requests.stop()
            self._interrupts.restore()

    def _about_threads_left(self, target: Target) -> list[str]:
        address = target.settings.address.public_url

        def each(key: str) -> list[str]:
            return sorted({entry[key] for entry in target.leftovers if key in entry})

        ids = each("made")
        threads = f"{len(ids)} thread{'s' * (len(ids) > 1)}"
        lines = [f"{threads} could not be deleted from {address}: {one_line(', '.join(ids))}"] if ids else []
        late = "with an id: a thread of this request may still appear"
        lines += [f"{address} never answered POST {path} {late}" for path in each("path")]
        lost = "was killed, and nobody knows which threads it made: some may be left at"
        lines += [f"worker {worker} {lost} {address}" for worker in each("killed")]
        lines.append(f"Remove them with: pytest --deployment-url {address} --threadcopy-cleanup")
        return [one_line(self.redact(line)) for line in lines]


def _only_looks(config: pytest.Config) -> bool:
    """Whether the options of pytest ask for a list, and no test runs."""
    options = ("collectonly", "setupplan", "showfixtures", "show_fixtures_per_test")
    return any(config.getoption(option, False) for option in options)


def _make_contract_known(config: pytest.Config) -> None:
    """Let pytest find the contract's tests, however the user's own test files and functions are named."""
    if not config.pluginmanager.has_plugin("python"):
        return
    config.addinivalue_line("python_files", "test_threadcopy_*.py")
    for group in GROUPS:
        config.addinivalue_line("python_functions", f"test_{group.lower()}_[0-9]*")
