"""Faults of a checkpointer that concern what stands in a copied checkpoint: values, writes and metadata."""

import unicodedata
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from langgraph.checkpoint.serde.types import ERROR, INTERRUPT
from langgraph.types import Interrupt

from . import threads
from .copied import Copied, Json, Write, each
from .fault import spoils_copy

MORE_THAN_A_FLOAT_HOLDS = 2**53


@spoils_copy("SAME-06", "values.data")
def pending_writes_lost(copy: Copied) -> None:
    """Of the pending writes only interrupts are copied: what a task finished while another waits is lost."""
    copy.edit_writes(lambda write: write if write.channel == INTERRUPT else None)


@spoils_copy("CONT-07", "values.data")
def first_write_of_each_task(copy: Copied) -> None:
    """Of each task's pending writes only the first is copied."""
    copy.edit_writes(lambda write: write if write.place <= 0 else None)


@spoils_copy("SAME-06", "values.data")
def task_ids_lost(copy: Copied) -> None:
    """Each pending write is copied under a task id of its own."""
    copy.edit_writes(lambda write: write._replace(task_id=str(uuid.uuid4())))


@spoils_copy("SAME-06", "values.data")
def newest_writes_lost(copy: Copied) -> None:
    """The pending writes of the newest checkpoint are not copied, but for its interrupts."""

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
    """The metadata that the user gave a run is not on the copy's checkpoints."""
    copy.edit_metadata(lambda metadata: metadata.pop("threadcopy_note", None))


@spoils_copy("SAME-16", "copied_from")
def metadata_key_added(copy: Copied) -> None:
    """Each checkpoint of the copy says in its metadata where it was copied from."""
    copy.edit_metadata(lambda metadata: metadata.update(copied_from=copy.source_id))


@spoils_copy("SAME-16", "source")
def metadata_changed(copy: Copied) -> None:
    """Each checkpoint of the copy says that it was made by a fork."""
    copy.edit_metadata(lambda metadata: metadata.update(source="fork"))


@spoils_copy("SAME-16", "run_id")
def run_id_lost(copy: Copied) -> None:
    """The checkpoints of the copy do not say which run made them."""
    copy.edit_metadata(lambda metadata: metadata.pop("run_id", None))


@spoils_copy("SAME-16", "step")
def steps_renumbered(copy: Copied) -> None:
    """The steps of the copy are counted from 1."""
    copy.edit_metadata(lambda metadata: metadata.update(step=metadata["step"] + 2))


@spoils_copy("FORM-03", "have other times")
def created_at_rewritten(copy: Copied) -> None:
    """Each checkpoint of the copy was created when it was copied."""
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
    """The copy of a finished thread is about to run its first node."""

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


def _edit_data(copy: Copied, edit: Any) -> None:
    copy.edit_values(lambda value: each(value, edit))


@spoils_copy("SAME-08", "values.data.scripts")
def text_normalised(copy: Copied) -> None:
    """Text is brought into another Unicode form."""
    _edit_data(copy, lambda item: unicodedata.normalize("NFC", item) if isinstance(item, str) else item)


@spoils_copy("SAME-08", "values.data.long")
def text_cut_at_64_kb(copy: Copied) -> None:
    """Text is cut at 64 KB."""
    _edit_data(copy, lambda item: item[: 64 * 1024] if isinstance(item, str) else item)


@spoils_copy("SAME-08", "values.data.scripts")
def text_loses_emoji(copy: Copied) -> None:
    """Characters past U+FFFF become question marks."""
    _edit_data(
        copy,
        lambda item: (
            "".join("?" if ord(one) > 0xFFFF else one for one in item) if isinstance(item, str) else item
        ),
    )


@spoils_copy("SAME-08", "values.data.integers")
def integers_rounded(copy: Copied) -> None:
    """Integers past 2^53 are rounded, as in a language that has only floats."""

    def rounded(item: Any) -> Any:
        is_long = type(item) is int and abs(item) > MORE_THAN_A_FLOAT_HOLDS
        return int(float(item)) if is_long else item

    _edit_data(copy, rounded)


@spoils_copy("SAME-08", "values.data.floats[0]")
def whole_floats_turn_into_integers(copy: Copied) -> None:
    """1.0 becomes 1."""
    _edit_data(copy, lambda item: int(item) if isinstance(item, float) and item == 1 else item)


@spoils_copy("SAME-08", "values.data.booleans")
def booleans_turn_into_integers(copy: Copied) -> None:
    """True becomes 1, and false becomes 0."""
    _edit_data(copy, lambda item: int(item) if isinstance(item, bool) else item)


@spoils_copy("SAME-08", "values.data.null")
def nulls_dropped(copy: Copied) -> None:
    """Keys whose value is null are left out."""
    _edit_data(copy, lambda item: _without(item, lambda value: value is None))


@spoils_copy("SAME-08", "values.data.empty")
def empty_containers_dropped(copy: Copied) -> None:
    """Keys whose value is an empty list or object, and such items of lists, are left out."""

    def full(item: Any) -> Any:
        kept = _without(item, lambda value: value in ([], {}))
        return [value for value in kept if value not in ([], {})] if isinstance(kept, list) else kept

    _edit_data(copy, full)


@spoils_copy("SAME-08", "values.data.thread_id")
def user_keys_taken_for_ids(copy: Copied) -> None:
    """Whatever key of the user's data is called thread_id gets the copy's id."""

    def owned(item: Any) -> Any:
        is_taken = isinstance(item, dict) and "thread_id" in item
        return {**item, "thread_id": copy.thread_id} if is_taken else item

    _edit_data(copy, owned)


@spoils_copy("SAME-08", "values.data.controls")
def control_characters_dropped(copy: Copied) -> None:
    """Control characters are left out of text."""
    _edit_data(
        copy,
        lambda item: "".join(one for one in item if one >= " ") if isinstance(item, str) else item,
    )


@spoils_copy("SAME-09", "values.messages")
def quoted_id_rewritten_in_values(copy: Copied) -> None:
    """Text in values that quotes the source's id quotes the copy's id afterwards."""
    _edit_data(copy, lambda item: _quoting(item, copy))


@spoils_copy("SAME-09", "tasks[*].result")
def quoted_id_rewritten_in_writes(copy: Copied) -> None:
    """Pending writes that quote the source's id quote the copy's id afterwards (langgraph-api in memory)."""

    def rewrite(write: Write) -> Write:
        if write.channel == INTERRUPT:
            quoted = [
                replace(one, value=each(one.value, lambda item: _quoting(item, copy))) for one in write.value
            ]
            return write._replace(value=quoted)
        return write._replace(value=each(write.value, lambda item: _quoting(item, copy)))

    copy.edit_writes(rewrite)


def _quoting(item: Any, copy: Copied) -> Any:
    return item.replace(copy.source_id, copy.thread_id) if isinstance(item, str) else item


def _without(item: Any, drop: Any) -> Any:
    return {key: value for key, value in item.items() if not drop(value)} if isinstance(item, dict) else item
