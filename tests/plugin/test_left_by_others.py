"""Threads that a worker or a forked test left: its parent process finds and deletes them."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab.runs import ThreadStore, run_pytest
from tests.lab.servers.fake import Exchange, fake_server

LATE = 1.5
AFTER_A_FIRST_LOOK = 5.0
COPIES = "def test_it(deployment_client, fresh):\n    deployment_client.threads.copy(fresh)\n"
CONFTEST = """
import pytest

@pytest.fixture
def fresh(deployment_client):
    return deployment_client.threads.create()["thread_id"]
"""
# As pytest-forked does: a test and its fixtures run in a child process.
FORKED = """
import os
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item):
    child = os.fork()
    if child == 0:
        runtestprotocol(item, log=False)
        os._exit(0)
    os.waitpid(child, 0)
    return True
"""
KILLED_IN_A_COPY = """
import os, threading, time

def test_it(deployment_client, fresh):
    copying = threading.Thread(target=deployment_client.threads.copy, args=[fresh], daemon=True)
    copying.start()
    time.sleep(0.7)
    os.abort()
"""


@contextmanager
def late_store(*, times_out: bool, seconds: float = LATE) -> Iterator[ThreadStore]:
    """Serve a deployment on which each copy takes long; with ``times_out``, its answer is 504."""
    store = ThreadStore()

    def answer(exchange: Exchange) -> None:
        if not exchange.path.endswith("/copy"):
            store.answer(exchange)
            return
        metadata = store.threads[exchange.path.split("/")[2]]
        if times_out:
            threading.Timer(seconds, store.add, [metadata]).start()
            exchange.answer(504, {"detail": "upstream request timeout"})
        else:
            time.sleep(seconds)
            exchange.answer(200, store.add(metadata))

    with fake_server(answer) as (store.url, store.requests):
        yield store


def run(folder: Path, url: str, test: str, *options: str, conftest: str = CONFTEST) -> pytest.RunResult:
    (folder / "test_it.py").write_text(test)
    (folder / "conftest.py").write_text(conftest)
    limits = ("--threadcopy-timeout=4", "--deployment-url", url)
    return run_pytest(folder, "test_it.py", *limits, *options)


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_copy_that_appears_after_its_test_is_deleted(tmp_path: Path, workers: str) -> None:
    with late_store(times_out=True) as store:
        result = run(tmp_path, store.url, COPIES, workers)
        time.sleep(LATE)
        assert not store.threads
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*threads left behind*")


def test_a_copy_that_appears_after_its_worker_was_killed_is_deleted(tmp_path: Path) -> None:
    with late_store(times_out=False, seconds=AFTER_A_FIRST_LOOK) as store:
        result = run(tmp_path, store.url, KILLED_IN_A_COPY, "-n2", "--threadcopy-timeout=9")
        time.sleep(AFTER_A_FIRST_LOOK)
        assert not store.threads
    result.assert_outcomes(failed=1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
@pytest.mark.parametrize("test", [KILLED_IN_A_COPY, "import os\ndef test_it(fresh): os.abort()"])
def test_the_threads_of_a_killed_forked_test_are_deleted(tmp_path: Path, test: str) -> None:
    with late_store(times_out=False, seconds=AFTER_A_FIRST_LOOK) as store:
        run(tmp_path, store.url, test, conftest=CONFTEST + FORKED)
        time.sleep(AFTER_A_FIRST_LOOK)
        assert not store.threads
        assert [request.method for request in store.requests].count("DELETE") > 1


def test_a_copy_that_never_appears_is_reported(tmp_path: Path, store: ThreadStore) -> None:
    def answer(exchange: Exchange) -> None:
        if exchange.path.endswith("/copy"):
            exchange.answer(504, {"detail": "upstream request timeout"})
        else:
            store.answer(exchange)

    with fake_server(answer) as (url, _):
        result = run(tmp_path, url, COPIES, "--threadcopy-timeout=1")
    result.stdout.fnmatch_lines(
        [
            f"{url} never answered POST /threads/*/copy with an id: "
            "a thread of this request may still appear",
            f"Remove them with: pytest --deployment-url {url} --threadcopy-cleanup",
        ]
    )


@contextmanager
def two_users() -> Iterator[tuple[str, dict[str, ThreadStore]]]:
    """Serve a deployment that hides the threads of each of two users from the other."""
    stores = {"alice": ThreadStore(), "bob": ThreadStore()}
    with fake_server(lambda exchange: stores[exchange.headers["x-user"]].answer(exchange)) as (url, _):
        yield url, stores


SECOND = {"DEPLOYMENT_HEADERS": "x-user: alice", "DEPLOYMENT_SECOND_HEADERS": "x-user: bob"}
OF_BOTH = """
import os

