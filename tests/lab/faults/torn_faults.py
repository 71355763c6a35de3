"""Faults of a checkpointer that copies while a run writes to the source, or that copies slowly."""

import asyncio

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata

from tests.lab.faults import threads
from tests.lab.faults.copied import Copied
from tests.lab.faults.fault import checkpointer
from tests.lab.servers.faithful_saver import FaithfulSaver


@checkpointer("ROB-08", "missing from the copy")
class CopiesAreTorn(FaithfulSaver):
    """The copy has the checkpoints from before copying began and the newest one, and lacks those between."""

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        saved = self.storage[source_thread_id][""]
        before = set(saved)
        await super().acopy_thread(source_thread_id, target_thread_id)
        await asyncio.sleep(0.05)
        for _ in range(
            20
        ):  # during a slow write, wait for a second: only of two new checkpoints can one be lost
            if len(saved) != len(before) + 1:
                break
            await asyncio.sleep(0.05)
        await super().acopy_thread(source_thread_id, target_thread_id)
        copy = Copied(self, source_thread_id, target_thread_id)
        copy.drop([checkpoint_id for checkpoint_id in copy.ids()[:-1] if checkpoint_id not in before])


@checkpointer("INDEP-09", "changed by the rest of the run on its source")
class RunsGoOnInCopies(FaithfulSaver):
    """A run that was under way during the copy writes the rest of its checkpoints to the copy too."""

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
    """Each checkpoint past the first 500 makes a copy 20 ms slower."""

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        await super().acopy_thread(source_thread_id, target_thread_id)
        await asyncio.sleep(max(0, len(self.storage[source_thread_id][""]) - 500) * 0.02)
