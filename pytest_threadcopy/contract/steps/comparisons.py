"""The few comparisons of histories that a test keeps, for the pictures of the report."""

import json
from threading import Lock

from pytest_threadcopy.histories.comparison import Comparison
from pytest_threadcopy.schemas import Json

BEFORE_AND_AFTER = ("before", "after")
MOST_COMPARISONS = 4
_keeping = Lock()  # a test compares several copies at once


class Comparisons:
    """Keeps the first comparisons of a test: those that differ, then equal ones of a new shape.

    They go into the list ``comparisons``, in the form of ``report/document.py``.
    """

    def __init__(self, comparisons: list[Json]) -> None:
        self._comparisons = comparisons

    @property
    def has_room(self) -> bool:
        """Whether there is room for a comparison that differs: only then are its outlines needed."""
        return sum(not each["equal"] for each in self._comparisons) < MOST_COMPARISONS

    def keep(self, comparison: Comparison, names: tuple[str, str] = ("source", "copy")) -> None:
        """Add a comparison with outlines, unless one of its shape is there already.

        Two equal histories of a single state are left out: a picture of them would show nothing.
        """
        if comparison.outlines is None or (comparison.equal and comparison.lengths[0] < 2):
            return
        sides = [
            {"name": names[i], "thread_id": comparison.thread_ids[i], "checkpoints": outline}
            for i, outline in enumerate(comparison.outlines)
        ]
        new = {
            "equal": comparison.equal,
            "checkpoint_ns": comparison.checkpoint_ns,
            "sides": sides,
            "rows": comparison.rows,
        }
        with _keeping:
            if _shape(new) in map(_shape, self._comparisons):
                return
            differing = sum(not each["equal"] for each in self._comparisons)
            self._comparisons.insert(len(self._comparisons) if comparison.equal else differing, new)
            del self._comparisons[MOST_COMPARISONS:]


def _shape(comparison: Json) -> str:
    """Return all that a comparison shows, as text; each id is replaced by the number of its first place."""
    numbers: dict[str | None, int] = {None: -1}
    sides = [
        [
            [numbers.setdefault(checkpoint[key], len(numbers)) for key in ("id", "parent")]
            + [value for key, value in checkpoint.items() if key not in ("id", "parent")]
            for checkpoint in side["checkpoints"]
        ]
        for side in comparison["sides"]
    ]
    return json.dumps([comparison["sides"][0]["name"], bool(comparison["checkpoint_ns"]), sides])
