"""The few comparisons of histories that a test keeps, for the pictures of the report."""

import json
from threading import Lock

from pytest_threadcopy.histories.comparison import Comparison
from pytest_threadcopy.schemas import Json

SOURCE_AND_COPY = ("source", "copy")
BEFORE_AND_AFTER = ("before", "after")

MOST_COMPARISONS = 4
"""How many comparisons one test keeps."""

_keeping = Lock()  # a test compares several copies at once


class Comparisons:
    """Keeps the first comparisons of a test: those that differ, then equal ones of a new shape.

    Args:
        kept: The list to keep them in: the ``comparisons`` of ``schemas/report.json``, as plain JSON.
    """

    def __init__(self, kept: list[Json]) -> None:
        self._kept = kept

    @property
    def has_room(self) -> bool:
        """Whether a comparison that differs would be kept, so that its outlines are needed."""
        return sum(not one["equal"] for one in self._kept) < MOST_COMPARISONS

    def keep(self, comparison: Comparison, names: tuple[str, str] = SOURCE_AND_COPY) -> None:
        """Keep a comparison with outlines, if none of its shape is kept.

        Two equal histories of a single state are not kept: a picture of them would show nothing.
        """
        if comparison.outlines is None or (comparison.equal and comparison.lengths[0] < 2):
            return
        sides = [
            {"name": name, "thread_id": thread_id, "checkpoints": outlines}
            for name, thread_id, outlines in zip(
                names, comparison.thread_ids, comparison.outlines, strict=True
            )
        ]
        kept = {"equal": comparison.equal, "checkpoint_ns": comparison.checkpoint_ns, "sides": sides}
        shape = _shape(kept)
        with _keeping:
            if any(_shape(other) == shape for other in self._kept):
                return
            differing = sum(not other["equal"] for other in self._kept)
            self._kept.insert(len(self._kept) if comparison.equal else differing, kept)
            del self._kept[MOST_COMPARISONS:]


def _shape(comparison: Json) -> str:
    """Return all that a comparison shows but for its ids; of these, who refers to whom."""
    numbers: dict[str | None, int] = {None: -1}
    sides = [
        [
            [numbers.setdefault(one[key], len(numbers)) for key in ("id", "parent")]
            + [value for key, value in one.items() if key not in ("id", "parent")]
            for one in side["checkpoints"]
        ]
        for side in comparison["sides"]
    ]
    return json.dumps([comparison["sides"][0]["name"], bool(comparison["checkpoint_ns"]), sides])
