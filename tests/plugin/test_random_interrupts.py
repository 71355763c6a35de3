"""Fifty runs that end at random moments, beside one that goes on, leave no thread."""

import os
import random
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from pytest_threadcopy.api.run_id import MADE_BY, TAG
from tests.lab.recorder import recorder
from tests.lab.runs import CONTRACT, start_pytest

RUNS = 50
AFTER_A_THREAD = 30
"""The least number of runs that must have made a thread before their signal."""
AT_ONCE = 4
LATEST = 5.0
SEED = 20
ENDINGS = (
    (signal.SIGINT,),
    (signal.SIGINT, signal.SIGINT),
    (signal.SIGTERM,),
    (signal.SIGTERM, signal.SIGINT),
)
CODES = (0, 1, pytest.ExitCode.INTERRUPTED, 128 + signal.SIGTERM, -signal.SIGTERM, -signal.SIGINT)
LAST_LINE = re.compile(r" in \d+\.\d+s")
BEGAN = """
import os, pathlib, pytest

@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session):
    if not hasattr(session.config, "workerinput"):
        pathlib.Path(os.environ["BEGAN"]).touch()
"""
PICKED = "NEW or SAME-05 or SAME-07 or CONT-04 or INDEP-02 or ROB-09"


def threads(url: str) -> dict[str, str]:
    """Return the ids of the plugin's threads on a server, each with the id of its run."""
    search = {"metadata": MADE_BY, "limit": 1000}
    page = httpx.post(f"{url}/threads/search", json=search, timeout=60).json()
    return {thread["thread_id"]: thread["metadata"].get(TAG) for thread in page}


@dataclass(frozen=True)
class Ended:
    """A run after its signal: its exit code, its output, and whether it had made a thread before."""

    code: int
    out: str
    err: str
    had_made: bool


def run_and_end(folder: Path, url: str, number: int) -> Ended:
    """Begin a run, end it after a while, and return how it ended.

    Every third run has workers, and in every sixth a worker is killed too. One run in five ends after the
    start of its session, and the others end after their first thread.
    """
    chance = random.Random(SEED + number)
    workers = ["-n2"] if number % 3 == 0 else []
    began = folder / f"began-{number}"
    with recorder(url) as (proxy, requests):
        arguments = ["-p", "began", *CONTRACT, "-q", "-k", PICKED, "--deployment-url", proxy, *workers]
        with start_pytest(folder, *arguments, BEGAN=str(began)) as process:
            while not began.exists() or (number % 5 and not any(request.created_id for request in requests)):
                assert process.poll() is None
                time.sleep(0.02)
            time.sleep(chance.uniform(0.0, LATEST))
            had_made = any(request.created_id for request in requests) and process.poll() is None
            if number % 6 == 0:
                kill_a_worker(process.pid)
            for number_of_signal in chance.choice(ENDINGS):
                process.send_signal(number_of_signal)
                time.sleep(chance.uniform(0.01, 0.3))
            out, err = process.communicate(timeout=120)
    return Ended(process.returncode, out, err, had_made)


def kill_a_worker(controller: int) -> None:
    """Kill a worker of a run, if it already has one."""
    children = Path(f"/proc/{controller}/task/{controller}/children")
    for child in children.read_text().split()[:1] if children.exists() else []:
        os.kill(int(child), signal.SIGKILL)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")
def test_fifty_interrupted_runs_leave_no_thread(tmp_path: Path, untouched_url: str) -> None:
    (tmp_path / "began.py").write_text(BEGAN)
    at_work = tmp_path / "at_work"
    at_work.mkdir()
    (at_work / "test_it.py").write_text(
        "import time\n"
        "def test_it(deployment_client):\n"
        "    for _ in range(5):\n"
        "        deployment_client.threads.create()\n"
        "    open('ready', 'w').close()\n"
        "    time.sleep(300)\n"
    )
    foreign = httpx.post(f"{untouched_url}/threads", json={}).json()["thread_id"]
    with start_pytest(at_work, "test_it.py", "--deployment-url", untouched_url) as other:
        while not (at_work / "ready").exists():
            assert other.poll() is None
            time.sleep(0.05)
        of_other = threads(untouched_url)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            ended = list(pool.map(lambda number: run_and_end(tmp_path, untouched_url, number), range(RUNS)))
        remaining = threads(untouched_url)
        other.send_signal(signal.SIGINT)
        other.communicate(timeout=60)
    assert remaining == of_other, [one for one in ended if "left" in one.out + one.err]
    assert threads(untouched_url) == {}
    assert httpx.delete(f"{untouched_url}/threads/{foreign}").is_success  # it still exists
    for one in ended:
        printed = one.out + one.err
        assert "INTERNALERROR" not in printed, printed
        assert one.code in CODES, printed
        # After its last line, pytest has restored the signal handlers: a signal then shows a traceback.
        assert LAST_LINE.search(one.out) or "Traceback" not in printed, printed
        assert "pytest_threadcopy" not in one.err.partition("Traceback")[2], one.err
    assert sum(one.had_made for one in ended) >= AFTER_A_THREAD
