"""Faults of a checkpointer that change the user's data: text, numbers, keys, and texts that quote an id."""

import json
import re
import unicodedata
from dataclasses import replace
from typing import Any

from langgraph.checkpoint.serde.types import INTERRUPT

from tests.lab.faults.copied import Copied, Write, each
from tests.lab.faults.fault import spoils_copy

MORE_THAN_A_FLOAT_HOLDS = 2**53


def _edit_data(copy: Copied, edit: Any) -> None:
    copy.edit_values(lambda value: each(value, edit))


@spoils_copy("SAME-08", "values.data.scripts")
def text_normalised(copy: Copied) -> None:
    """Text is converted to another Unicode normal form."""
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
    """Integers past 2^53 are rounded, as in a language that has floats only."""

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
    """Empty lists and objects are left out, as values of keys and as items of lists."""

    def full(item: Any) -> Any:
        item = _without(item, lambda value: value in ([], {}))
        return [value for value in item if value not in ([], {})] if isinstance(item, list) else item

    _edit_data(copy, full)


@spoils_copy("SAME-08", "values.data.json")
def json_text_parsed(copy: Copied) -> None:
    """Text that holds a JSON object or list becomes that object or list."""

    def parsed(item: Any) -> Any:
        return json.loads(item) if isinstance(item, str) and item[:1] in ("{", "[") else item

    _edit_data(copy, parsed)


@spoils_copy("SAME-08", "values.data.markup")
def markup_stripped(copy: Copied) -> None:
    """Tags are taken out of text."""
    _edit_data(copy, lambda item: re.sub("<[^>]*>", "", item) if isinstance(item, str) else item)


@spoils_copy("SAME-08", "tasks[0].result")
def text_trimmed_in_writes(copy: Copied) -> None:
    """Text in pending writes loses the spaces around it."""

    def trim(item: Any) -> Any:
        return item.strip() if isinstance(item, str) else item

    copy.edit_writes(lambda write: write._replace(value=each(write.value, trim)))


@spoils_copy("SAME-08", "values.data.thread_id")
def user_keys_taken_for_ids(copy: Copied) -> None:
    """Each key thread_id in the user's data gets the copy's id."""

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
    """In values, text that quotes the source's id quotes the copy's id instead."""
    _edit_data(copy, lambda item: _quoting(item, copy))


@spoils_copy("SAME-09", "values.data.checkpoint.thread_id")
def thread_ids_rewritten_by_key(copy: Copied) -> None:
    """Each key thread_id in the user's data that holds the source's id gets the copy's id."""

    def owned(item: Any) -> Any:
        is_taken = isinstance(item, dict) and item.get("thread_id") == copy.source_id
        return {**item, "thread_id": copy.thread_id} if is_taken else item

    _edit_data(copy, owned)


@spoils_copy("SAME-09", "tasks[*].result")
def quoted_id_rewritten_in_writes(copy: Copied) -> None:
    """In pending writes, text that quotes the source's id quotes the copy's id (langgraph-api in memory)."""

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
