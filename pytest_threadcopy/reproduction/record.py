"""The record of the exchanges with a deployment, from which a failure is explained."""

import threading
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_threadcopy.reproduction.address import PublicAddress
from pytest_threadcopy.reproduction.evidence.exchange import Exchange
from pytest_threadcopy.reproduction.evidence.lineage import Lineage

if TYPE_CHECKING:
    from pytest_threadcopy.reproduction.explain import Explanation

UNTOLD = "what was done cannot be told, by a bug of pytest-threadcopy"
"""The step of a failure whose explanation failed."""
_LARGEST_ANSWER = 4_000_000
"""The size of the largest answer that the record keeps, in bytes."""
_LARGEST_LASTING_ANSWER = 64_000
"""The same beyond the test of the answer: the answer to a run may be large, and names no thread."""
_BUDGET = 64_000_000
"""The size of the whole record, in bytes; the oldest exchange goes first."""


class Record:
    """The exchanges with one deployment, under every identity. Python threads may share it.

    Tests share sources. So an exchange that made or changed a thread is kept as long as a later test can
    depend on it. A read is forgotten after its test.
    """

    def __init__(self, address: PublicAddress) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._lasting: list[Exchange] = []
        self._test: deque[Exchange] = deque()
        self._size = 0

    def noting(self, who: str) -> Callable[..., None]:
        """Return the function that a transport calls after each exchange of an identity."""
        return partial(self._note, who)

    def _note(
        self, who: str, *, answer: bytes | None, params: Mapping[str, Any] | None, **known: Any
    ) -> None:
        body = answer if answer is None or len(answer) <= _LARGEST_ANSWER else None
        exchange = Exchange(who=who, answer=body, params=dict(params or {}), **known)
        with self._lock:
            self._test.append(exchange)
            self._size += _size(exchange)
            while self._size > _BUDGET and len(self._test) > 1:
                self._size -= _size(self._lasting.pop(0) if self._lasting else self._test.popleft())

    def forget(self) -> None:
        """Forget the reads of the last test, and the deleted threads that no copy depends on."""
        with self._lock:
            done = [_lasting(one) for one in self._test if not one.is_read and one.succeeded]
            self._lasting = _needed(self._lasting + done)
            self._test.clear()
            self._size = sum(map(_size, self._lasting))

    def explain(self, error: BaseException | None) -> "Explanation":
        """Return how ``error``, which the running test raised, came about. Raises nothing."""
        from pytest_threadcopy.reproduction import explain

        with self._lock:
            lasting, test = list(self._lasting), list(self._test)
        try:
            return explain.explain(lasting, test, error, self._address)
        except Exception as problem:  # noqa: BLE001 (a bug of ours must not hide the failure)
            last = traceback.extract_tb(problem.__traceback__)[-1]
            place = f"{Path(last.filename).name}:{last.lineno}"
            return explain.Explanation([f"({UNTOLD}: {type(problem).__name__} at {place})"])


def _size(exchange: Exchange) -> int:
    return len(exchange.answer or b"") + len(exchange.content or b"") + 500


def _lasting(exchange: Exchange) -> Exchange:
    is_large = len(exchange.answer or b"") > _LARGEST_LASTING_ANSWER
    return replace(exchange, answer=None) if is_large else exchange


def _needed(changes: list[Exchange]) -> list[Exchange]:
    """Return the changes without those of deleted threads, unless a copy that still exists came from them."""
    lineage = Lineage(changes)
    existing = lineage.known - {one.thread_id for one in changes if one.method == "DELETE"}
    needed = {None}.union(*map(lineage.ancestors, filter(None, existing)))
    return [one for one in changes if (one.made or one.thread_id) in needed]
