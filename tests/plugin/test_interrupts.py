"""A run that is ended in a hurry: by Ctrl-C twice or more, by SIGTERM, by kill -9. Then: the clean-up."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pytest_threadcopy.run_id import MADE_BY, TAG, may_be_at_work, new_run_id
from tests.servers.fake import Exchange, fake_server

from .runs import ThreadStore, run_pytest, start_pytest

COUNT = 5
TESTS = f"""
import pathlib, time

def test_it(deployment_client):
    for number in range({COUNT}):
        deployment_client.threads.create()
    pathlib.Path("ready").touch()
    time.sleep(60)
"""
SLOWLY = 0.3


@pytest.fixture
def slow_store() -> Iterator[ThreadStore]:
    """A deployment that takes its time to delete a thread."""
    store = ThreadStore()

    def answer(exchange: Exchange) -> None:
        if exchange.method == "DELETE":
            time.sleep(SLOWLY)
        store.answer(exchange)

    with fake_server(answer) as (url, _):
        store.url = url
        yield store


def start(folder: Path, url: str, *options: str) -> subprocess.Popen[str]:
    """Start a run, and return it once its test has made its threads."""
    (folder / "test_it.py").write_text(TESTS)
    process = start_pytest(folder, "test_it.py", "--deployment-url", url, *options)
    deadline = time.monotonic() + 30
    while not (folder / "ready").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    return process


def end(process: subprocess.Popen[str], *signals: int) -> tuple[int, str]:
    """Send signals, 0.1 seconds apart, and return the exit code and what was printed."""
    for number in signals:
        process.send_signal(number)
        time.sleep(0.1)
    out, err = process.communicate(timeout=60)
    return process.returncode, out + err


def test_a_second_ctrl_c_waits_until_the_threads_are_deleted(tmp_path: Path, slow_store: ThreadStore) -> None:
    code, told = end(start(tmp_path, slow_store.url), signal.SIGINT, signal.SIGINT)
    assert not slow_store.threads
    assert code == pytest.ExitCode.INTERRUPTED
    assert "deleting the threads that this run made; once more leaves them" in told


def test_a_third_leaves_them_and_prints_their_ids(tmp_path: Path, slow_store: ThreadStore) -> None:
    _, told = end(start(tmp_path, slow_store.url), *[signal.SIGINT] * 3)
    assert slow_store.threads, told
    assert all(thread_id in told for thread_id in slow_store.threads)
    assert f"pytest --deployment-url {slow_store.url} --threadcopy-cleanup" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_sigterm_ends_the_run_in_order(tmp_path: Path, store: ThreadStore, workers: str) -> None:
    code, told = end(start(tmp_path, store.url, workers), signal.SIGTERM)
    assert not store.threads
    assert code == 128 + signal.SIGTERM
    assert "terminated (SIGTERM)" in told


def tagged(url: str) -> list[str]:
    """Return the ids of the threads on the embedded server that carry our tag."""
    found = httpx.post(f"{url}/threads/search", json={"metadata": MADE_BY, "limit": 1000}).json()
    return [thread["thread_id"] for thread in found]


def test_what_a_killed_run_left_is_cleaned_up_and_nothing_else(tmp_path: Path, untouched_url: str) -> None:
    killed, at_work = tmp_path / "killed", tmp_path / "at_work"
    killed.mkdir()
    at_work.mkdir()
    like_ours = {"metadata": {TAG: new_run_id()}}
    foreign = httpx.post(f"{untouched_url}/threads", json=like_ours).json()["thread_id"]
    process = start(killed, untouched_url)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    left = tagged(untouched_url)
    assert len(left) >= COUNT
    other = start(at_work, untouched_url)
    of_other = set(tagged(untouched_url)) - set(left)

    result = run_pytest(tmp_path, "--deployment-url", untouched_url, "--threadcopy-cleanup")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            f"{untouched_url}: removed {len(left)} threads of runs that are over",
            f"  kept {len(of_other)} of run *, which may be at work; *",
        ]
    )
    assert set(tagged(untouched_url)) == of_other
    assert httpx.delete(f"{untouched_url}/threads/{foreign}").is_success  # it is there still
    end(other, signal.SIGINT)
    assert tagged(untouched_url) == []


def test_a_search_that_ignores_its_filter_shows_nothing_to_clean_up(
    tmp_path: Path, store: ThreadStore
) -> None:
    for metadata in ({}, {TAG: "another"}, None, {"threadcopy_made_by": "somebody"}):
        store.add(metadata)
    ours = store.add({**MADE_BY, TAG: "20260101T000000Z-00000000-1-00000000"})["thread_id"]
    run_pytest(tmp_path, "--deployment-url", store.url, "--threadcopy-cleanup")
    assert len(store.threads) == 4
    assert ours not in store.threads


def test_what_will_not_go_is_told(tmp_path: Path, store: ThreadStore) -> None:
    stuck = store.add({**MADE_BY, TAG: ""})["thread_id"]
    store.refused, store._refusing = "DELETE", True
    result = run_pytest(tmp_path, "--deployment-url", store.url, "--threadcopy-cleanup")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"  could not be deleted: {stuck}"])


def test_a_clean_up_of_no_deployment_is_refused(tmp_path: Path) -> None:
    result = run_pytest(tmp_path, "--threadcopy-cleanup")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--threadcopy-cleanup needs a deployment: name one with --deployment-url"])


def test_this_run_may_be_at_work() -> None:
    assert may_be_at_work(new_run_id())


def test_one_whose_process_is_gone_is_over() -> None:
    begun, machine, *_ = new_run_id().split("-")
    assert not may_be_at_work(f"{begun}-{machine}-999999999-00000000")


@pytest.mark.parametrize("run", ["20200101T000000Z-00000000-1-00000000", "by hand"])
def test_one_of_long_ago_or_of_nobody_is_over(run: str) -> None:
    assert not may_be_at_work(run)


def test_one_that_began_elsewhere_may_be_at_work_for_a_day() -> None:
    begun, _, rest = new_run_id().split("-", 2)
    assert may_be_at_work(f"{begun}-00000000-{rest}")
