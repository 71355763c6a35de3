"""Faults of a checkpointer in the content of checkpoints: pending writes, metadata and older values."""

import uuid
from datetime import UTC, datetime

from langgraph.checkpoint.serde.types import ERROR, INTERRUPT
from langgraph.types import Interrupt

from tests.lab.faults import threads
from tests.lab.faults.copied import Copied, Json, Write
from tests.lab.faults.fault import spoils_copy


@spoils_copy("SAME-06", "values.data")
def pending_writes_lost(copy: Copied) -> None:
    """Of the pending writes, only interrupts are copied: the writes of a finished task are lost."""
    copy.edit_writes(lambda write: write if write.channel == INTERRUPT else None)


@spoils_copy("CONT-07", "values.data")
def first_write_of_each_task(copy: Copied) -> None:
    """Of each task's pending writes only the first is copied."""
    copy.edit_writes(lambda write: write if write.place <= 0 else None)


@spoils_copy("SAME-06", "values.data")
def task_ids_lost(copy: Copied) -> None:
    """Each pending write of the copy has a new task id."""
    copy.edit_writes(lambda write: write._replace(task_id=str(uuid.uuid4())))


@spoils_copy("SAME-06", "values.data")
def newest_writes_lost(copy: Copied) -> None:
    """The pending writes of the newest checkpoint are not copied, except interrupts and errors."""

    def lose(write: Write) -> Write | None:
        return write if write.channel in (INTERRUPT, ERROR) else None

    copy.edit_writes(lose, only=copy.ids()[-1:])


@spoils_copy("SAME-14", "interrupts")
def writes_lost_in_a_second_copy(copy: Copied) -> None:
    """A copy of a copy has no pending writes."""
    if copy.source_id in threads.source_of:
        copy.edit_writes(lambda write: None)


@spoils_copy("SAME-05", "interrupts")
def interrupts_lost(copy: Copied) -> None:
    """No interrupt is copied."""
    copy.edit_writes(lambda write: None if write.channel == INTERRUPT else write)


@spoils_copy("SAME-05", "interrupts[0].id")
def interrupts_renamed(copy: Copied) -> None:
    """Each interrupt of the copy has another id."""

    def rename(write: Write) -> Write:
        if write.channel != INTERRUPT:
            return write
        renamed = [Interrupt(value=one.value, id=uuid.uuid4().hex) for one in write.value]
        return write._replace(value=renamed)

    copy.edit_writes(rename)


@spoils_copy("SAME-12", "tasks[0].error")
def error_lost(copy: Copied) -> None:
    """The error of a failed task is not copied."""
    copy.edit_writes(lambda write: None if write.channel == ERROR else write)


@spoils_copy("SAME-07", "tasks[0].state")
def interrupts_of_subgraphs_lost(copy: Copied) -> None:
    """The pending writes of subgraphs are not copied."""
    for key in [key for key in copy.saver.writes if key[0] == copy.thread_id and key[1]]:
        del copy.saver.writes[key]


@spoils_copy("SAME-16", "threadcopy_note")
def metadata_key_lost(copy: Copied) -> None:
    """The copy's checkpoints lack the metadata that the user gave a run."""
    copy.edit_metadata(lambda metadata: metadata.pop("threadcopy_note", None))


@spoils_copy("SAME-16", "copied_from")
def metadata_key_added(copy: Copied) -> None:
    """Each checkpoint of the copy names in its metadata the thread that it was copied from."""
    copy.edit_metadata(lambda metadata: metadata.update(copied_from=copy.source_id))


@spoils_copy("SAME-16", "source")
def metadata_changed(copy: Copied) -> None:
    """Each checkpoint of the copy says that a fork made it."""
    copy.edit_metadata(lambda metadata: metadata.update(source="fork"))


@spoils_copy("SAME-16", "run_id")
def run_id_lost(copy: Copied) -> None:
    """The checkpoints of the copy do not name the run that made them."""
    copy.edit_metadata(lambda metadata: metadata.pop("run_id", None))


@spoils_copy("SAME-16", "step")
def steps_renumbered(copy: Copied) -> None:
    """The copy counts its steps from 1."""
    copy.edit_metadata(lambda metadata: metadata.update(step=metadata["step"] + 2))


@spoils_copy("FORM-03", "have other times")
def created_at_rewritten(copy: Copied) -> None:
    """Each checkpoint of the copy has the time of copying as its creation time."""
    now = datetime.now(UTC).isoformat()
    copy.edit_checkpoints(lambda checkpoint: checkpoint.update(ts=now))


@spoils_copy("SAME-01", "values")
def older_values_replaced(copy: Copied) -> None:
    """Every checkpoint of the copy has the values of the newest."""
    newest: Json = {}

    def find(checkpoint: Json) -> None:
        if checkpoint["id"] == max(copy.ids()):
            newest.update(checkpoint["channel_versions"])

    copy.edit_checkpoints(find)
    copy.edit_checkpoints(lambda checkpoint: checkpoint.update(channel_versions=dict(newest)))


@spoils_copy("SAME-03", "next")
def finished_copy_starts_over(copy: Copied) -> None:
    """On the copy of a finished thread, the first node is next."""

    def forget(checkpoint: Json) -> None:
        versions = checkpoint["channel_versions"]
        nodes = [channel for channel in versions if channel.startswith("branch:to:")]
        if (
            checkpoint["id"] == max(copy.ids())
            and nodes
            and not any(map(copy.holds, nodes, map(versions.get, nodes)))
        ):
            first = min(nodes, key=versions.get)
            versions[first] = copy.first_version(first)
            checkpoint["versions_seen"] = {}

    copy.edit_checkpoints(forget)
