"""Faults of a checkpointer: which checkpoints a copy has, in which order, and with which parents."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple

from tests.lab.faults import threads
from tests.lab.faults.copied import Copied
from tests.lab.faults.fault import checkpointer, spoils_copy
from tests.lab.servers.faithful_saver import FaithfulSaver

MISSING = "missing from the copy"


@spoils_copy("SAME-01", MISSING)
def oldest_checkpoint_missing(copy: Copied) -> None:
    """The oldest checkpoint is not copied."""
    copy.drop(copy.ids()[:1])


@spoils_copy("SAME-01", "missing from the copy: history[0]")
def newest_checkpoint_missing(copy: Copied) -> None:
    """The newest checkpoint is not copied."""
    copy.drop(copy.ids()[-1:])


@spoils_copy("SAME-01", MISSING)
def middle_checkpoint_missing(copy: Copied) -> None:
    """A checkpoint from the middle of the history is not copied."""
    ids = copy.ids()
    copy.drop(ids[len(ids) // 2 :][:1])


@spoils_copy("SAME-01", MISSING)
def only_newest_checkpoint(copy: Copied) -> None:
    """Only the newest checkpoint is copied."""
    copy.drop(copy.ids()[:-1])


@spoils_copy("SAME-01", "original: 4 checkpoints, copy: 0")
def no_checkpoints(copy: Copied) -> None:
    """Only the thread's row is copied, without its checkpoints."""
    for checkpoint_ns in copy.namespaces:
        copy.drop_namespace(checkpoint_ns)


@spoils_copy("SAME-02", MISSING)
def newest_10_checkpoints(copy: Copied) -> None:
    """Only the newest 10 checkpoints are copied: one page of a history."""
    copy.drop(copy.ids()[:-10])


@spoils_copy("SAME-02", MISSING)
def newest_100_checkpoints(copy: Copied) -> None:
    """Only the newest 100 checkpoints are copied."""
    copy.drop(copy.ids()[:-100])


@spoils_copy("SAME-02", MISSING)
def oldest_100_checkpoints(copy: Copied) -> None:
    """Only the oldest 100 checkpoints are copied."""
    copy.drop(copy.ids()[100:])


@spoils_copy("SAME-02", MISSING, options=("--threadcopy-checkpoints", "1010"))
def newest_1000_checkpoints(copy: Copied) -> None:
    """Only the newest 1,000 checkpoints are copied."""
    copy.drop(copy.ids()[:-1000])


@spoils_copy("SAME-01", "checkpoint.checkpoint_id")
def new_checkpoint_ids(copy: Copied) -> None:
    """Each checkpoint of the copy gets a new id."""
    copy.rename(lambda old: old[:-12] + uuid.uuid5(uuid.NAMESPACE_OID, copy.thread_id + old).hex[:12])


@spoils_copy("SAME-01", "parent_checkpoint")
def parents_lost(copy: Copied) -> None:
    """No checkpoint of the copy has a parent."""
    copy.edit_parents(lambda checkpoint_id, parent: None)


@spoils_copy("SAME-04", "parent_checkpoint")
def branches_chained(copy: Copied) -> None:
    """Each checkpoint's parent is the one before it in time, so a branch starts at the wrong checkpoint."""
    ids = copy.ids()
    before = dict(zip(ids, [None, *ids], strict=False))
    copy.edit_parents(lambda checkpoint_id, parent: before[checkpoint_id])


@spoils_copy("SAME-04", MISSING)
def one_branch_lost(copy: Copied) -> None:
    """Only the newest checkpoint and its ancestors are copied; another branch is lost."""
    ancestors = set()
    checkpoint_id: str | None = copy.ids()[-1] if copy.ids() else None
    while checkpoint_id:
        ancestors.add(checkpoint_id)
        checkpoint_id = copy.parent(checkpoint_id)
    copy.drop([checkpoint_id for checkpoint_id in copy.ids() if checkpoint_id not in ancestors])


@spoils_copy("SAME-07", "tasks[0].state")
def namespaces_lost(copy: Copied) -> None:
    """The checkpoints of subgraphs are not copied."""
    for checkpoint_ns in copy.namespaces:
        if checkpoint_ns:
            copy.drop_namespace(checkpoint_ns)


@spoils_copy("SAME-07", MISSING)
def subgraph_history_cut(copy: Copied) -> None:
    """Of each subgraph only the newest checkpoint is copied."""
    for checkpoint_ns in copy.namespaces:
        if checkpoint_ns:
            copy.drop(copy.ids(checkpoint_ns)[:-1], checkpoint_ns)


@spoils_copy("SAME-07", "copy: 0")
def ended_subgraphs_lost(copy: Copied) -> None:
    """The checkpoints of a subgraph are copied only while the thread waits inside it."""
    waits = any((copy.thread_id, "", head) in copy.saver.writes for head in copy.ids()[-1:])
    for checkpoint_ns in copy.namespaces:
        if checkpoint_ns and not waits:
            copy.drop_namespace(checkpoint_ns)


@spoils_copy("CONT-05", "KeyError")
def no_new_namespaces(copy: Copied) -> None:
    """The copy cannot gain a checkpoint namespace that its source did not have (langgraph-api in memory)."""
    namespaces = dict(copy.saver.storage[copy.thread_id])
    copy.saver.storage[copy.thread_id] = {"": {}, **namespaces}


