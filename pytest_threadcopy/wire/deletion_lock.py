"""A lock that lets one deletion through at a time, among all processes of a run."""

from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

_PAUSE = 0.01


class DeletionLock:
    """Lets one request through at a time, among all threads of all processes that name the same file.

    Without a file it locks only among the threads of this process. If the file cannot be locked (the disk
    is full, or has no locks), every request gets through.
    """

    def __init__(self, file: str = "") -> None:
        self._file = file
        self._here = Lock()
        self._held: BaseFileLock | None = None
        self._is_open = False

    def acquire(self, timeout: float) -> bool:
        """Wait for the lock; return whether it was free within ``timeout`` seconds."""
        if self._is_open:
            return True
        if not self._file:
            return self._here.acquire(timeout=timeout)
        from filelock import FileLock, Timeout

        # Each call makes its own lock. A forked process would inherit a shared lock without its holder.
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
        """Let the next request through."""
        held, self._held = self._held, None
        if held:
            with suppress(OSError):
                held.release()
        else:
            with suppress(RuntimeError):  # the file could not be locked, or `give_up` let the request through
                self._here.release()

    def give_up(self) -> None:
        """Let every request of this process through from now on: the holder of the lock is stuck."""
        self._is_open = True
