"""A thread's history as a snapshot, which the user keeps and reviews in the repository."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import reduce
from itertools import chain
from operator import getitem
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from pytest_threadcopy.histories.difference import Remark, differences, show_path, show_values
from pytest_threadcopy.histories.side import PagedHistory
from pytest_threadcopy.histories.thread_ids import checkpoint_id
from pytest_threadcopy.private import copy_as, last_difference
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.snapshots.canonical import canonical_history
from pytest_threadcopy.snapshots.shared_location import SharedLocation

if TYPE_CHECKING:
    import pytest
    from syrupy.location import PyTestLocation
    from syrupy.types import PropertyFilter, PropertyMatcher, SerializableData, SnapshotIndex

_PACKAGE = Path(__file__).resolve().parents[1]
_SHOWN_PLACES = 3


class HistorySnapshotExtension(JSONSnapshotExtension):
    """Keeps a thread's history in canonical form, one JSON file for each snapshot.

    ``snapshot.use_extension(HistorySnapshotExtension) == states`` takes thread states, newest first, or a
    history that is read page by page. It is true if their canonical form (`canonical_history`) is that of the
    snapshot. ``exclude``, ``include`` and ``matcher`` are syrupy's; they see the canonical form.
    """

    advice = "Run pytest with --snapshot-update if this is right, and review the file with git diff."
    """The last line of a difference."""

    _redact: "Callable[[Any], Any] | None" = None

    # syrupy writes "..." for values deeper than 99 levels: two histories that differ there would be equal.
    _max_depth = 100_000

    @classmethod
    def dirname(cls, *, test_location: "PyTestLocation") -> str:
        """Return the directory of a test module's snapshots: ``__snapshots__/<module>`` beside the module.

        A module of this package is not in the user's repository: its snapshots are in
        ``threadcopy_snapshots/<module>`` beside pytest's ini file, or, without one, where pytest was invoked.
        """
        if not Path(test_location.filepath).resolve().is_relative_to(_PACKAGE):
            return super().dirname(test_location=test_location)
        config = test_location.item.config
        root = config.inipath.parent if config.inipath else config.invocation_params.dir
        return str(root / "threadcopy_snapshots" / test_location.basename)

    # syrupy's is a classmethod; this one is called on the extension of one assertion alone.
    def get_location(  # type: ignore[override]
        self, *, test_location: "PyTestLocation", index: "SnapshotIndex"
    ) -> str:
        """Return the file of a snapshot, and take from its test's session how to redact secrets.

        syrupy calls this before it serializes, and passes the test nowhere else.
        """
        session = test_location.item.config.pluginmanager.get_plugin("threadcopy-session")
        self._redact = session.redact.json if session else None
        return super().get_location(test_location=test_location, index=index)

    @classmethod
    def matches_test_location(cls, *, test_location: "PyTestLocation", snapshot_location: str) -> bool:
        """Return whether a snapshot belongs to this test, on any deployment."""
        shared = SharedLocation(test_location.item)
        return super().matches_test_location(test_location=shared, snapshot_location=snapshot_location)

    def serialize(
        self,
        data: "SerializableData",
        *,
        exclude: "PropertyFilter | None" = None,
        include: "PropertyFilter | None" = None,
        matcher: "PropertyMatcher | None" = None,
    ) -> str:
        """Return the canonical form of a history as JSON.

        Raises:
            TypeError: ``data`` is not a history.
            ValueError: The history is empty; a snapshot of it would prove nothing.
        """
        states = chain.from_iterable(data.pages()) if isinstance(data, PagedHistory) else data
        history = canonical_history(states)
        history = self._redact(history) if self._redact else history
        if not history:
            raise ValueError("the history is empty: there is nothing to keep as a snapshot")
        text = super().serialize(history, exclude=exclude, include=include, matcher=matcher)
        # UTF-8 has no lone surrogates; their backslash form is valid JSON.
        return str(text).encode("utf-8", "backslashreplace").decode()

    def diff_lines(self, serialized_data: Any, snapshot_data: Any) -> Iterator[str]:
        """Yield where a history first differs from its snapshot: checkpoint, path and both values."""
        if not snapshot_data:
            yield "Run pytest with --snapshot-update to keep this history, and review the file it writes."
            return
        try:
            places = list(_differences(snapshot_data, serialized_data))
        except ValueError as error:
            yield f"The snapshot is not JSON: {error}"
            return
        if not places:
            yield "The checkpoints are the same: only the layout of the file differs."
        for place, *values in places[:1]:
            yield place
            if values:
                before, after = show_values(*values)
                yield from (f"  - {before}", f"  + {after}")
        others = [place for place, *_ in places[1:]]
        if others:
            more = len(others) - _SHOWN_PLACES
            yield f"also {', '.join(others[:_SHOWN_PLACES])}{f' and {more} more' * (more > 0)}"
        yield self.advice


class HistorySnapshot(SnapshotAssertion):
    """The value of ``history_snapshot``: syrupy's assertion, with the first difference in its name.

    pytest's summary of failed tests shows only the line with the name.
    """

    def __repr__(self) -> str:
        return f"<history snapshot {self.test_location.snapshot_name}>"

    @property
    def name(self) -> str:
        """The name of the snapshot, with the first place at which the history differs from it."""
        name = super().name
        if difference := last_difference(self):
            with suppress(ValueError):  # the snapshot is not JSON: `diff_lines` says so
                for place, *_ in _differences(*difference):
                    return f"{name}, {place}"
        return name


def history_snapshot_of(snapshot: SnapshotAssertion, item: "pytest.Item") -> HistorySnapshot:
    """Return the history snapshot of a test, given syrupy's ``snapshot`` fixture.

    A test that runs on several deployments has one snapshot for all of them. With ``--snapshot-update`` the
    first deployment of the run writes it, and the others are compared with it.
    """
    location = SharedLocation(item)
    changes: dict[str, Any] = {"extension_class": HistorySnapshotExtension, "test_location": location}
    if not (snapshot.update_snapshots or snapshot.update_new_snapshots_only) or location.is_first:
        return copy_as(HistorySnapshot, snapshot, **changes)
    changes |= {"update_snapshots": False, "update_new_snapshots_only": False}
    compared = copy_as(HistorySnapshot, snapshot, **changes)
    assert isinstance(compared.extension, HistorySnapshotExtension)
    compared.extension.advice = (
        "This run wrote the snapshot from an earlier deployment; this deployment differs."
    )
    return compared


def _differences(snapshot: str | bytes, history: str | bytes) -> Iterator[tuple[Any, ...]]:
    """Yield the differences of two canonical histories, checkpoint by checkpoint from the oldest on.

    A difference is a place and the two values there. If a whole checkpoint is gone or new, the difference is
    one sentence.

    Raises:
        ValueError: The snapshot is not JSON.
    """
    before, after = _by_name(json.loads(snapshot)), _by_name(json.loads(history))
    for name in before | after:
        if name not in after or name not in before:
            yield (f"{name} is {'new' if name in after else 'gone'}",)
            continue
        for path, left, right in differences(before[name], after[name]):
            place = f"{name}: {show_path(path)}"
            if isinstance(left, Remark) and isinstance(right, Remark):  # two lengths: the lists say more
                yield place, *(reduce(getitem, path, state[name]) for state in (before, after))
            else:
                yield place, left, right


def _by_name(history: Any) -> Json:
    """Return the checkpoints of a canonical history from the oldest on, each under a name of its own."""
    named: Json = {}
    for number, state in enumerate(reversed(history) if isinstance(history, list) else [history], start=1):
        name = (isinstance(state, dict) and checkpoint_id(state)) or f"checkpoint {number}"
        named[f"{name}, {number} from the oldest" if name in named else name] = state
    return named
