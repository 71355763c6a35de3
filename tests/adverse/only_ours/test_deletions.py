"""A server that deletes another thread during two deletions at once: a run never sends two at once.

LangGraph's server in Python looks up the index of the thread in its list, waits for a custom checkpointer,
and then removes the thread that is at that index by then.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import httpx
import pytest

from pytest_threadcopy.api.run_id import MADE_BY
from pytest_threadcopy.embedded import EmbeddedServer
from tests.lab.runs import CONTRACT, run_pytest

SAVER = Path(__file__).parents[2] / "lab" / "servers" / "sqlite_saver.py"
THEIRS = {"metadata": {"whose": "theirs"}}
PAUSE = 0.05
EACH_ANEW = httpx.Limits(max_keepalive_connections=0)
"""One request a connection: after two deletions at once, the server answers 500 and drops the connection."""


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with (
        EmbeddedServer({"checkpointer": {"path": f"{SAVER.as_posix()}:make"}}) as server,
        httpx.Client(base_url=server.url, timeout=60, limits=EACH_ANEW, trust_env=False) as client,
    ):
        yield client


def make(http: httpx.Client) -> str:
    """Make a thread of another user."""
    return str(http.post("/threads", json=THEIRS).json()["thread_id"])


def lost(http: httpx.Client, thread_ids: list[str]) -> list[str]:
    """Return the ids of those threads that no longer exist."""
    return [each for each in thread_ids if http.get(f"/threads/{each}").status_code == 404]


@contextmanager
def others_at_work(http: httpx.Client) -> Iterator[list[str]]:
    """Make threads of another user again and again, and yield their ids."""
    thread_ids, is_over = [make(http)], Event()

    def work() -> None:
        while not is_over.wait(PAUSE):
            thread_ids.append(make(http))

    with ThreadPoolExecutor() as pool:
        maker = pool.submit(work)
        try:
            yield thread_ids
        finally:
            is_over.set()
    maker.result()


def test_two_deletions_at_once_delete_a_thread_that_neither_names(http: httpx.Client) -> None:
    threads = [make(http) for _ in range(80)]
    named, others = threads[::2], threads[1::2]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda each: http.delete(f"/threads/{each}"), named))
    assert lost(http, others)


@pytest.mark.parametrize("options", [(), ("-n3",)], ids=["serial", "three workers"])
def test_a_run_deletes_no_thread_that_others_make_meanwhile(
    http: httpx.Client, tmp_path: Path, options: tuple[str, ...]
) -> None:
    with others_at_work(http) as theirs:
        picked = ("-k", "INDEP- or NEW-")
        result = run_pytest(tmp_path, *CONTRACT, "--deployment-url", str(http.base_url), *picked, *options)
    assert result.ret == pytest.ExitCode.OK, result.stdout
    assert len(theirs) > 20
    assert lost(http, theirs) == []
    assert http.post("/threads/search", json={"metadata": MADE_BY}).json() == []
