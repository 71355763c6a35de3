"""Prints the request that a run waits for, and for how long, once the request takes long."""

import os
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

from pytest_threadcopy.wire.traffic import UnderWay


class SlowRequests:
    """Prints the longest request on standard error, from `start` until `stop`, once it takes long.

    Args:
        under_way: Returns the requests under way.
        redact: Returns a text without the secrets in it.
        first_after: The seconds that a request must have taken before it is printed.
        again_after: The least seconds from one line to the next.
    """

    def __init__(
        self,
        under_way: Callable[[], Iterable[UnderWay]],
        redact: Callable[[str], str] = str,
        *,
        first_after: float = 15.0,
        again_after: float = 60.0,
    ) -> None:
        self._under_way = under_way
        self._redact = redact
        self._first_after = first_after
        self._again_after = again_after
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="threadcopy-waiting")
        self._stream: int | None = None

    def start(self) -> None:
        """Begin, if there is a standard error. Duplicate it first, since pytest captures it later."""
        try:
            self._stream = os.dup(sys.stderr.fileno())
        except (AttributeError, OSError, ValueError):  # there is none, or nobody can read it
            return
        self._thread.start()

    def stop(self) -> None:
        """Stop printing."""
        self._is_over.set()
        if self._stream is not None:
            self._thread.join()
            os.close(self._stream)
            self._stream = None

    def _watch(self) -> None:
        pause = min(1.0, self._first_after / 2)
        silent_for = self._again_after
        while not self._is_over.wait(pause):
            silent_for += pause
            oldest = max(self._under_way(), key=lambda one: one.seconds, default=None)
            if oldest and oldest.seconds >= self._first_after and silent_for >= self._again_after:
                silent_for = 0.0
                request = f"{oldest.method} {self._redact(oldest.path)}"
                times = f"{oldest.seconds:.0f} seconds so far (limit: {oldest.limit:.0f})"
                line = f"\nwaiting for {request}: {times}\n"
                with suppress(OSError):  # nobody reads standard error any more
                    os.write(self._stream or 2, line.encode(errors="backslashreplace"))
