"""What the faulty server knows of its threads: the fault of each, and the source of each copy.

A header of a request names its fault. But the server executes runs outside of any request, so this module
remembers the fault of each thread. Checkpointer and gateway share it, because one process loads it once.
"""

fault_of: dict[str, str] = {}
"""Thread id to the name of the thread's fault. Threads without a fault are missing."""

source_of: dict[str, str] = {}
"""Id of a copy to the id of its source."""


def note(thread_id: str, fault: str | None) -> None:
    """Remember the fault of a thread."""
    if fault:
        fault_of[thread_id] = fault


def note_copy(source_id: str, copy_id: str) -> None:
    """Remember the source of a copy, and give the copy the fault of its source."""
    source_of[copy_id] = source_id
    note(copy_id, fault_of.get(source_id))


def copies_of(thread_id: str) -> list[str]:
    """Return the copies of a thread, oldest first."""
    return [copy for copy, source in source_of.items() if source == thread_id]
