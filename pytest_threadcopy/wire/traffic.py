"""The requests of a transport: how many were sent, how long they took, and which are under way."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple


class UnderWay(NamedTuple):
    """A request that is under way: for how many seconds, and how many it may take."""

    method: str
    path: str
    seconds: float
    limit: float


class Traffic:
    """Counts requests and runs, and the seconds in which at least one request was under way.

    ``pauses`` counts the pauses before a request was sent again.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.runs = 0
        self.pauses = 0
        self.seconds = 0.0
        self._under_way: dict[object, tuple[str, str, float, float]] = {}
        self._since = 0.0
        self._lock = threading.Lock()

    def under_way(self) -> list[UnderWay]:
        """Return the requests under way, oldest first."""
        now = time.monotonic()
        with self._lock:
            requests = list(self._under_way.values())
        return [UnderWay(method, path, now - since, limit) for method, path, since, limit in requests]

    def count_retry(self) -> None:
        """Count one more request, sent in place of one that is under way."""
        with self._lock:
            self.requests += 1

    @contextmanager
    def request(self, method: str, path: str, limit: float) -> Iterator[None]:
        """Count one request for as long as the context lasts."""
        key = object()
        with self._lock:
            self.requests += 1
            now = time.monotonic()
            if not self._under_way:
                self._since = now
            self._under_way[key] = (method, path, now, limit)
        try:
            yield
        finally:
            with self._lock:
                del self._under_way[key]
                if not self._under_way:
                    self.seconds += time.monotonic() - self._since
