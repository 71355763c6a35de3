"""A gate for what may be done by one at a time, whatever process of a run it is."""

from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

_PAUSE = 0.01


class DeletionLock:
    """Lets one request through at a time, of all threads of all processes that name the same file.

    Args:
        file: The path of a file to lock; empty for the threads of this process alone. Where it cannot be
            locked, nobody is held up: a disk is full, or does not know locks.
    """

    def __init__(self, file: str = "") -> None:
        self._file = file
        self._here = Lock()
        self._held: BaseFileLock | None = None
        self._is_open = False

    def acquire(self, timeout: float) -> bool:
        """Wait so many seconds for the turn; return whether it came."""
        if self._is_open:
            return True
        if not self._file:
            return self._here.acquire(timeout=timeout)
        from filelock import FileLock, Timeout

        # Each has a lock of its own: that of a thread which a forked process was not given would stay shut.
        lock = FileLock(self._file, thread_local=False)
        try:
            lock.acquire(timeout=timeout, poll_interval=_PAUSE)
        except Timeout:
            return False
        except (OSError, NotImplementedError):
            return True
        self._held = lock
        return True

    def release(self) -> None:
        """Let the next one through."""
        held, self._held = self._held, None
        if held:
            with suppress(OSError):
                held.release()
        else:
            with suppress(RuntimeError):  # where nothing could be locked, or all were let through
                self._here.release()

    def give_up(self) -> None:
        """Let everybody of this process through from now on: who was let through last never comes back."""
        self._is_open = True
