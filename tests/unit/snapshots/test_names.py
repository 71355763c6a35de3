"""The names that the room of snapshots offers to users."""

import pytest

from pytest_threadcopy import snapshots


def test_users_import_its_names_from_the_room() -> None:
    from pytest_threadcopy.snapshots import HistorySnapshotExtension, history_snapshot_of

    assert HistorySnapshotExtension.__module__ == "pytest_threadcopy.snapshots.history_snapshot"
    assert callable(history_snapshot_of)


def test_it_has_no_other_name() -> None:
    with pytest.raises(AttributeError, match="'nothing'"):
        snapshots.nothing  # noqa: B018 - reading it is the test
