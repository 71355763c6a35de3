"""A unit test starts no process and no server, and connects to none. One that does fails.

Python reports each of these calls to its audit hooks, by whatever name a module imported the function.
It reports no ``listen`` of a socket without an address: this one call is not refused.
"""

import sys
import threading
from collections.abc import Generator, Iterator
from multiprocessing.process import BaseProcess

import pytest
from hypothesis import settings

# ``make test`` tries hypothesis's own number of examples, 100.
settings.register_profile("quick", max_examples=20)
settings.register_profile("nightly", max_examples=1000)

REFUSED = {
    "subprocess.Popen": "starts a process",
    "os.system": "starts a process",
    "os.exec": "starts a process",
    "os.fork": "starts a process",
    "os.forkpty": "starts a process",
    "os.posix_spawn": "starts a process",
    "socket.bind": "starts a server",
    "socket.connect": "connects to a server",
    "socket.sendto": "sends to a server",
    "socket.sendmsg": "sends to a server",
    "threadcopy.start": "starts a process",
}
"""Audit event to the action of a test that raises it."""


class NotAUnitTest(Exception):
    """A test below ``tests/unit`` starts a process or a server, or connects to one."""


class Guard:
    """Raises NotAUnitTest at each refused call of a unit test.

    An audit hook cannot be removed. So one guard is the hook for all tests, and it is off between them. It
    leaves the threads alone that earlier tests, of servers, started and that still end.
    """

    def __init__(self) -> None:
        self.is_on = False
        self.refusals: list[str] = []
        self._earlier: set[int | None] = set()

    def switch_on(self) -> None:
        """Refuse calls from now on, except those of threads that already run."""
        self._earlier = {one.ident for one in threading.enumerate()} - {threading.get_ident()}
        self.refusals.clear()
        self.is_on = True

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        """Refuse a call, and note the refusal, since the code under test may catch the exception."""
        # A message on a connected socket, such as one of a pair, has no address.
        is_refused = event in REFUSED and arguments[1:] != (None,)
        if self.is_on and is_refused and threading.get_ident() not in self._earlier:
            self.refusals.append(f"a unit test {REFUSED[event]}: {event}{arguments!r:.200}")
            raise NotAUnitTest(self.refusals[-1])


guard = Guard()
sys.addaudithook(guard)


_start = BaseProcess.start


def _audited_start(self: BaseProcess) -> None:
    """Report the start of a process to the audit hooks: Python does not report one that is spawned."""
    sys.audit("threadcopy.start", self)
    _start(self)


BaseProcess.start = _audited_start  # type: ignore[method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Refuse calls while a module of unit tests is imported."""
    if isinstance(collector, pytest.Module):
        guard.switch_on()
    try:
        return (yield)
    finally:
        guard.is_on = False


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Switch the guard on before the fixtures of the test are made, those of a session too."""
    guard.switch_on()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    """Switch the guard off after the teardown; fail if it refused a call.

    After the last test, it is off during the teardown too, since servers of other tests end then.
    """
    guard.is_on = nextitem is not None
    try:
        yield
    finally:
        guard.is_on = False
    if guard.refusals:
        pytest.fail(f"{guard.refusals[0]}. It belongs in tests/plugin, tests/servers or tests/adverse.")