def test_it(deployment):
    for client in (deployment.client, deployment.second_client):
        client.threads.create()
    {end}
"""
ENDS: dict[str, tuple[str, str]] = {
    "in order": ("pass", "-n0"),
    "in a worker": ("pass", "-n2"),
    "in a worker that is killed": ("os._exit(9)", "-n2"),
}


@pytest.mark.parametrize("end", ENDS)
def test_threads_of_both_identities_are_deleted(tmp_path: Path, end: str) -> None:
    how, workers = ENDS[end]
    (tmp_path / "test_it.py").write_text(OF_BOTH.format(end=how))
    with two_users() as (url, stores):
        run_pytest(tmp_path, "test_it.py", "--deployment-url", url, workers, **SECOND)
        assert {user: len(store.threads) for user, store in stores.items()} == {"alice": 0, "bob": 0}


def test_the_clean_up_deletes_threads_of_both_identities(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(OF_BOTH.format(end="os._exit(9)"))
    with two_users() as (url, stores):
        run_pytest(tmp_path, "test_it.py", "--deployment-url", url, **SECOND)
        assert all(store.threads for store in stores.values())
        run_pytest(tmp_path, "--threadcopy-cleanup", "--deployment-url", url, **SECOND)
        assert not any(store.threads for store in stores.values())


def test_the_journal_is_removed(tmp_path: Path, store: ThreadStore) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(deployment_client): deployment_client.threads.create()")
    (tmp_path / "temporary").mkdir()
    place = {"TMPDIR": str(tmp_path / "temporary")}
    run_pytest(tmp_path, "test_it.py", "-n2", "--deployment-url", store.url, **place)
    assert list((tmp_path / "temporary").glob("threadcopy-*")) == []
    assert store.requests


def test_all_processes_of_a_run_share_its_time_limit(tmp_path: Path, store: ThreadStore) -> None:
    (tmp_path / "conftest.py").write_text("import time\ndef pytest_sessionstart(): time.sleep(1)")
    (tmp_path / "test_it.py").write_text(
        "import time\n"
        "def test_it(deployment):\n"
        "    assert deployment.limits.ends_at - time.monotonic() < 49\n"
    )
    for workers in ("-n0", "-n1"):
        options = ("--deployment-url", store.url, "--threadcopy-total-timeout=50", workers)
        run_pytest(tmp_path, "test_it.py", *options).assert_outcomes(passed=1)


def test_a_killed_worker_without_a_journal_is_reported(tmp_path: Path, store: ThreadStore) -> None:
    no_folder = "import tempfile\ndef refuse(**_): raise OSError\ntempfile.mkdtemp = refuse\n"
    test = "import os\ndef test_it(fresh): os._exit(9)"
    result = run(tmp_path, store.url, test, "-n1", "--threadcopy-timeout=1", conftest=CONFTEST + no_folder)
    assert not store.threads
    line = f"worker gw0 was killed, and nobody knows which threads it made: some may be left at {store.url}"
    result.stdout.fnmatch_lines([line])
    result.stdout.no_fnmatch_line("*never answered*")
    assert not (tmp_path / "None").exists()
