"""One deletion at a time: among processes, and among clients if one does not return."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.adverse.conftest import Ask
from tests.lab.hostile.wire import Reply

PROCESSES = 3
PASS = """
import sys, time, pathlib
from pytest_threadcopy.wire.deletion_lock import DeletionLock

gate, inside = DeletionLock(sys.argv[1]), pathlib.Path(sys.argv[2])
for _ in range(20):
    assert gate.acquire(30)
    inside.touch(exist_ok=False)
    time.sleep(0.002)
    inside.unlink()
    gate.release()
"""


def test_one_process_at_a_time_holds_the_lock(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PASS, str(tmp_path / "lock"), str(tmp_path / "inside")]
    with ThreadPoolExecutor() as pool:
        ended = list(pool.map(lambda _: subprocess.run(command, check=False), range(PROCESSES)))
    assert [one.returncode for one in ended] == [0] * PROCESSES


def test_a_stuck_holder_of_the_lock_delays_other_deletions_once(ask: Ask) -> None:
    client = ask(lambda request: request.answer(Reply.of(None)))
    limits = client.transport.limits
    limits.timeout = 0.3
    limits.deletions.acquire(1)
    began = time.monotonic()
    for number in range(20):
        client.threads.delete(str(number))
    assert 0.5 < time.monotonic() - began < 5