@spoils_copy("SAME-13", "copy: 0")
def checkpoints_of_no_run_lost(copy: Copied) -> None:
    """Checkpoints that no run made are not copied."""
    metadata = copy.metadata_of_ids()
    copy.drop([checkpoint_id for checkpoint_id in copy.ids() if not metadata[checkpoint_id].get("run_id")])


@spoils_copy("SAME-11", "answered 500")
def never_ran_is_broken(copy: Copied) -> None:
    """The copy of a thread that never ran has no place for checkpoints (langgraph-api in memory)."""
    if not copy.ids():
        copy.saver.storage[copy.thread_id] = {}


@spoils_copy("SAME-11", "only in the copy: history[0]")
def never_ran_gains_a_checkpoint(copy: Copied) -> None:
    """The copy of a thread that never ran begins with a checkpoint of its own."""
    if not copy.ids():
        copy.add_empty_checkpoint()


class _Listing(FaithfulSaver):
    """A checkpointer that spoils the list of a copy's checkpoints."""

    async def alist(self, config: RunnableConfig | None, **options: Any) -> AsyncIterator[CheckpointTuple]:
        checkpoints = [one async for one in super().alist(config, **options)]
        is_copy = config is not None and config["configurable"]["thread_id"] in threads.source_of
        for one in self.spoil(checkpoints, paged="before" in options) if is_copy else checkpoints:
            yield one

    def spoil(self, checkpoints: list[CheckpointTuple], *, paged: bool) -> list[CheckpointTuple]:
        raise NotImplementedError


@checkpointer("SAME-01", "repeats itself")
class OrderReversed(_Listing):
    """The history of the copy has its oldest checkpoint first."""

    def spoil(self, checkpoints: list[CheckpointTuple], *, paged: bool) -> list[CheckpointTuple]:
        return checkpoints[::-1]


@checkpointer("SAME-01", "is 2 times in the copy")
class OneCheckpointTwice(_Listing):
    """The history of the copy has its newest checkpoint twice."""

    def spoil(self, checkpoints: list[CheckpointTuple], *, paged: bool) -> list[CheckpointTuple]:
        return checkpoints[:1] + checkpoints


@checkpointer("SAME-02", MISSING)
class PagingSkipsOne(_Listing):
    """Each further page of the copy's history begins one checkpoint too late."""

    def spoil(self, checkpoints: list[CheckpointTuple], *, paged: bool) -> list[CheckpointTuple]:
        return checkpoints[1:] if paged else checkpoints


@checkpointer("SAME-02", "repeats itself")
class PagingRepeatsOne(_Listing):
    """Each further page of the copy's history begins with the last checkpoint of the page before."""

    def spoil(self, checkpoints: list[CheckpointTuple], *, paged: bool) -> list[CheckpointTuple]:
        return checkpoints

    async def alist(self, config: RunnableConfig | None, **options: Any) -> AsyncIterator[CheckpointTuple]:
        before = options.get("before")
        if config is not None and before and config["configurable"]["thread_id"] in threads.source_of:
            last = await self.aget_tuple(
                {"configurable": {**config["configurable"], **before["configurable"]}}
            )
            if last:
                yield last
        async for checkpoint in super().alist(config, **options):
            yield checkpoint


@checkpointer("NEW-04", "holds the source's id at parent_checkpoint.thread_id")
class ParentsAtTheSource(FaithfulSaver):
    """Each checkpoint of the copy has its parent in the source's thread."""

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        checkpoint = await super().aget_tuple(config)
        return self._spoiled(checkpoint) if checkpoint else None

    async def alist(self, config: RunnableConfig | None, **options: Any) -> AsyncIterator[CheckpointTuple]:
        async for checkpoint in super().alist(config, **options):
            yield self._spoiled(checkpoint)

    def _spoiled(self, checkpoint: CheckpointTuple) -> CheckpointTuple:
        source = threads.source_of.get(checkpoint.config["configurable"]["thread_id"])
        if not source or not checkpoint.parent_config:
            return checkpoint
        return checkpoint._replace(
            parent_config={"configurable": {**checkpoint.parent_config["configurable"], "thread_id": source}}
        )


@checkpointer("SAME-01", "original: 4 checkpoints, copy: 0")
class WholeOnlyLater(FaithfulSaver):
    """The server answers at once, and copies the checkpoints two seconds later."""

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        async def later() -> None:
            await asyncio.sleep(2)
            await FaithfulSaver.acopy_thread(self, source_thread_id, target_thread_id)

        self.task = asyncio.create_task(later())


@checkpointer("NEW-03", "missing from the copy")
class ConcurrentCopiesMix(FaithfulSaver):
    """Copies that are made at the same time share one list of checkpoints: the last copy gets all of them."""

    def __init__(self) -> None:
        super().__init__()
        self._gathered: tuple[str, str] | None = None

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        self._gathered = (source_thread_id, target_thread_id)
        await asyncio.sleep(0.05)
        if self._gathered:
            await super().acopy_thread(*self._gathered)
        self._gathered = None


@checkpointer("CONT-10", "missing from the copy")
class CopyOfACopyIsOfTheFirst(FaithfulSaver):
    """A copy of a copy is made from the first source, without the later changes of the copy."""

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        first = source_thread_id
        while first in threads.source_of:
            first = threads.source_of[first]
        await super().acopy_thread(first, target_thread_id)
