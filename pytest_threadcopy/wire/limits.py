"""The limits of a deployment: how long requests may take, how large answers may be, how many run at once."""

import math
import threading
import time
from dataclasses import dataclass, field

from pytest_threadcopy.wire.deletion_lock import DeletionLock


@dataclass
class Limits:
    """The limits of one deployment. The clients of all identities share them.

    Args:
        timeout: Seconds that a request may take, from its start to the last byte of its answer.
        total: Seconds that all requests may take together, from the creation of this object.
        redirects: How many redirects of one request are followed.
        in_flight: How many requests may be under way at once.
        size: How many bytes an answer may have, unpacked.
        ends_at: The monotonic time at which all requests end, if the time began before this object was made.
        deletions: Lets one deletion through at a time; the processes that test a deployment share it.

    ``slots`` counts the requests under way: each holds a slot.
    """

    timeout: float = 30.0
    total: float = math.inf
    redirects: int = 0
    in_flight: int = 10
    size: int = 100_000_000
    ends_at: float = math.inf
    deletions: DeletionLock = field(default_factory=DeletionLock, repr=False)
    slots: threading.Semaphore = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.slots = threading.BoundedSemaphore(self.in_flight)
        self.ends_at = min(self.ends_at, time.monotonic() + self.total)

    def allow(self, seconds: float) -> None:
        """Allow requests for this many more seconds, even after ``total``: to clean up at the end."""
        self.ends_at = max(self.ends_at, time.monotonic() + seconds)
