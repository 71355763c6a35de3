"""The words beside the picture of two compared histories."""

from typing import NamedTuple

from pytest_threadcopy.report.document import Checkpoint, Comparison
from pytest_threadcopy.report.page.history_tree import Row, Tree

_MOST_NAMED = 5


class Sign(NamedTuple):
    """The symbol between two checkpoints of a row, and its meaning."""

    symbol: str
    meaning: str


KINDS = {
    "input": "A checkpoint made when a run took its input.",
    "loop": "Made after a superstep of a run.",
    "update": "Made by an update of the state.",
    "fork": "Made by a fork.",
}
SIGNS = {
    "same": Sign("=", "the same"),
    "differs": Sign("≠", "differs"),
    "alone": Sign("✗", "on one side only"),
    "moved": Sign("↕", "at another place"),
    "more": Sign("…", "more"),
}
_MISSING = {
    "source": "not in the source",
    "copy": "missing from the copy",
    "before": "not there before",
    "after": "gone afterwards",
}
_COUNTED = {"same": "equal checkpoints", "differs": "checkpoints that differ", "alone": "more checkpoints"}


def cut(text: str, length: int) -> str:
    """Return a text, or its beginning and the number of characters that follow."""
    return text if len(text) <= length else f"{text[:length]}… ({len(text) - length:,} more characters)"


def called(checkpoint: Checkpoint) -> str:
    """Return the name of a checkpoint in a sentence."""
    step = "a checkpoint" if checkpoint["step"] is None else f"step {checkpoint['step']}"
    return f"{step} ({cut(checkpoint['source'], 40)})" if checkpoint["source"] else step


def gap(comparison: Comparison, row: Row, side: int) -> str:
    """Return the text in place of a checkpoint that a side lacks."""
    text = "at another place" if row.mark == "moved" else _MISSING[comparison["sides"][side]["name"]]
    return text if row.count == 1 else f"{row.count} {text}"


def counted(row: Row) -> str:
    """Return the text for a row that stands for many."""
    return f"{row.count} {_COUNTED.get(row.mark, 'checkpoints')}"


def in_brief(comparison: Comparison) -> str:
    """Return one line on two histories that are equal."""
    names = " and ".join(side["name"] for side in comparison["sides"])
    return f"{_subject(comparison)}{names}: {_checkpoints(len(comparison['sides'][0]['checkpoints']))}, equal"


def in_words(comparison: Comparison, tree: Tree) -> list[str]:
    """Return the picture of two histories in sentences."""
    left, right = comparison["sides"]
    counts = [len(side["checkpoints"]) for side in (left, right)]
    alone = [[one for one in side["checkpoints"] if one["mark"] == "alone"] for side in (left, right)]
    differing = [one for one in right["checkpoints"] if one["mark"] == "differs"]
    sentences = []
    if not comparison["equal"]:
        sentences.append(
            f"{_subject(comparison)}{left['name']}, {_checkpoints(counts[0])}, "
            f"and {right['name']}, {_checkpoints(counts[1])}."
        )
    if alone[0]:
        sentences.append(f"{_MISSING[right['name']].capitalize()}: {_named(alone[0])}.")
    if alone[1]:
        sentences.append(f"{_MISSING[left['name']].capitalize()}: {_named(alone[1])}.")
    if differing:
        sentences.append(f"Different: {_named(differing)}.")
    if not (comparison["equal"] or alone[0] or alone[1] or differing):
        sentences.append(
            "The checkpoints are the same: the reason names the difference."
            if any(counts)
            else "Neither shows a checkpoint."
        )
    hidden = [side["name"] for side, hides in zip((left, right), tree.hidden, strict=True) if hides]
    if hidden:
        sentences.append(
            f"The {' and the '.join(hidden)} shows no parent links: drawn as a plain chain, without branches."
        )
    return [*sentences, "Newest first."] if tree.rows else sentences


def _named(checkpoints: list[Checkpoint]) -> str:
    """Return the names of the first checkpoints of a list, and the number of the others."""
    more = len(checkpoints) - _MOST_NAMED
    return ", ".join(map(_with_paths, checkpoints[:_MOST_NAMED])) + (f" and {more} more" if more > 0 else "")


def _with_paths(checkpoint: Checkpoint) -> str:
    first = checkpoint["differs"][:1]
    return called(checkpoint) + (f" in {cut(first[0], 160)}" if first else "")


def _checkpoints(count: int) -> str:
    return f"{count or 'no'} checkpoint{'s' * (count != 1)}"


def _subject(comparison: Comparison) -> str:
    namespace = comparison["checkpoint_ns"]
    return f"Subgraph {cut(namespace, 100)}, " if namespace else "Histories of "
