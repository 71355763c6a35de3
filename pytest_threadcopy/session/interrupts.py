"""Ctrl-C and SIGTERM: the first signal ends the run in order, and its threads are still deleted."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import pytest

_TERMINATED = 128 + signal.SIGTERM
_MOST = 3
_DELETING = "deleting the threads that this run made; interrupt {} more to leave them, and print their ids"
_ENDING = "ending the run, before its threads are deleted; interrupt once more to break off what it waits for"


class Interrupts:
    """Handles the signals that end a run, from `install` until `restore`.

    The first SIGINT raises ``KeyboardInterrupt``, the first SIGTERM calls ``pytest.exit``: after both, pytest
    tears fixtures down, and threads are deleted. The second signal prints what the run waits for. The third
    breaks that off: the deletion, in `may_give_up`, or a fixture of the user, in `may_break_off`. If the
    first signal comes during a deletion, the deletion goes on, and `catch_up` ends the run after it. Handlers
    are installed only in the main thread, which alone gets signals, and never for a signal that the process
    ignores, as a background job does.
    """

    def __init__(self) -> None:
        self._count = 0
        self._deferred: int | None = None
        self._may_give_up = self._may_break_off = False
        self._replaced: dict[int, Any] = {}

    def install(self) -> None:
        """Install the handlers, if this is the main thread."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._replaced[number] = signal.signal(number, self._handle)

    def restore(self) -> None:
        """Install the handlers that were there before."""
        for number, handler in self._replaced.items():
            signal.signal(number, handler)
        self._replaced.clear()

    @contextmanager
    def may_give_up(self) -> Iterator[None]:
        """Let the third signal raise ``KeyboardInterrupt`` in this context, or now if it came before."""
        self._may_give_up = True
        began_here = self._count == 0  # signals that come during a deletion do not count after it
        try:
            self._give_up_if_asked()
            yield
        finally:
            self._may_give_up = False
            if began_here:
                self._count = 0

    def catch_up(self) -> None:
        """End the run if a signal came during a deletion that was not the last."""
        number, self._deferred = self._deferred, None
        if number is not None:
            self._count = 1
            _end_the_run(number)

    @contextmanager
    def may_break_off(self) -> Iterator[None]:
        """Let the third signal break off the work in this context; pytest then goes on to its end."""
        self._may_break_off = True
        try:
            yield
        finally:
            self._may_break_off = False

    def _handle(self, number: int, _: FrameType | None) -> None:
        self._count += 1
        if self._count == 1:
            if not self._may_give_up:
                _end_the_run(number)
            self._deferred = number
        is_held_up = self._may_break_off and not self._may_give_up
        if self._count < _MOST:
            deleting = _DELETING.format("once" if self._count == _MOST - 1 else "twice")
            print(f"\n{_ENDING if is_held_up else deleting}", file=sys.stderr, flush=True)
        elif is_held_up:
            self._count = 1  # the deletion follows: two more signals break it off
            pytest.exit("interrupted", returncode=pytest.ExitCode.INTERRUPTED)
        self._give_up_if_asked()

    def _give_up_if_asked(self) -> None:
        if self._may_give_up and self._count >= _MOST:
            raise KeyboardInterrupt


def _end_the_run(number: int) -> NoReturn:
    if number == signal.SIGTERM:
        pytest.exit("terminated (SIGTERM)", returncode=_TERMINATED)
    raise KeyboardInterrupt
