"""Which of the faulty checkpointers the official suite for checkpointers catches.

``langgraph-checkpoint-conformance`` calls a checkpointer directly, without a server.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable

from langgraph.checkpoint.conformance import checkpointer_test, validate

from tests.lab.faults import threads
from tests.lab.faults.fault import Fault
from tests.lab.servers.faithful_saver import FaithfulSaver


def failures_of(saver: type[FaithfulSaver]) -> list[str]:
    """Return the names of the suite's tests that a checkpointer fails."""

    class Noted(saver):  # type: ignore[misc, valid-type]
        """The checkpointer; it notes its copies itself, since there is no gateway here."""

        async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
            threads.note_copy(source_thread_id, target_thread_id)
            await super().acopy_thread(source_thread_id, target_thread_id)

    @checkpointer_test(name=saver.__name__)
    async def factory() -> AsyncGenerator[FaithfulSaver, None]:
        yield Noted()

    report = asyncio.run(validate(factory))
    failures = [failure for result in report.results.values() for failure in result.failures]
    return [failure.partition(":")[0] for failure in failures]


def official_findings(faults: Iterable[Fault]) -> dict[str, list[str]]:
    """Return, for each fault of a checkpointer, the tests of the official suite that catch it."""
    failures = failures_of(FaithfulSaver)
    if failures:
        raise AssertionError(f"the faultless checkpointer fails {', '.join(failures)}")
    return {fault.name: failures_of(fault.saver) for fault in faults if fault.kind == "checkpointer"}
