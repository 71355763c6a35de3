"""How long a request is waited for, and when it is tried again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC
from email.utils import parsedate_to_datetime
from queue import Empty

import httpx

from pytest_threadcopy.wire.connection import (
    END,
    AnswerHead,
    Connection,
    Inbox,
    Message,
    Request,
    WholeAnswer,
)
from pytest_threadcopy.wire.decoding import TooLarge
from pytest_threadcopy.wire.limits import Limits
from pytest_threadcopy.wire.response import NoAnswer, NotSent, TooLong

_SLICE = 0.5
"""Seconds of one wait: on Windows, Ctrl-C does not get through before its end."""
_MOST_WAITED = 2
"""How many times as long as a request may take its turn to delete is waited for."""
_FIRST_PAUSE = 0.5
_SHORTEST_PAUSE = 0.1
_SLOWEST = 8
"""How many times a pause is doubled."""


class Broken(Exception):
    """The connection broke, or what came over it was no HTTP; the message says how."""


class Attempt:
    """One request, from when it may be sent to the last byte of its answer, whatever is tried again.

    Args:
        request: The request.
        limits: Those of the deployment.
        seconds: How long it may take.
        name: The request in words, which begin each message.
        streamed: Whether its answer is taken piece by piece.

    ``inbox`` takes what comes. ``connection`` is what the last try was sent over, ``is_abroad`` tells whether
    that leads to another origin, and ``is_complete`` whether all came that belongs to it. ``is_again`` says
    that there was a try before, ``may_be_heard`` that one broke off, and may have done what it was to do.
    """

    def __init__(
        self, request: Request, limits: Limits, seconds: float, name: str, *, streamed: bool
    ) -> None:
        self.request = request
        self.seconds = seconds
        self.streamed = streamed
        self.inbox: Inbox = Inbox()
        self.connection: Connection | None = None
        self.is_complete = self.is_abroad = self.is_again = self.may_be_heard = False
        self._limits = limits
        self._name = name
        self._is_ended = False
        self._deadline = limits.ends_at

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait until one request more may be under way; from then on its time runs.

        Of deletions only one is under way: where two meet, LangGraph's server on a checkpointer of one's
        own deletes a thread that neither names.

        Raises:
            NoAnswer: The run was over before.
        """
        limits = self._limits
        with self._alone() if self.request.method == "DELETE" else nullcontext():
            while not limits.slots.acquire(timeout=min(_SHORTEST_PAUSE, max(0.0, self.remaining))):
                self._check()
            try:
                self._check()
                self._deadline = min(time.monotonic() + self.seconds, limits.ends_at)
                yield
            finally:
                limits.slots.release()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait for the turn to delete. Whoever holds it for longer than a request may take is stuck."""
        gate, until = self._limits.deletions, time.monotonic() + _MOST_WAITED * self.seconds
        is_ours = False
        try:
            while not is_ours:
                if time.monotonic() > until:
                    gate.give_up()
                is_ours = gate.acquire(timeout=min(_SHORTEST_PAUSE, max(0.0, self.remaining)))
                self._check()
            yield
        finally:
            if is_ours:
                gate.release()

    @property
    def remaining(self) -> float:
        """The seconds that are left."""
        return self._deadline - time.monotonic()

    def end(self) -> None:
        """End it at once, from another thread."""
        self._is_ended = True
        self.inbox.put(InterruptedError())

    def message(self) -> Message:
        """Return what comes next.

        Raises:
            NoAnswer: It did not come in time, or was too much.
            Broken: The connection broke.
        """
        message = self._wait(self._deadline)
        if isinstance(message, TooLarge):
            raise TooLong(f"{self._name} sent more than {self._limits.size // 1_000_000} MB")
        if isinstance(message, httpx.TimeoutException):
            raise self._too_late()
        if isinstance(message, Exception):
            raise Broken(str(message) or type(message).__name__)
        self.is_complete = message is END or (isinstance(message, WholeAnswer) and message.head.status < 500)
        return message

    def pieces(self) -> Iterator[bytes]:
        """Yield what follows the head of an answer that is streamed."""
        while isinstance(piece := self.message(), bytes):
            yield piece

    def pause(self, seconds: float) -> None:
        """Wait before the next try.

        Raises:
            NoAnswer: The run ended meanwhile.
        """
        try:
            self._wait(time.monotonic() + seconds)
        except NoAnswer:
            self._check()

    def failed(self, how: str) -> NoAnswer:
        """Return the error that tells how it went wrong."""
        is_sent = self.is_again or self._is_sent()
        return (NoAnswer if is_sent else NotSent)(f"{self._name} {how}")

    def _is_sent(self) -> bool:
        """Whether anything was sent; what was not by now never is."""
        if self.connection and not self.connection.is_sent:
            self.connection.hang_up()
        return self.connection is not None and self.connection.is_sent

    def _wait(self, until: float) -> Message:
        while (left := until - time.monotonic()) > 0:
            try:
                message = self.inbox.get(timeout=min(left, _SLICE))
            except Empty:
                continue
            self._check()
            return message
        raise self._too_late()

    def _check(self) -> None:
        if self._is_ended:
            raise self.failed("got no answer: the run was ended")
        if time.monotonic() >= self._limits.ends_at:
            raise self._too_late()

    def _too_late(self) -> NoAnswer:
        if time.monotonic() >= self._limits.ends_at:
            limit = f"the run's time limit of {self._limits.total:g} seconds was reached"
            return self.failed(f"got no answer: {limit}")
        return self.failed(f"did not {'end' if self.streamed else 'answer'} within {self.seconds:g} seconds")


def pause_before_next_try(head: AnswerHead, tries: int, *, repeatable: bool) -> float | None:
    """Return after how many seconds a request that was refused may be sent again, None where not.

    Too many requests (429) can be sent again whatever they are: nothing was done. Those that found nobody
    (503) only where they are repeatable, and are told when.

    Args:
        head: The begin of the answer.
        tries: How many times it was refused before.
        repeatable: Whether it changes nothing.
    """
    if head.status != 429 and not (head.status == 503 and repeatable):
        return None
    told = _retry_after(head.headers.get("retry-after", ""))
    return _FIRST_PAUSE * 2 ** min(tries, _SLOWEST) if told is None and head.status == 429 else told


def _retry_after(text: str) -> float | None:
    """Return the seconds that a ``Retry-After`` asks for, told as a number or as a date."""
    if text.isdecimal():
        return max(_SHORTEST_PAUSE, float(text))
    try:
        date = parsedate_to_datetime(text)
        then = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):  # no date, or one of an hour or a year that no calendar has
        return None
    return max(_SHORTEST_PAUSE, then - time.time())
