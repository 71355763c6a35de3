"""A checkpointer that copies threads as the contract requires, for the reference server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from langgraph.checkpoint.memory import InMemorySaver


class FaithfulSaver(InMemorySaver):
    """LangGraph's in-memory checkpointer, with the method that copies a thread."""

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Copy the checkpoints of every namespace, their pending writes and their channel values."""
        for namespace, checkpoints in list(self.storage[source_thread_id].items()):
            for checkpoint_id, (checkpoint, metadata, parent_id) in list(checkpoints.items()):
                own_metadata = self.serde.loads_typed(metadata)
                if "thread_id" in own_metadata:
                    own_metadata["thread_id"] = target_thread_id
                copied = (checkpoint, self.serde.dumps_typed(own_metadata), parent_id)
                self.storage[target_thread_id][namespace][checkpoint_id] = copied
                writes = self.writes.get((source_thread_id, namespace, checkpoint_id))
                if writes:
                    self.writes[target_thread_id, namespace, checkpoint_id] = dict(writes)
        for (thread_id, *rest), value in list(self.blobs.items()):
            if thread_id == source_thread_id:
                self.blobs[(target_thread_id, *rest)] = value  # type: ignore[index]


SAVER = FaithfulSaver()


@asynccontextmanager
async def make() -> AsyncIterator[FaithfulSaver]:
    """Yield the one checkpointer of this process: the server asks again for each graph."""
    yield SAVER
