"""The deployments' part in a pytest session: found or started once, left as they were.

Registered only when a deployment is named. Under xdist the controller does this for all workers.
"""

import sys
import time
from collections import Counter
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from pytest_threadcopy.api.journal import Journal
from pytest_threadcopy.api.run_id import new_run_id
from pytest_threadcopy.config.settings import Settings
from pytest_threadcopy.requirements import GROUPS
from pytest_threadcopy.session.catalogue import CONTRACT
from pytest_threadcopy.session.interrupts import Interrupts
from pytest_threadcopy.session.slow_requests import SlowRequests
from pytest_threadcopy.session.target import Target
from pytest_threadcopy.text.redactor import Redactor
from pytest_threadcopy.text.terminal import one_line

DEPLOYMENT = "deployment"
"""The fixture by whose parameter a test says which deployment it is for, where there are several."""


class DeploymentSession:
    """Hooks that start, check and stop the deployments of one session.

    ``targets`` are those deployments, by name. ``redact`` takes the secrets of all of them out of a text.
    """

    def __init__(self, config: pytest.Config, settings: list[Settings]) -> None:
        worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self.is_worker = worker is not None
        self._workers: int = worker["workercount"] if worker else 0
        self.is_controller = (
            not self.is_worker and config.getoption("dist", "no") != "no" and not _only_looks(config)
        )
        self.total_timeout = settings[0].total_timeout
        seconds: float = worker["threadcopy_seconds_left"] if worker else self.total_timeout
        self._ends_at = time.monotonic() + seconds
        self.run: str = worker["threadcopy_run"] if worker else new_run_id()
        found = worker["threadcopy_found"] if worker else {}
        self._interrupts = Interrupts()
        self._crashed = False
        self.redact = Redactor(text for one in settings for text in one.hidden)
        self._slow_requests = SlowRequests(
            lambda: [one for target in self.targets.values() for one in target.under_way], self.redact
        )
        self._journal = Journal((worker["threadcopy_journal"] or "") if worker else None)
        self.targets = {
            one.name: Target(
                one,
                self.run,
                found.get(one.name),
                self._interrupts,
                journal=self._journal,
                ends_at=self._ends_at,
                deletes=not self.is_worker,
            )
            for one in settings
        }
        # A worker is given paths by its controller, and does not know whether the user gave any.
        named_paths = config.args_source is pytest.Config.ArgsSource.ARGS
        self._adds_contract: bool = worker["threadcopy_adds_contract"] if worker else not named_paths
        _make_contract_known(config)

    @property
    def is_out_of_time(self) -> bool:
        """Whether the run has taken as long as the user allows."""
        return time.monotonic() >= self._ends_at

    def target_of(self, item: pytest.Item) -> Target:
        """Return the deployment that a test is for."""
        # A user's own fixture of that name may have parameters of its own.
        return self.targets.get(str(_parameters(item).get(DEPLOYMENT))) or next(iter(self.targets.values()))

    def pytest_report_header(self) -> str:
        """Say which deployments are tested."""
        shown = [target.settings.shown for target in self.targets.values()]
        return self.redact(f"deployment{'s' * (len(shown) > 1)}: {', '.join(shown)}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each test that takes a deployment on every one of several, whose name comes first in its id."""
        if len(self.targets) > 1 and DEPLOYMENT in metafunc.fixturenames:
            metafunc.parametrize(DEPLOYMENT, list(self.targets), indirect=True, scope="session")

    def pytest_sessionstart(self) -> None:
        """Start for the workers, which are about to be. They may run the contract: nobody knows yet."""
        if not self.is_worker:
            self._interrupts.install()
        self._slow_requests.start()
        if self.is_controller:
            self._find(dict.fromkeys(self.targets, True))

    def _find(self, wanted: dict[str, bool]) -> None:
        """Find these deployments, and ask those that are true what they can do.

        Raises:
            pytest.UsageError: There is one deployment, or all cannot be tested; says why.
        """
        for name, probe_it in wanted.items():
            self.targets[name].find(probe_it=probe_it)
        problems = [self.targets[name].problem for name in wanted]
        if problems and all(problems):
            raise pytest.UsageError("\n".join(one_line(self.redact(problem)) for problem in problems))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell an xdist worker what the controller found."""
        node.workerinput["threadcopy_found"] = {name: target.found for name, target in self.targets.items()}
        node.workerinput["threadcopy_run"] = self.run
        node.workerinput["threadcopy_journal"] = self._journal.folder
        node.workerinput["threadcopy_seconds_left"] = self._ends_at - time.monotonic()
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
            # So that its tests have the ids that they have with --pyargs, not those of a nameless folder.
            collector._initialpaths = getattr(collector, "_initialpaths", frozenset()) | {CONTRACT}
            package = collector.ihook.pytest_collect_directory(path=CONTRACT, parent=collector)
            report.result = [*(report.result or []), package]
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """In workers, take turns between several deployments: else one would be tested after another.

        Each turn is as many tests as xdist hands a worker at first, so that a worker seldom changes over.
        """
        if not self.is_worker or len(self.targets) == 1:
            return
        places = [number for number, item in enumerate(items) if DEPLOYMENT in _parameters(item)]
        turn = max(2, len(places) // self._workers // 4)
        turns = Counter[str]()

        def turn_of(item: pytest.Item) -> int:
            name = self.target_of(item).name
            turns[name] += 1
            return (turns[name] - 1) // turn

        for place, item in zip(places, sorted((items[place] for place in places), key=turn_of), strict=True):
            items[place] = item

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Start what any test that was selected needs; ask what it can do, if any is of the contract."""
        if _only_looks(session.config):
            return
        wanted: dict[str, bool] = {}
        for item in session.items:
            target = self.target_of(item)
            if not target.found and DEPLOYMENT in getattr(item, "fixturenames", ()):
                is_contract = item.get_closest_marker("threadcopy") is not None
                wanted[target.name] = wanted.get(target.name, False) or is_contract
        self._find(wanted)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        """End the run if that was asked for while one of several deployments was left."""
        self._interrupts.catch_up()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear what a worker could not write down. One that was killed elsewhere tells nothing."""
        output = getattr(node, "workeroutput", None)
        if output is not None:
            self._journal.received += output.get("threadcopy_journal", [])
        elif not (self._journal.folder and node.gateway.spec.popen):
            for target in self.targets.values():
                until = time.time() + target.settings.timeout
                target.left.append({"who": "first", "killed": node.gateway.id, "until": until})

    def pytest_internalerror(self) -> None:
        """Remember a crash: xdist takes a run for passed in which a worker crashed between its tests."""
        self._crashed = True

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Delete what is left once all fixtures are torn down, however that ends."""
        try:
            with self._interrupts.may_break_off():
                return (yield)
        finally:
            self._finish(session)

    def _finish(self, session: pytest.Session) -> None:
        """Delete what workers left. A deployment that does not copy, or could not be tested, is a failure."""
        targets = [target for target in self.targets.values() if target.found]
        if self.is_worker:
            output: dict[str, Any] = session.config.workeroutput  # type: ignore[attr-defined]
            output["threadcopy_journal"] = self._journal.unwritten
        else:
            self._take_over_from_others([target for target in targets if not target.problem])
        failed = any(target.problem or target.capabilities.get("no_copy") for target in targets)
        if session.exitstatus == pytest.ExitCode.OK and (self._crashed or failed):
            session.exitstatus = (
                pytest.ExitCode.INTERNAL_ERROR if self._crashed else pytest.ExitCode.TESTS_FAILED
            )

    def _take_over_from_others(self, targets: list[Target]) -> None:
        """Delete what workers left, or forked tests that were killed, of which this process knows nothing."""
        left = self._journal.left_by_others()
        for target in targets:
            of_it = [entry for entry in left if entry["deployment"] == target.name]
            if self.is_controller or of_it or not target.is_searched:
                target.try_again(of_it)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which threads could not be deleted, and what deletes them later."""
        for target in self.targets.values():
            if target.left and not target.settings.address.is_embedded:
                terminalreporter.section("threads left behind", yellow=True)
                for line in _about_threads_left(target):
                    terminalreporter.line(one_line(self.redact(line)))
                target.left.clear()

    def pytest_unconfigure(self) -> None:
        """Delete what an end in a hurry left, or say what that is, and stop the embedded server."""
        try:
            for target in self.targets.values():
                target.close()
                if target.left and not self.is_worker:
                    for line in _about_threads_left(target):
                        print(one_line(self.redact(line)), file=sys.stderr)
        finally:
            if not self.is_worker:
                self._journal.remove()
            self._slow_requests.stop()
            self._interrupts.restore()


def _about_threads_left(target: Target) -> Iterator[str]:
    shown = target.settings.address.shown
    ids = sorted({entry["made"] for entry in target.left if "made" in entry})
    if ids:
        yield f"{len(ids)} could not be deleted from {shown}: {one_line(', '.join(ids))}"
    for path in sorted({entry["path"] for entry in target.left if "path" in entry}):
        yield f"POST {path} was never answered by {shown} with an id: a thread of it may appear still"
    for worker in sorted({entry["killed"] for entry in target.left if "killed" in entry}):
        yield f"worker {worker} was killed, and nobody knows what it made: threads may be left at {shown}"
    yield f"Remove them by: pytest --deployment-url {shown} --threadcopy-cleanup"


def _parameters(item: pytest.Item) -> dict[str, Any]:
    return getattr(getattr(item, "callspec", None), "params", {})


def _only_looks(config: pytest.Config) -> bool:
    """Whether pytest is asked what there is, and runs no test."""
    options = ("collectonly", "setupplan", "showfixtures", "show_fixtures_per_test")
    return any(config.getoption(option, False) for option in options)


def _make_contract_known(config: pytest.Config) -> None:
    """Let the bundled tests be found, whatever names the user's own test files and functions have."""
    if not config.pluginmanager.has_plugin("python"):
        return
    config.addinivalue_line("python_files", "test_threadcopy_*.py")
    for group in GROUPS:
        config.addinivalue_line("python_functions", f"test_{group.lower()}_[0-9]*")
