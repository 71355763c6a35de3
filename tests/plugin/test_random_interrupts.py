"""Fifty runs, each ended at a moment nobody chose, beside one at work: no thread of theirs is left."""

import os
import random
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from pytest_threadcopy.run_id import MADE_BY, TAG

from .runs import CONTRACT, start_pytest

RUNS = 50
AT_ONCE = 4
LATEST = 5.0
SEED = 20
ENDINGS = (
    (signal.SIGINT,),
    (signal.SIGINT, signal.SIGINT),
    (signal.SIGTERM,),
    (signal.SIGTERM, signal.SIGINT),
)
TRACEBACK_OF_OURS = re.compile(r'File ".*/pytest_threadcopy/')
PICKED = "NEW or SAME-05 or SAME-07 or CONT-04 or INDEP-02 or ROB-09"


def threads(url: str) -> dict[str, str]:
    """Return the threads that our runs left on a server: their ids, and their run's."""
    asked = {"metadata": MADE_BY, "limit": 1000}
    found = httpx.post(f"{url}/threads/search", json=asked, timeout=60).json()
    return {thread["thread_id"]: thread["metadata"].get(TAG) for thread in found}


def run_and_end(folder: Path, url: str, number: int) -> tuple[int, str]:
    """Begin a run, end it after a while, and return its exit code and what it printed.

    Every third has workers; of every sixth a worker is killed too.
    """
    chance = random.Random(SEED + number)
    workers = ["-n2"] if number % 3 == 0 else []
    arguments = [*CONTRACT, "-q", "-k", PICKED, "--deployment-url", url, *workers]
    with start_pytest(folder, *arguments) as process:
        time.sleep(chance.uniform(0.3, LATEST))
        if number % 6 == 0:
            kill_a_worker(process.pid)
        for number_of_signal in chance.choice(ENDINGS):
            process.send_signal(number_of_signal)
            time.sleep(chance.uniform(0.01, 0.3))
        out, err = process.communicate(timeout=120)
    return process.returncode, out + err


def kill_a_worker(controller: int) -> None:
    """Kill a worker of a run, if it has one by now."""
    children = Path(f"/proc/{controller}/task/{controller}/children")
    for child in children.read_text().split()[:1] if children.exists() else []:
        os.kill(int(child), signal.SIGKILL)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")
def test_no_thread_is_left_by_fifty_runs_that_were_ended(tmp_path: Path, untouched_url: str) -> None:
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
        left = threads(untouched_url)
        other.send_signal(signal.SIGINT)
        other.communicate(timeout=60)
    assert left == of_other, [printed for _, printed in ended if "left" in printed]
    assert threads(untouched_url) == {}
    assert httpx.delete(f"{untouched_url}/threads/{foreign}").is_success  # it is there still
    for code, printed in ended:
        assert not TRACEBACK_OF_OURS.search(printed), printed
        assert code in (
            0,
            1,
            pytest.ExitCode.INTERRUPTED,
            128 + signal.SIGTERM,
            -signal.SIGTERM,
            -signal.SIGINT,
        ), printed
