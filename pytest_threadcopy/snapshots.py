"""A thread's history as a snapshot that is kept in the user's repository and reviewed there."""

import json
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syrupy.extensions.json import JSONSnapshotExtension

from pytest_threadcopy.canonical import canonical_history
from pytest_threadcopy.difference import MISSING, differences, show_path, show_values
from pytest_threadcopy.entries import PagedHistory
from pytest_threadcopy.structural import checkpoint_id

if TYPE_CHECKING:
    from syrupy.location import PyTestLocation
    from syrupy.types import PropertyFilter, PropertyMatcher, SerializableData

_PACKAGE = Path(__file__).resolve().parent
_SHOWN_DIFFERENCES = 3


class HistorySnapshotExtension(JSONSnapshotExtension):
    """Keeps a thread's history in canonical form, one JSON file for each snapshot.

    ``snapshot.use_extension(HistorySnapshotExtension) == states`` takes thread states, newest first, or a
    history that is read page by page, and holds if their canonical form (`canonical_history`) is the kept
    one. ``exclude``, ``include`` and ``matcher`` are syrupy's, and see the canonical form.

    A test module keeps its snapshots where syrupy does, in ``__snapshots__/<module>/<test>.json`` beside it.
    A module of this package, which is installed where nothing of the user's belongs, keeps them in
    ``threadcopy_snapshots/<module>/<test>.json`` beside the user's pytest ini file, or, if there is none,
    where pytest was invoked.
    """

    # syrupy writes "..." for whatever is deeper than 99 levels: two histories that differ there would agree.
    _max_depth = 100_000

    @classmethod
    def dirname(cls, *, test_location: "PyTestLocation") -> str:
        """Return the directory of a test module's snapshots."""
        if not Path(test_location.filepath).resolve().is_relative_to(_PACKAGE):
            return super().dirname(test_location=test_location)
        config = test_location.item.config
        root = config.inipath.parent if config.inipath else config.invocation_params.dir
        return str(root / "threadcopy_snapshots" / test_location.basename)

    def serialize(
        self,
        data: "SerializableData",
        *,
        exclude: "PropertyFilter | None" = None,
        include: "PropertyFilter | None" = None,
        matcher: "PropertyMatcher | None" = None,
    ) -> str:
        """Write a history in canonical form.

        Raises:
            TypeError: ``data`` is not a history.
            ValueError: The history is empty, and a snapshot of it would hold whatever the thread did.
        """
        states = chain.from_iterable(data.pages()) if isinstance(data, PagedHistory) else data
        history = canonical_history(states)
        if not history:
            raise ValueError("the history is empty: there is nothing to keep as a snapshot")
        text = super().serialize(history, exclude=exclude, include=include, matcher=matcher)
        # A lone surrogate cannot be written as UTF-8; its backslash form is what JSON calls it.
        return str(text).encode("utf-8", "backslashreplace").decode()

    def diff_lines(self, serialized_data: Any, snapshot_data: Any) -> Iterator[str]:
        """Tell where a history first differs from its snapshot: which checkpoint, which path, both values."""
        if not snapshot_data:
            yield "Run pytest with --snapshot-update to keep this history, and review the file it writes."
            return
        try:
            kept = json.loads(snapshot_data)
        except ValueError as error:
            yield f"The snapshot is not JSON: {error}"
            return
        found = _differences(kept, json.loads(serialized_data))
        shown = list(islice(found, _SHOWN_DIFFERENCES))
        for where, path, *values in shown:
            before, after = show_values(*values)
            yield f"{where}: {path}" if path else where
            yield f"  - {before}"
            yield f"  + {after}"
        more = sum(1 for _ in found)
        if more:
            yield f"... and {more} more difference{'s' * (more != 1)}"
        if not shown:
            yield "The checkpoints are the same: only the way in which the file is written differs."
        yield "Run pytest with --snapshot-update if this is right, and review the file with git diff."


def _differences(kept: Any, received: Any) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield where two canonical histories differ, checkpoint by checkpoint from the oldest up."""
    before, after = _by_name(kept), _by_name(received)
    for name in before | after:
        for path, left, right in differences(before.get(name, MISSING), after.get(name, MISSING)):
            yield name, show_path(path), left, right


def _by_name(history: Any) -> dict[str, Any]:
    """Return the checkpoints of a canonical history from the oldest up, each under what tells it apart."""
    named: dict[str, Any] = {}
    for number, state in enumerate(reversed(history) if isinstance(history, list) else [history], start=1):
        name = (isinstance(state, dict) and checkpoint_id(state)) or f"checkpoint {number}"
        named[f"{name}, {number} from the oldest" if name in named else name] = state
    return named
