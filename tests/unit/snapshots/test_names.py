"""What the room of snapshots offers to users."""

from pytest_threadcopy.snapshots import HistorySnapshotExtension, history_snapshot_of


def test_users_import_its_names_from_the_room() -> None:
    assert HistorySnapshotExtension.__module__ == "pytest_threadcopy.snapshots.history_snapshot"
    assert callable(history_snapshot_of)
