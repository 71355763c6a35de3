"""The error of an assertion about threads. It carries as fields what the assertion compared."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_threadcopy.wire.transport import Answer, ApiError


class Violation(AssertionError):
    """An assertion about threads does not hold.

    Args:
        reason: The violation, in words.
        about: The ids of the threads that were compared or changed, and the wrong answers.
        of_objects: The assertion compares thread objects, beyond their metadata.
    """

    def __init__(self, reason: str, *about: "str | Answer | ApiError", of_objects: bool = False) -> None:
        super().__init__(reason)
        self.thread_ids = [one for one in about if isinstance(one, str)]
        self.answers = [one for one in about if not isinstance(one, str)]
        self.of_objects = of_objects


def expect(holds: object, reason: str, *about: "str | Answer | ApiError", of_objects: bool = False) -> None:
    """Raise a `Violation` unless something holds; pytest adds an explanation to the message of ``assert``."""
    __tracebackhide__ = True
    if not holds:
        raise Violation(reason, *about, of_objects=of_objects)
