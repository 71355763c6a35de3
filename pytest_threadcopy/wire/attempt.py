"""How long a request may take, and when it is tried again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC
from email.utils import parsedate_to_datetime
from queue import Empty

import httpx

from pytest_threadcopy.wire.connection import END, Connection, Inbox, Message, RawAnswer, Request
from pytest_threadcopy.wire.decoding import TooLarge
from pytest_threadcopy.wire.limits import Limits
from pytest_threadcopy.wire.response import NoAnswer, NotSent, TooLong

_LONGEST_WAIT = 0.5
"""Seconds of one wait. On Windows a Ctrl-C takes effect only when a wait ends."""
_LOCK_FACTOR = 2
"""A deletion waits for the deletion lock at most this many times its time limit."""
_FIRST_PAUSE = 0.5
_SHORTEST_PAUSE = 0.1
_MOST_DOUBLINGS = 8


class BrokeOff(Exception):
    """The connection broke, or the answer was no HTTP; the message says how."""


class Attempt:
    """One request with all its tries, from the wait for a slot to the last byte of its answer.

    All tries together may take ``seconds`` seconds. Each message begins with the ``name`` of the request. A
    ``streamed`` answer is read piece by piece.

    ``inbox`` receives the parts of the answer. The caller sets ``status`` and ``answer``; they are None if no
    answer comes. ``connection`` carries the last try; ``is_abroad`` says whether it leads to another origin,
    and ``is_complete`` whether its whole answer arrived. ``is_repeated`` says that there was an earlier try;
    ``broke_off`` that one broke off, and may have taken effect.
    """

    def __init__(
        self, request: Request, limits: Limits, seconds: float, name: str, *, streamed: bool
    ) -> None:
        self.request = request
        self.seconds = seconds
        self.streamed = streamed
        self.inbox: Inbox = Inbox()
        self.status: int | None = None
        self.answer: bytes | bytearray | None = None
        self.connection: Connection | None = None
        self.is_complete = self.is_abroad = self.is_repeated = self.broke_off = False
        self._limits = limits
        self._name = name
        self._is_ended = False
        self._deadline = limits.ends_at

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of the deployment's slots. The request's time runs from the moment when a slot is free.

        Only one deletion is under way at a time: LangGraph's server on a custom checkpointer may delete a
        third thread while it deletes two at once. `NoAnswer` is raised if the run ends before a slot is free.
        """
        limits = self._limits
        with self._deletion_lock() if self.request.method == "DELETE" else nullcontext():
            while not limits.slots.acquire(timeout=min(_SHORTEST_PAUSE, max(0.0, self.remaining))):
                self._check()
            try:
                self._check()
                self._deadline = min(time.monotonic() + self.seconds, limits.ends_at)
                yield
            finally:
                limits.slots.release()

    @contextmanager
    def _deletion_lock(self) -> Iterator[None]:
        """Hold the deletion lock. Ignore a holder that holds it much longer than a deletion may take."""
        lock, until = self._limits.deletions, time.monotonic() + _LOCK_FACTOR * self.seconds
        is_ours = False
        try:
            while not is_ours:
                if time.monotonic() > until:
                    lock.give_up()
                is_ours = lock.acquire(timeout=min(_SHORTEST_PAUSE, max(0.0, self.remaining)))
                self._check()
            yield
        finally:
            if is_ours:
                lock.release()

    @property
    def remaining(self) -> float:
        """The seconds until the time limit."""
        return self._deadline - time.monotonic()

    def end(self) -> None:
        """End the request at once; another thread calls this."""
        self._is_ended = True
        self.inbox.put(InterruptedError())

    def message(self) -> Message:
        """Return the next part of the answer.

        Raise `NoAnswer` if it comes too late or the answer is too long, `BrokeOff` if the connection breaks.
        """
        message = self._wait(self._deadline)
        if isinstance(message, TooLarge):
            raise TooLong(f"{self._name} sent more than {self._limits.size // 1_000_000} MB")
        if isinstance(message, httpx.TimeoutException):
            raise self._timed_out()
        if isinstance(message, Exception):
            raise BrokeOff(str(message) or type(message).__name__)
        if isinstance(message, RawAnswer):
            self.is_complete = message.content is not None and message.status < 500
        else:
            self.is_complete = message is END
        return message

    def pieces(self) -> Iterator[bytes]:
        """Yield the pieces of a streamed answer, which follow its head."""
        while isinstance(piece := self.message(), bytes):
            yield piece

    def pause(self, seconds: float) -> None:
        """Wait before the next try; raise `NoAnswer` if the run ends meanwhile."""
        try:
            self._wait(time.monotonic() + seconds)
        except NoAnswer:
            self._check()

    def failed(self, problem: str) -> NoAnswer:
        """Return the error for a failed request: `NotSent` if nothing of it was sent, else `NoAnswer`."""
        if self.connection and not self.connection.is_sent:
            self.connection.hang_up()  # so that nothing is sent later
        is_sent = self.is_repeated or (self.connection is not None and self.connection.is_sent)
        return (NoAnswer if is_sent else NotSent)(f"{self._name} {problem}")

    def _wait(self, until: float) -> Message:
        while (seconds := until - time.monotonic()) > 0:
            try:
                message = self.inbox.get(timeout=min(seconds, _LONGEST_WAIT))
            except Empty:
                continue
            self._check()
            return message
        raise self._timed_out()

    def _check(self) -> None:
        if self._is_ended:
            raise self.failed("got no answer: the run was ended")
        if time.monotonic() >= self._limits.ends_at:
            raise self._timed_out()

    def _timed_out(self) -> NoAnswer:
        if time.monotonic() >= self._limits.ends_at:
            limit = f"the run's time limit of {self._limits.total:g} seconds was reached"
            return self.failed(f"got no answer: {limit}")
        return self.failed(f"did not {'end' if self.streamed else 'answer'} within {self.seconds:g} seconds")


def pause_before_next_try(head: RawAnswer, refusals: int, *, repeatable: bool) -> float | None:
    """Return the seconds after which a refused request may be sent again, None if it may not.

    After a 429 (too many requests) any request may: the deployment did nothing. After a 503 (nobody there)
    only a repeatable request may, and only if ``Retry-After`` says when. ``refusals`` counts those before.
    """
    if head.status != 429 and not (head.status == 503 and repeatable):
        return None
    seconds = _retry_after(head.headers.get("retry-after", ""))
    if seconds is None and head.status == 429:
        return _FIRST_PAUSE * 2.0 ** min(refusals, _MOST_DOUBLINGS)
    return seconds


def _retry_after(text: str) -> float | None:
    """Return the seconds that a ``Retry-After`` asks for, as a number or a date; None if it is neither."""
    if text.isdecimal():
        return max(_SHORTEST_PAUSE, float(text))
    try:
        date = parsedate_to_datetime(text)
        then = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):  # no date, or an hour or a year that does not exist
        return None
    return max(_SHORTEST_PAUSE, then - time.time())
