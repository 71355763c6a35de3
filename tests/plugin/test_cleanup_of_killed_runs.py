"""``--threadcopy-cleanup`` deletes the threads of killed runs, and no others."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pytest_threadcopy.api.run_id import MADE_BY, TAG, new_run_id
from tests.lab.runs import ThreadStore, run_pytest, start_pytest
from tests.lab.servers.fake import Exchange, fake_server
from tests.plugin.test_interrupts import COUNT, end, start, until
from tests.plugin.test_left_by_others import SECOND

OVER = {**MADE_BY, TAG: "20260101T000000Z-00000000-1-00000000"}


def tagged(url: str) -> list[str]:
    """Return the ids of the threads on a server that the plugin made."""
    threads = httpx.post(f"{url}/threads/search", json={"metadata": MADE_BY, "limit": 1000}).json()
    return [thread["thread_id"] for thread in threads]


def test_the_threads_of_a_killed_run_are_deleted_and_no_others(tmp_path: Path, untouched_url: str) -> None:
    killed, at_work = tmp_path / "killed", tmp_path / "at_work"
    killed.mkdir()
    at_work.mkdir()
    like_ours = {"metadata": {TAG: new_run_id()}}
    foreign = httpx.post(f"{untouched_url}/threads", json=like_ours).json()["thread_id"]
    process = start(killed, untouched_url)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    thread_ids = tagged(untouched_url)
    assert len(thread_ids) >= COUNT
    other = start(at_work, untouched_url)
    of_other = set(tagged(untouched_url)) - set(thread_ids)

    result = run_pytest(tmp_path, "--deployment-url", untouched_url, "--threadcopy-cleanup")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            f"{untouched_url}: removed {len(thread_ids)} threads of runs that are over",
            f"  kept {len(of_other)} of run *, which may still be running: *",
        ]
    )
    assert set(tagged(untouched_url)) == of_other
    assert httpx.delete(f"{untouched_url}/threads/{foreign}").is_success  # it still exists
    end(other, signal.SIGINT)
    assert tagged(untouched_url) == []


def test_the_clean_up_ignores_threads_that_do_not_match_the_filter(
    tmp_path: Path, store: ThreadStore
) -> None:
    for metadata in ({}, {TAG: "another"}, None, {"threadcopy_made_by": "somebody"}):
        store.add(metadata)
    thread_id = store.add({**MADE_BY, TAG: "20260101T000000Z-00000000-1-00000000"})["thread_id"]
    run_pytest(tmp_path, "--deployment-url", store.url, "--threadcopy-cleanup")
    assert len(store.threads) == 4
    assert thread_id not in store.threads


def test_a_thread_that_cannot_be_deleted_is_named(tmp_path: Path, store: ThreadStore) -> None:
    stuck = store.add({**MADE_BY, TAG: ""})["thread_id"]
    store.refused, store._refusing = "DELETE", True
    result = run_pytest(tmp_path, "--deployment-url", store.url, "--threadcopy-cleanup")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"  could not be deleted: {stuck}"])


def test_a_clean_up_without_a_deployment_is_refused(tmp_path: Path) -> None:
    result = run_pytest(tmp_path, "--threadcopy-cleanup")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--threadcopy-cleanup needs a deployment: name one with --deployment-url"])


@pytest.fixture
def silent() -> Iterator[ThreadStore]:
    """A deployment with 40 threads of a run that is over. It never answers a deletion."""
    store = ThreadStore()
    for _ in range(40):
        store.add(OVER)

    def answer(exchange: Exchange) -> None:
        if exchange.method == "DELETE":
            time.sleep(20)
        store.answer(exchange)

    with fake_server(answer) as (store.url, store.requests):
        yield store


def test_a_deployment_that_stops_answering_costs_its_time_limit_once(
    tmp_path: Path, silent: ThreadStore
) -> None:
    options = ("--threadcopy-cleanup", "--threadcopy-timeout=1", "--deployment-url", silent.url)
    result = run_pytest(tmp_path, *options)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.duration < 10
    result.stdout.fnmatch_lines(["*: removed 0 threads of runs that are over", "  could not be deleted: *"])


def test_ctrl_c_ends_the_clean_up_and_reports_the_remaining_threads(
    tmp_path: Path, silent: ThreadStore
) -> None:
    process = start_pytest(tmp_path, "--threadcopy-cleanup", "--deployment-url", silent.url)
    until(lambda: any(request.method == "DELETE" for request in silent.requests))
    code, output = end(process, signal.SIGINT)
    assert code == pytest.ExitCode.INTERRUPTED
    assert "could not be deleted: " in output
    assert "Traceback" not in output


def test_a_search_that_fails_for_one_identity_does_not_stop_the_other(tmp_path: Path) -> None:
    stores = {"alice": ThreadStore(), "bob": ThreadStore()}
    stores["bob"].add(OVER)

    def answer(exchange: Exchange) -> None:
        if exchange.headers["x-user"] == "alice":
            exchange.answer(403, {"detail": "not you"})
        else:
            stores["bob"].answer(exchange)

    with fake_server(answer) as (url, _):
        result = run_pytest(tmp_path, "--threadcopy-cleanup", "--deployment-url", url, **SECOND)
    assert not stores["bob"].threads
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*cannot be cleaned up: *not you*"])
    result.stdout.fnmatch_lines([f"{url}, second identity: removed 1 thread of runs that are over"])
