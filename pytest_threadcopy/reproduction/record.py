"""The record of the exchanges with a deployment, from which a failure is explained."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from pytest_threadcopy.reproduction.address import PublicAddress
from pytest_threadcopy.reproduction.evidence.exchange import Exchange
from pytest_threadcopy.reproduction.evidence.lineage import Lineage

_LARGEST_ANSWER = 4_000_000
"""The size of the largest answer that the record keeps, in bytes."""
_LARGEST_LASTING_ANSWER = 64_000
"""The same for an answer that outlasts its test: the answer to a run may be large, and names no thread."""
_BUDGET = 64_000_000
"""The size of the whole record, in bytes; the oldest exchange goes first."""


class Record:
    """The exchanges with one deployment, under every identity. Python threads may share it.

    Tests share sources. So an exchange that made or changed a thread is kept as long as a later test can
    depend on it. A read is forgotten after its test. ``address`` is the address of the deployment.
    """

    def __init__(self, address: PublicAddress) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._lasting: list[Exchange] = []
        self._test: deque[Exchange] = deque()
        self._size = 0

    def noting(self, who: str) -> Callable[..., None]:
        """Return the function that a transport calls after each exchange of an identity."""
        return partial(self._note, who)

    def _note(
        self, who: str, *, answer: bytes | None, params: Mapping[str, Any] | None, **fields: Any
    ) -> None:
        body = answer if answer is None or len(answer) <= _LARGEST_ANSWER else None
        exchange = Exchange(who=who, answer=body, params=dict(params or {}), **fields)
        with self._lock:
            self._test.append(exchange)
            self._size += _size(exchange)
            while self._size > _BUDGET and len(self._test) > 1:
                self._size -= _size(self._lasting.pop(0) if self._lasting else self._test.popleft())

    def forget(self) -> None:
        """Forget the reads of the last test, and the deleted threads that no copy depends on."""
        with self._lock:
            changes = [_lasting(one) for one in self._test if not one.is_read and one.succeeded]
            self._lasting = _needed(self._lasting + changes)
            self._test.clear()
            self._size = sum(map(_size, self._lasting))

    def exchanges(self) -> tuple[list[Exchange], list[Exchange]]:
        """Return the exchanges of earlier tests on which this one can depend, and those of this test."""
        with self._lock:
            return list(self._lasting), list(self._test)


def _size(exchange: Exchange) -> int:
    return len(exchange.answer or b"") + len(exchange.content or b"") + 500


def _lasting(exchange: Exchange) -> Exchange:
    is_large = len(exchange.answer or b"") > _LARGEST_LASTING_ANSWER
    return replace(exchange, answer=None) if is_large else exchange


def _needed(changes: list[Exchange]) -> list[Exchange]:
    """Return the changes without those of deleted threads, unless a copy that still exists came from them."""
    lineage = Lineage(changes)
    existing = lineage.known - {one.thread_id for one in changes if (one.method, one.rest) == ("DELETE", "")}
    needed = {None}.union(*map(lineage.ancestors, filter(None, existing)))
    return [one for one in changes if (one.made or one.thread_id) in needed]
