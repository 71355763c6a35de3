"""What the page says in words: of outcomes and verdicts, and of two histories what their picture shows."""

from typing import Any, NamedTuple

from pytest_threadcopy.report.page.history_tree import Row, Tree
from pytest_threadcopy.requirements import Outcome, Verdict

Json = dict[str, Any]
_NAMED = 5


class Mark(NamedTuple):
    """How the page shows something: a symbol, the class of its colours, and what it means."""

    symbol: str
    tone: str
    meaning: str


MARKS = {
    Outcome.PASSED: Mark("✓", "good", "Tested and kept."),
    Outcome.VIOLATED: Mark("✗", "bad", "A MUST was tested and is broken."),
    Outcome.DEVIATED: Mark("!", "warn", "A SHOULD or MAY was tested and is broken."),
    Outcome.WAIVED: Mark("~", "warn", "Broken, and listed in the waivers as known."),
    Outcome.STALE_WAIVER: Mark("↺", "bad", "Listed in the waivers, yet kept: the waiver must go."),
    Outcome.UNTESTABLE: Mark(
        "?", "quiet", "Could not be tested; the reason says what would make it testable."
    ),
    Outcome.ERROR: Mark("‼", "bad", "The test itself failed: it says nothing of the requirement."),
}
VERDICTS = {
    Verdict.CONFORMANT: Mark("✓", "good", ""),
    Verdict.CONFORMANT_WITH_WAIVERS: Mark("✓", "good", ""),
    Verdict.INCOMPLETE: Mark("?", "warn", ""),
    Verdict.NOT_CONFORMANT: Mark("✗", "bad", ""),
    Verdict.NOT_IMPLEMENTED: Mark("✗", "bad", ""),
    Verdict.NO_VERDICT: Mark("?", "bad", ""),
}
KINDS = {
    "input": "A checkpoint made when a run took its input.",
    "loop": "Made after a superstep of a run.",
    "update": "Made by an update of the state.",
    "fork": "Made by a fork.",
}
SIGNS = {
    "same": Mark("=", "", "the same"),
    "differs": Mark("≠", "", "differs"),
    "alone": Mark("✗", "", "on one side only"),
    "moved": Mark("↕", "", "at another place"),
    "more": Mark("…", "", "more"),
}
_MISSING = {
    "source": "not in the source",
    "copy": "missing from the copy",
    "before": "not there before",
    "after": "gone afterwards",
}
_COUNTED = {"same": "equal checkpoints", "differs": "checkpoints that differ", "alone": "more checkpoints"}


def cut(text: str, length: int) -> str:
    """Return a text, or its beginning and how much more there was."""
    return text if len(text) <= length else f"{text[:length]}… ({len(text) - length:,} more characters)"


def called(checkpoint: Json) -> str:
    """Return how to call a checkpoint in a sentence."""
    step = "a checkpoint" if checkpoint["step"] is None else f"step {checkpoint['step']}"
    return f"{step} ({cut(checkpoint['source'], 40)})" if checkpoint["source"] else step


def gap(comparison: Json, row: Row, side: int) -> str:
    """Return what stands where a side lacks the checkpoint of a row."""
    told = "at another place" if row.mark == "moved" else _MISSING[comparison["sides"][side]["name"]]
    return told if row.count == 1 else f"{row.count} {told}"


def counted(row: Row) -> str:
    """Return what stands for many rows alike."""
    return f"{row.count} {_COUNTED.get(row.mark, 'checkpoints')}"


def in_brief(comparison: Json) -> str:
    """Return what was compared and found equal, in one line."""
    names = " and ".join(side["name"] for side in comparison["sides"])
    return f"{_subject(comparison)}{names}: {_checkpoints(len(comparison['sides'][0]['checkpoints']))}, equal"


def in_words(comparison: Json, tree: Tree) -> list[str]:
    """Return sentences that say what the picture of two histories shows."""
    left, right = comparison["sides"]
    counts = [len(side["checkpoints"]) for side in (left, right)]
    alone = [[one for one in side["checkpoints"] if one["mark"] == "alone"] for side in (left, right)]
    differing = [one for one in right["checkpoints"] if one["mark"] == "differs"]
    told = []
    if not comparison["equal"]:
        told.append(
            f"{_subject(comparison)}{left['name']}, {_checkpoints(counts[0])}, "
            f"and {right['name']}, {_checkpoints(counts[1])}."
        )
    if alone[0]:
        told.append(f"{_MISSING[right['name']].capitalize()}: {_named(alone[0])}.")
    if alone[1]:
        told.append(f"{_MISSING[left['name']].capitalize()}: {_named(alone[1])}.")
    if differing:
        told.append(f"Different: {_named(differing)}.")
    if not (comparison["equal"] or alone[0] or alone[1] or differing):
        told.append(
            "The checkpoints are the same: the reason says what is wrong."
            if any(counts)
            else "Neither shows a checkpoint."
        )
    hidden = [side["name"] for side, hides in zip((left, right), tree.hidden, strict=True) if hides]
    if hidden:
        told.append(
            f"No parent links are shown of the {' and the '.join(hidden)}: drawn as a plain chain, in which "
            "no branch can be seen."
        )
    return [*told, "Newest first."] if tree.rows else told


def _named(checkpoints: list[Json]) -> str:
    """Return which checkpoints these are, as far as a sentence takes them."""
    more = len(checkpoints) - _NAMED
    return ", ".join(map(_with_paths, checkpoints[:_NAMED])) + (f" and {more} more" if more > 0 else "")


def _with_paths(checkpoint: Json) -> str:
    first = checkpoint["differs"][:1]
    return called(checkpoint) + (f" in {cut(first[0], 160)}" if first else "")


def _checkpoints(count: int) -> str:
    return f"{count or 'no'} checkpoint{'s' * (count != 1)}"


def _subject(comparison: Json) -> str:
    namespace = comparison["checkpoint_ns"]
    return f"Subgraph {cut(namespace, 100)}, " if namespace else "Histories of "
