"""How much a deployment may take of us, and we of it."""

import math
import threading
import time
from dataclasses import dataclass, field

from pytest_threadcopy.wire.deletion_lock import DeletionLock

LARGEST_ANSWER = 100_000_000
"""How many bytes an answer may have, unpacked."""


@dataclass
class Limits:
    """The limits of one deployment, shared by all identities under which it is asked.

    Args:
        timeout: Seconds that a request may take, from its start to the last byte of its answer.
        total: Seconds that all of them may take together, from when this is made.
        redirects: How many redirects of one request are followed.
        in_flight: How many requests may be under way at once.
        size: How many bytes an answer may have, unpacked.
        ends_at: When all of it ends, in monotonic seconds, where that began before this is made.
        deletions: Where one deletion passes at a time; processes that test the same deployment share it.

    ``slots`` are held by the requests under way.
    """

    timeout: float = 30.0
    total: float = math.inf
    redirects: int = 0
    in_flight: int = 10
    size: int = LARGEST_ANSWER
    ends_at: float = math.inf
    deletions: DeletionLock = field(default_factory=DeletionLock, repr=False)
    slots: threading.Semaphore = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.slots = threading.BoundedSemaphore(self.in_flight)
        self.ends_at = min(self.ends_at, time.monotonic() + self.total)

    def allow(self, seconds: float) -> None:
        """Let requests go on for so long from now on, whatever ``total`` says: to clean up after the end."""
        self.ends_at = max(self.ends_at, time.monotonic() + seconds)
