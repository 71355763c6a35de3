"""Faults of a checkpointer that copies while its source is written, or that takes its time."""

import asyncio

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata

from tests.lab.faults import threads
from tests.lab.faults.copied import Copied
from tests.lab.faults.fault import checkpointer
from tests.lab.servers.faithful_saver import FaithfulSaver


@checkpointer("ROB-08", "missing from the copy")
class CopiesAreTorn(FaithfulSaver):
    """The copy has what was there when it began and when it ended, and not what was written between."""

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        saved = self.storage[source_thread_id][""]
        before = set(saved)
        await super().acopy_thread(source_thread_id, target_thread_id)
        await asyncio.sleep(0.05)
        for _ in range(20):  # where somebody writes, however slowly: only of two writes can one be lost
            if len(saved) != len(before) + 1:
                break
            await asyncio.sleep(0.05)
        await super().acopy_thread(source_thread_id, target_thread_id)
        copy = Copied(self, source_thread_id, target_thread_id)
        copy.drop([known for known in copy.ids()[:-1] if known not in before])


@checkpointer("INDEP-09", "changed by the rest of the run on its source")
class RunsGoOnInCopies(FaithfulSaver):
    """A run that was under way when its thread was copied goes on to write to the copy too."""

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        configurable = config["configurable"]
        for copy in threads.copies_of(configurable["thread_id"]):
            newest = Copied(self, "", copy).ids()[-1:]
            if newest and newest[0] == configurable.get("checkpoint_id"):
                its_own: RunnableConfig = {"configurable": {**configurable, "thread_id": copy}}
                if metadata.get("source") == "loop":
                    await super().aput(its_own, checkpoint, metadata, new_versions)
        return await super().aput(config, checkpoint, metadata, new_versions)


@checkpointer("SCALE-01", "grows faster than the history", options=("--threadcopy-scale",))
class LongHistoriesCopySlowly(FaithfulSaver):
    """Past 500 checkpoints, each further one makes a copy 20 ms slower."""

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        await super().acopy_thread(source_thread_id, target_thread_id)
        await asyncio.sleep(max(0, len(self.storage[source_thread_id][""]) - 500) * 0.02)
