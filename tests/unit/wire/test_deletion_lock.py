"""One deletion at a time: among threads, and if the lock file cannot be locked."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pytest_threadcopy.wire.deletion_lock import DeletionLock


@pytest.mark.parametrize("name", ["lock", ""])
def test_a_wait_that_takes_too_long_does_not_get_the_lock(tmp_path: Path, name: str) -> None:
    gate = DeletionLock(str(tmp_path / name) if name else "")
    assert gate.acquire(1)
    with ThreadPoolExecutor() as pool:
        began = time.monotonic()
        assert not pool.submit(gate.acquire, 0.2).result()
        assert 0.1 < time.monotonic() - began < 5
        gate.release()
        assert pool.submit(gate.acquire, 5).result()


def test_a_file_that_cannot_be_locked_delays_no_deletion(tmp_path: Path) -> None:
    Path(tmp_path, "file").touch()
    gate = DeletionLock(str(tmp_path / "file" / "lock"))
    for _ in range(2):
        assert gate.acquire(1)
    gate.release()
