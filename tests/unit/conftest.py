"""A unit test starts no process and no server, and connects to none. One that does fails.

Python reports each of these calls to its audit hooks, by whatever name a module imported the function.
"""

import sys
from collections.abc import Iterator

import pytest

REFUSED = {
    "subprocess.Popen": "starts a process",
    "os.system": "starts a process",
    "os.exec": "starts a process",
    "os.fork": "starts a process",
    "os.forkpty": "starts a process",
    "os.posix_spawn": "starts a process",
    "socket.bind": "starts a server",
    "socket.connect": "connects to a server",
}
"""Audit event to what a test does that raises it."""


class NotAUnitTest(Exception):
    """A test below ``tests/unit`` starts a process or a server, or connects to one."""


class Guard:
    """Raises NotAUnitTest at each refused call of a unit test.

    An audit hook cannot be removed. So one guard is the hook for all tests, and it is off between them.
    """

    def __init__(self) -> None:
        self.is_on = False
        self.refusals: list[str] = []

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        """Refuse a call, and note the refusal, since the code under test may catch the exception."""
        if self.is_on and event in REFUSED:
            self.refusals.append(f"a unit test {REFUSED[event]}: {event}{arguments!r:.200}")
            raise NotAUnitTest(self.refusals[-1])


guard = Guard()
sys.addaudithook(guard)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Switch the guard on before the fixtures of the test are made, those of a session too."""
    guard.refusals.clear()
    guard.is_on = True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Switch the guard off, since servers of other tests may end now; fail where it refused a call."""
    guard.is_on = False
    yield
    if guard.refusals:
        pytest.fail(f"{guard.refusals[0]}. It belongs in tests/plugin, tests/servers or tests/adverse.")
