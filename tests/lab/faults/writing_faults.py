"""Faults of a checkpointer that show in later writes to a copy. The copy itself is correct."""

from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, get_checkpoint_id

from tests.lab.faults import threads
from tests.lab.faults.fault import checkpointer
from tests.lab.servers.faithful_saver import FaithfulSaver


@checkpointer("CONT-01", "the parent of the new checkpoint is")
class UpdateReplacesTheHead(FaithfulSaver):
    """A checkpoint on top of the copy's newest checkpoint has that checkpoint's parent as its parent."""

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        thread_id, head = config["configurable"]["thread_id"], get_checkpoint_id(config)
        saved = self.storage[thread_id][config["configurable"]["checkpoint_ns"]]
        if thread_id in threads.source_of and saved and head == max(saved):
            above: Any = {**config["configurable"], "checkpoint_id": saved[head][2]}
            config = {**config, "configurable": above}
        return await super().aput(config, checkpoint, metadata, new_versions)


@checkpointer("CONT-05", "fails, where the same run on the source does not")
class NoNewTurnAfterSubgraphs(FaithfulSaver):
    """A copy that has checkpoints of a subgraph takes no new input."""

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        configurable = config["configurable"]
        is_turn = metadata.get("source") == "input" and not configurable["checkpoint_ns"]
        thread_id = configurable["thread_id"]
        if is_turn and thread_id in threads.source_of and any(self.storage[thread_id]):
            raise RuntimeError("the subgraph of this thread is not known")
        return await super().aput(config, checkpoint, metadata, new_versions)


@checkpointer("CONT-01", "gives other steps or parents on copy")
class StepsStartOver(FaithfulSaver):
    """On the copy, an update starts to count the steps again."""

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        if config["configurable"]["thread_id"] in threads.source_of and metadata.get("source") == "update":
            metadata = {**metadata, "step": -1}
        return await super().aput(config, checkpoint, metadata, new_versions)


@checkpointer("CONT-02", "has another result than the same run on the source")
class RunsHaveNoParent(FaithfulSaver):
    """The first checkpoint of a run on the copy has no parent."""

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        configurable = config["configurable"]
        if configurable["thread_id"] in threads.source_of and metadata.get("source") == "input":
            rest = {key: value for key, value in configurable.items() if key != "checkpoint_id"}
            config = {**config, "configurable": rest}
        return await super().aput(config, checkpoint, metadata, new_versions)
