"""Faults of a checkpointer that make a copy depend on its source or on other copies."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_id,
)

from tests.lab.faults import threads
from tests.lab.faults.copied import Copied
from tests.lab.faults.fault import checkpointer, spoils_copy
from tests.lab.servers.faithful_saver import FaithfulSaver


def _thread(config: RunnableConfig) -> str:
    return str(config["configurable"]["thread_id"])


def _at(config: RunnableConfig, thread_id: str) -> RunnableConfig:
    """Return a config with another thread in it."""
    return {**config, "configurable": {**config["configurable"], "thread_id": thread_id}}


class _Stored(FaithfulSaver):
    """A checkpointer that stores a thread's checkpoints under another thread's id, and hides this."""

    def place_of(self, thread_id: str) -> str:
        """Return the id under which the checkpoints of a thread are stored."""
        raise NotImplementedError

    def _placed(self, config: RunnableConfig) -> RunnableConfig:
        return _at(config, self.place_of(_thread(config)))

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        checkpoint = await super().aget_tuple(self._placed(config))
        return self._named(checkpoint, _thread(config)) if checkpoint else None

    async def alist(self, config: RunnableConfig | None, **options: Any) -> AsyncIterator[CheckpointTuple]:
        assert config is not None
        async for checkpoint in super().alist(self._placed(config), **options):
            yield self._named(checkpoint, _thread(config))

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        written = await super().aput(self._placed(config), checkpoint, metadata, new_versions)
        return _at(written, _thread(config))

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        await super().aput_writes(self._placed(config), writes, task_id, task_path)

    def _named(self, checkpoint: CheckpointTuple, thread_id: str) -> CheckpointTuple:
        named: dict[str, Any] = {"config": _at(checkpoint.config, thread_id)}
        if checkpoint.parent_config:
            named["parent_config"] = _at(checkpoint.parent_config, thread_id)
        if "thread_id" in checkpoint.metadata:
            named["metadata"] = {**checkpoint.metadata, "thread_id": thread_id}
        return checkpoint._replace(**named)


@checkpointer("INDEP-02", "changed by POST state on the copy")
class SharesStorage(_Stored):
    """The copy is another name for its source: a write to either is a write to both."""

    def place_of(self, thread_id: str) -> str:
        while thread_id in threads.source_of:
            thread_id = threads.source_of[thread_id]
        return thread_id

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        pass


@checkpointer("INDEP-02", "changed by POST state on the source")
class CopiesAtTheFirstWrite(_Stored):
    """Until the first write to the copy, the copy shows its source's current checkpoints."""

    def __init__(self) -> None:
        super().__init__()
        self._written: set[str] = set()

    def place_of(self, thread_id: str) -> str:
        while thread_id in threads.source_of and thread_id not in self._written:
            thread_id = threads.source_of[thread_id]
        return thread_id

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        pass

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        thread_id = _thread(config)
        if thread_id in threads.source_of and thread_id not in self._written:
            await FaithfulSaver.acopy_thread(self, self.place_of(thread_id), thread_id)
            self._written.add(thread_id)
        return await super().aput(config, checkpoint, metadata, new_versions)


@checkpointer("INDEP-08", "changed by writing to its siblings")
class SiblingsShareStorage(_Stored):
    """Every further copy of a source is another name for the first copy."""

    def place_of(self, thread_id: str) -> str:
        source = threads.source_of.get(thread_id)
        return threads.copies_of(source)[0] if source else thread_id

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        if self.place_of(target_thread_id) == target_thread_id:
            await super().acopy_thread(self.place_of(source_thread_id), target_thread_id)


@checkpointer("INDEP-03", "changed by a run on the copy")
class RunsReachTheSource(FaithfulSaver):
    """The writes of a run on the copy also go to its source."""

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        source = threads.source_of.get(_thread(config))
        if source and metadata.get("source") != "update":
            await super().aput(_at(config, source), checkpoint, metadata, new_versions)
        return await super().aput(config, checkpoint, metadata, new_versions)


