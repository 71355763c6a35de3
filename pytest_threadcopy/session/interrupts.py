"""Ctrl-C and SIGTERM: the first ends the run in order; the next wait until its threads are deleted."""

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
_DELETING = "deleting the threads that this run made; {} more leaves them, and prints their ids"
_ENDING = "ending the run, and then its threads are deleted; once more breaks off what it waits for"


class Interrupts:
    """Handles the signals that end a run, from `install` until `restore`.

    The first SIGINT is the ``KeyboardInterrupt`` that pytest knows, the first SIGTERM a ``pytest.exit``: both
    let fixtures be torn down, and so threads be deleted. The next is answered with what is being waited for,
    and one more gives that up: the deleting, where it `may_give_up`, or a fixture of the user's, where it
    `may_break_off`. Only the main thread is told of signals; elsewhere nothing is installed, nor where a
    signal is ignored, as in a job in the background. A first signal that comes while threads are deleted does
    not keep them from it: `catch_up` ends the run then.
    """

    def __init__(self) -> None:
        self._count = 0
        self._deferred: int | None = None
        self._may_give_up = self._may_break_off = False
        self._replaced: dict[int, Any] = {}

    def install(self) -> None:
        """Take over the signals, if this is the main thread."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._replaced[number] = signal.signal(number, self._handle)

    def restore(self) -> None:
        """Give the signals back to whoever had them."""
        for number, handler in self._replaced.items():
            signal.signal(number, handler)
        self._replaced.clear()

    @contextmanager
    def may_give_up(self) -> Iterator[None]:
        """Let one signal more raise ``KeyboardInterrupt`` in this context; at once, if it came before."""
        self._may_give_up = True
        began_here = self._count == 0  # what comes while threads are deleted does not keep them from it
        try:
            self._give_up_if_asked()
            yield
        finally:
            self._may_give_up = False
            if began_here:
                self._count = 0

    def catch_up(self) -> None:
        """End the run if a signal came while threads were deleted, and the run is not at its end."""
        number, self._deferred = self._deferred, None
        if number is not None:
            self._count = 1
            _end_the_run(number)

    @contextmanager
    def may_break_off(self) -> Iterator[None]:
        """Let the third signal break off what is under way in this context, and pytest goes on."""
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
            self._count = 1  # the deleting, which follows, is given up by two more
            pytest.exit("interrupted", returncode=pytest.ExitCode.INTERRUPTED)
        self._give_up_if_asked()

    def _give_up_if_asked(self) -> None:
        if self._may_give_up and self._count >= _MOST:
            raise KeyboardInterrupt


def _end_the_run(number: int) -> NoReturn:
    if number == signal.SIGTERM:
        pytest.exit("terminated (SIGTERM)", returncode=_TERMINATED)
    raise KeyboardInterrupt
