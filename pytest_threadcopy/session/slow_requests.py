"""Says what a run is waiting for, and since when, where that takes long."""

import os
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

from pytest_threadcopy.wire.traffic import UnderWay

FIRST_AFTER = 15.0
"""Seconds after which a request is told of for the first time."""

AGAIN_AFTER = 60.0
"""Seconds after which the same is told again."""


class SlowRequests:
    """Tells on standard error of requests that take long, from `start` until `stop`.

    Args:
        under_way: Returns the requests under way.
        redact: Returns a text without the secrets in it.
        first_after: Seconds after which one is told of.
        again_after: Seconds after which the next word follows.
    """

    def __init__(
        self,
        under_way: Callable[[], Iterable[UnderWay]],
        redact: Callable[[str], str] = str,
        *,
        first_after: float = FIRST_AFTER,
        again_after: float = AGAIN_AFTER,
    ) -> None:
        self._under_way = under_way
        self._redact = redact
        self._first_after = first_after
        self._again_after = again_after
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="threadcopy-waiting")
        self._stream: int | None = None

    def start(self) -> None:
        """Begin, where there is a standard error, in the form it has now: during tests pytest captures it."""
        try:
            self._stream = os.dup(sys.stderr.fileno())
        except (AttributeError, OSError, ValueError):  # nobody reads it
            return
        self._thread.start()

    def stop(self) -> None:
        """Be silent from now on."""
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
                what = f"{oldest.method} {self._redact(oldest.path)}"
                told = (
                    f"\nwaiting for {what} since {oldest.seconds:.0f} seconds (limit: {oldest.limit:.0f})\n"
                )
                with suppress(OSError):  # nobody reads it any more
                    os.write(self._stream or 2, told.encode(errors="backslashreplace"))
