"""What the faulty server knows of its threads: under which fault each stands, and what it is a copy of.

The gateway hears of a fault by the header of a request, but runs are executed outside of any request: so the
fault is remembered for each thread. Checkpointer and gateway share this module, which one process loads once.
"""

fault_of: dict[str, str] = {}
"""Thread id to the name of the fault under which it was made; threads without one are not in it."""

source_of: dict[str, str] = {}
"""Id of a copy to the id of its source."""


def note(thread_id: str, fault: str | None) -> None:
    """Remember under which fault a thread stands."""
    if fault:
        fault_of[thread_id] = fault


def note_copy(source_id: str, copy_id: str) -> None:
    """Remember that a thread is a copy, and stands under the fault of its source."""
    source_of[copy_id] = source_id
    note(copy_id, fault_of.get(source_id))


def copies_of(thread_id: str) -> list[str]:
    """Return the copies of a thread, oldest first."""
    return [copy for copy, source in source_of.items() if source == thread_id]
