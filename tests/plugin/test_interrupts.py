"""A run that two or more Ctrl-C end, or SIGTERM."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.runs import ThreadStore, run_pytest, start_pytest
from tests.lab.servers.fake import Exchange, fake_server

COUNT = 5
TESTS = f"""
import pathlib, time

def test_it(deployment_client):
    for number in range({COUNT}):
        deployment_client.threads.create()
    pathlib.Path("ready").touch()
    time.sleep(60)
"""
COPIES = """
import pathlib, time

def test_it(deployment_client):
    thread = deployment_client.threads.create()
    try:
        deployment_client.threads.copy(thread["thread_id"])
    finally:
        pathlib.Path("ready").touch()
        time.sleep(60)
"""
SLOWLY = 0.5
BETWEEN = 0.3
"""Seconds between two signals. Without this pause, a busy machine may merge two signals."""


@pytest.fixture
def slow_store() -> Iterator[ThreadStore]:
    """A deployment that is slow to delete a thread."""
    store = ThreadStore()

    def answer(exchange: Exchange) -> None:
        if exchange.method == "DELETE":
            time.sleep(SLOWLY)
        store.answer(exchange)

    with fake_server(answer) as (url, _):
        store.url = url
        yield store


def start(folder: Path, url: str, *options: str, tests: str = TESTS) -> subprocess.Popen[str]:
    """Start a run, and return it once its test has made its threads."""
    (folder / "test_it.py").write_text(tests)
    process = start_pytest(folder, "test_it.py", "--deployment-url", url, *options)
    deadline = time.monotonic() + 30
    while not (folder / "ready").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    return process


def end(process: subprocess.Popen[str], *signals: int) -> tuple[int, str]:
    """Send signals, and return the exit code and the output."""
    for number in signals:
        process.send_signal(number)
        time.sleep(BETWEEN)
    out, err = process.communicate(timeout=60)
    return process.returncode, out + err


def test_a_second_ctrl_c_waits_until_the_threads_are_deleted(tmp_path: Path, slow_store: ThreadStore) -> None:
    code, output = end(start(tmp_path, slow_store.url), signal.SIGINT, signal.SIGINT)
    assert not slow_store.threads
    assert code == pytest.ExitCode.INTERRUPTED
    assert "deleting the threads that this run made; interrupt once more to leave them" in output


def test_a_third_ctrl_c_leaves_the_threads_and_prints_their_ids(
    tmp_path: Path, slow_store: ThreadStore
) -> None:
    _, output = end(start(tmp_path, slow_store.url), *[signal.SIGINT] * 3)
    assert slow_store.threads, output
    assert all(thread_id in output for thread_id in slow_store.threads)
    assert f"pytest --deployment-url {slow_store.url} --threadcopy-cleanup" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_sigterm_ends_the_run_in_order(tmp_path: Path, store: ThreadStore, workers: str) -> None:
    code, output = end(start(tmp_path, store.url, workers), signal.SIGTERM)
    assert not store.threads
    assert code == 128 + signal.SIGTERM
    assert "terminated (SIGTERM)" in output


HANGS = """
import pathlib, time
import pytest

@pytest.fixture
def hanging(deployment_client):
    deployment_client.threads.create()
    yield
    pathlib.Path("torn down").touch()
    time.sleep(60)

def test_it(hanging):
    pathlib.Path("ready").touch()
    time.sleep(60)
"""


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_third_ctrl_c_breaks_off_a_users_fixture_that_hangs_in_its_teardown(
    tmp_path: Path, store: ThreadStore
) -> None:
    process = start(tmp_path, store.url, tests=HANGS)
    process.send_signal(signal.SIGINT)
    until((tmp_path / "torn down").exists)
    code, output = end(process, signal.SIGINT, signal.SIGINT)
    assert code == pytest.ExitCode.INTERRUPTED
    assert "interrupt once more to break off what it waits for" in output
    assert not store.threads
    assert "Traceback" not in output


@pytest.mark.skipif(os.name != "posix", reason="Windows has no jobs in the background")
def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path, store: ThreadStore) -> None:
    (tmp_path / "conftest.py").write_text("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n")
    (tmp_path / "test_it.py").write_text(
        "import os, signal\ndef test_it(deployment): os.kill(os.getpid(), signal.SIGINT)\n"
    )
    run_pytest(tmp_path, "test_it.py", "--deployment-url", store.url).assert_outcomes(passed=1)


def test_a_third_ctrl_c_ends_the_search_for_a_late_copy_and_known_threads_are_deleted(
    tmp_path: Path, store: ThreadStore
) -> None:
    def answer(exchange: Exchange) -> None:
        if exchange.path.endswith("/copy"):
            exchange.answer(504, {"detail": "upstream request timeout"})
        else:
            store.answer(exchange)

    with fake_server(answer) as (url, requests):
        process = start(tmp_path, url, tests=COPIES)
        searches = sum(request.path == "/threads/search" for request in requests)
        process.send_signal(signal.SIGINT)
        until(lambda: sum(request.path == "/threads/search" for request in requests) > searches + 1)
        _, output = end(process, signal.SIGINT, signal.SIGINT)
    assert not store.threads
    assert "never answered POST" in output