@checkpointer("INDEP-05", "changed by deleting thread")
class ValuesStayAtTheSource(FaithfulSaver):
    """The copy's checkpoints refer to values of the source; deleting the source deletes these values."""

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        await super().acopy_thread(source_thread_id, target_thread_id)
        for key in [key for key in self.blobs if key[0] == target_thread_id]:
            del self.blobs[key]

    def _load_blobs(self, thread_id: str, checkpoint_ns: str, versions: ChannelVersions) -> dict[str, Any]:
        at_source = {}
        if thread_id in threads.source_of:
            at_source = self._load_blobs(threads.source_of[thread_id], checkpoint_ns, versions)
        return at_source | super()._load_blobs(thread_id, checkpoint_ns, versions)


@checkpointer("INDEP-05", "changed by deleting thread")
class CopiesGoWithTheSource(FaithfulSaver):
    """Deleting the source deletes the checkpoints of its copies."""

    async def adelete_thread(self, thread_id: str) -> None:
        for copy in threads.copies_of(thread_id):
            await super().adelete_thread(copy)
        await super().adelete_thread(thread_id)


@checkpointer("INDEP-05", "changed by deleting thread")
class InterruptsGoWithTheSource(FaithfulSaver):
    """Deleting the source deletes the pending writes of its copies, and with them their interrupts."""

    async def adelete_thread(self, thread_id: str) -> None:
        for copy in threads.copies_of(thread_id):
            for key in [key for key in self.writes if key[0] == copy]:
                del self.writes[key]
        await super().adelete_thread(thread_id)


@checkpointer("INDEP-05", "changed by deleting thread")
class SubgraphsGoWithTheSource(FaithfulSaver):
    """Deleting the source deletes the checkpoints of its copies' subgraphs."""

    async def adelete_thread(self, thread_id: str) -> None:
        for copy in threads.copies_of(thread_id):
            for checkpoint_ns in [
                checkpoint_ns for checkpoint_ns in self.storage.get(copy, ()) if checkpoint_ns
            ]:
                del self.storage[copy][checkpoint_ns]
        await super().adelete_thread(thread_id)


@checkpointer("INDEP-08", "changed by deleting its sibling")
class SiblingsGoTogether(FaithfulSaver):
    """Deleting a copy deletes the checkpoints of its siblings."""

    async def adelete_thread(self, thread_id: str) -> None:
        for sibling in threads.copies_of(threads.source_of.get(thread_id, "")):
            await super().adelete_thread(sibling)
        await super().adelete_thread(thread_id)


@checkpointer("INDEP-06", "changed by deleting thread")
class SourceGoesWithTheCopy(FaithfulSaver):
    """Deleting the copy deletes the checkpoints of its source."""

    async def adelete_thread(self, thread_id: str) -> None:
        if thread_id in threads.source_of:
            await super().adelete_thread(threads.source_of[thread_id])
        await super().adelete_thread(thread_id)


@checkpointer("INDEP-04", "resuming its copy")
class ResumingTakesTheSourcesInterrupt(FaithfulSaver):
    """Resuming the copy from an interrupt deletes its source's interrupt."""

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        await super().aput_writes(config, writes, task_id, task_path)
        source = threads.source_of.get(_thread(config))
        if source:
            checkpoint_ns = config["configurable"].get("checkpoint_ns", "")
            self.writes.pop((source, checkpoint_ns, get_checkpoint_id(config) or ""), None)


@spoils_copy("INDEP-01", "changed by copying it")
def source_marked(copy: Copied) -> None:
    """The source's checkpoints say in their metadata that they were copied."""
    source = Copied(copy.saver, "", copy.source_id)
    source.edit_metadata(lambda metadata: metadata.update(copied_to=copy.thread_id))


@spoils_copy("INDEP-01", "changed by copying it")
def source_moved(copy: Copied) -> None:
    """Copying moves the checkpoints to the copy, and the source has none."""
    copy.saver.delete_thread(copy.source_id)


@spoils_copy("INDEP-01", "changed by copying it")
def results_lost_on_both_sides(copy: Copied) -> None:
    """Copying a thread loses the writes of finished tasks, on the source and on the copy."""
    for side in (copy, Copied(copy.saver, "", copy.source_id)):
        side.edit_writes(lambda write: write if write.channel.startswith("__") else None)


@spoils_copy("SAME-07", "copy: 0")
def subgraphs_lost_on_both_sides(copy: Copied) -> None:
    """Copying a thread loses the checkpoints of subgraphs, on the source and on the copy."""
    for side in (copy, Copied(copy.saver, "", copy.source_id)):
        for checkpoint_ns in filter(None, side.namespaces):
            side.drop_namespace(checkpoint_ns)
