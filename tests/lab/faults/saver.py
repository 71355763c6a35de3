"""The checkpointer of the faulty server: the checkpointer of a thread's fault stores the thread."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)

from tests.lab.faults import threads
from tests.lab.faults.catalogue import FAULTS
from tests.lab.faults.repairs import repair_row_of_copy
from tests.lab.servers.faithful_saver import FaithfulSaver

current_fault: ContextVar[str | None] = ContextVar("current_fault", default=None)
"""The fault of the request under way. A thread that this request makes gets the fault too."""


class SaverOfEachFault(BaseCheckpointSaver[str]):
    """Passes each call to the checkpointer of the thread's fault; without a fault, to a faithful one."""

    def __init__(self) -> None:
        super().__init__()
        self._savers: dict[str, FaithfulSaver] = {}

    def _of(self, thread_id: str) -> FaithfulSaver:
        threads.note(thread_id, current_fault.get())
        name = threads.fault_of.get(thread_id, "")
        if name not in self._savers:
            self._savers[name] = FAULTS[name].saver() if name else FaithfulSaver()
        return self._savers[name]

    def _for(self, config: RunnableConfig) -> FaithfulSaver:
        return self._of(str(config["configurable"]["thread_id"]))

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return a checkpoint."""
        return await self._for(config).aget_tuple(config)

    async def alist(self, config: RunnableConfig | None, **options: Any) -> AsyncIterator[CheckpointTuple]:
        """Yield the checkpoints of a thread, newest first."""
        if config is None:
            raise NotImplementedError("the server lists checkpoints of one thread at a time")
        async for checkpoint in self._for(config).alist(config, **options):
            yield checkpoint

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint."""
        return await self._for(config).aput(config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store pending writes."""
        await self._for(config).aput_writes(config, writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete a thread."""
        await self._of(thread_id).adelete_thread(thread_id)

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Copy a thread; the copy has the fault of its source."""
        threads.note_copy(source_thread_id, target_thread_id)
        await self._of(source_thread_id).acopy_thread(source_thread_id, target_thread_id)
        await repair_row_of_copy(source_thread_id, target_thread_id)


SAVER = SaverOfEachFault()


@asynccontextmanager
async def make() -> AsyncIterator[SaverOfEachFault]:
    """Yield the one checkpointer of this process: the server asks again for each graph."""
    yield SAVER
