"""A unit test that starts a process or a server fails, and the message says where to move it."""

from pathlib import Path

import pytest

GUARD = Path(__file__).parents[1] / "unit" / "conftest.py"
CALLS = {
    "a_process": "subprocess.Popen(['true'])",
    "a_shell": "os.system('true')",
    "a_fork": "os.fork() or os._exit(0)",
    "a_spawned_process": "os.posix_spawn('/bin/true', ['true'], {})",
    "a_server": "socket.socket().bind(('127.0.0.1', 0))",
    "a_process_of_multiprocessing": "multiprocessing.get_context('spawn').Process(target=print).start()",
    "a_datagram": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "a_connection": "socket.create_connection(('127.0.0.1', 9))",
}
PLAIN = ("-p", "no:asyncio", "-p", "no:cacheprovider")
TEST = "def test_{name}():\n    {call}\n"


@pytest.fixture
def guarded(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with the conftest of ``tests/unit``."""
    pytester.makeconftest(GUARD.read_text(encoding="utf-8"))
    return pytester


def test_each_process_and_each_server_fails_its_test(guarded: pytest.Pytester) -> None:
    tests = "".join(TEST.format(name=name, call=call) for name, call in CALLS.items())
    guarded.makepyfile(f"import multiprocessing, os, socket, subprocess\n{tests}")
    result = guarded.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(failed=len(CALLS), errors=len(CALLS))  # in their call, and in their teardown
    for what in ("starts a process", "starts a server", "connects to a server", "sends to a server"):
        result.stdout.fnmatch_lines([f"*Failed: a unit test {what}: *. It belongs in tests/plugin, *"])


def test_an_exception_that_is_caught_fails_the_test_all_the_same(guarded: pytest.Pytester) -> None:
    guarded.makepyfile(
        """
        import contextlib, os

        def test_fork():
            with contextlib.suppress(Exception):
                os.fork()
        """
    )
    guarded.runpytest_subprocess(*PLAIN).assert_outcomes(passed=1, errors=1)


def test_a_fixture_of_the_session_fails_its_test(guarded: pytest.Pytester) -> None:
    guarded.makepyfile(
        """
        import pytest, socket

        @pytest.fixture(scope="session")
        def server():
            socket.socket().bind(("127.0.0.1", 0))

        def test_server(server):
            pass
        """
    )
    guarded.runpytest_subprocess(*PLAIN).assert_outcomes(errors=2)


def test_a_test_that_starts_nothing_passes_although_servers_of_others_end(guarded: pytest.Pytester) -> None:
    guarded.makepyfile(
        """
        import pytest, socket, subprocess

        @pytest.fixture(scope="session")
        def ending():
            yield
            subprocess.run(["true"], check=True)

        def test_two_ends_of_one_process(ending):
            for end in socket.socketpair():
                end.close()
        """
    )
    guarded.runpytest_subprocess(*PLAIN).assert_outcomes(passed=1)


def test_a_process_at_the_end_of_a_fixture_fails_its_test(guarded: pytest.Pytester) -> None:
    guarded.makepyfile(
        """
        import pytest, subprocess

        @pytest.fixture
        def ending():
            yield
            subprocess.run(["true"], check=True)

        def test_first(ending):
            pass

        def test_last():
            pass
        """
    )
    guarded.runpytest_subprocess(*PLAIN).assert_outcomes(passed=2, errors=1)


def test_a_process_at_the_import_of_a_module_is_an_error(guarded: pytest.Pytester) -> None:
    guarded.makepyfile("import subprocess\nsubprocess.run(['true'])\ndef test_nothing():\n    pass\n")
    result = guarded.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*a unit test starts a process: subprocess.Popen*"])
