"""The error of an assertion about threads. It carries as fields what the assertion compared."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pytest_threadcopy.reproduction.evidence.views import Kind
    from pytest_threadcopy.wire.transport import Answer, ApiError

Parts = Mapping[str, "Kind"]
"""What is compared of each read: the end of its path, below the thread, to the kind of a view."""

AS_COPIED: Parts = MappingProxyType({"": "metadata", "state": "own", "state/": "own", "history": "own"})
"""The parts that a copy and its source show alike. ``state/`` stands for each path that begins with it."""
AFTER_THE_SAME: Parts = MappingProxyType({"state": "ending", "history": "count"})
"""The parts that two threads show alike, once the same was done to both."""
OF_OBJECTS: Parts = MappingProxyType({"": "object"})
"""The parts of their thread objects that a copy and its source show alike, beyond metadata."""


class Compared(NamedTuple):
    """Two threads whose reads an assertion compared, or one thread whose reads it compared over time.

    ``expected`` shows how ``seen`` must be. If they are one thread, its first read after ``since``
    (monotonic seconds) shows that; if they are None, reads about no thread are compared in the same way.
    ``parts`` are the parts of the reads that were compared; None means all. Of a longer history, only the
    ``length`` oldest checkpoints were compared, unless ``length`` is 0.
    """

    expected: str | None
    seen: str | None
    parts: Parts | None = AS_COPIED
    length: int = 0
    since: float = 0.0


class Violation(AssertionError):
    """An assertion about threads does not hold.

    Args:
        reason: The violation, in words.
        about: What was compared, the ids of other threads that were changed or read, and the wrong answers.
    """

    def __init__(self, reason: str, *about: "Compared | str | Answer | ApiError") -> None:
        super().__init__(reason)
        self.compared = [one for one in about if isinstance(one, Compared)]
        self.thread_ids = [one for one in about if isinstance(one, str)]
        self.answers = [one for one in about if not isinstance(one, str | Compared)]


def expect(holds: object, reason: str, *about: "Compared | str | Answer | ApiError") -> None:
    """Raise a `Violation` unless something holds; pytest adds an explanation to the message of ``assert``."""
    __tracebackhide__ = True
    if not holds:
        raise Violation(reason, *about)
