"""Histories as syrupy's snapshots. Nothing else uses syrupy, so that only a test that needs it loads it."""

from pytest_threadcopy.snapshots.history_snapshot import (
    HistorySnapshot,
    HistorySnapshotExtension,
    history_snapshot_of,
)

__all__ = ["HistorySnapshot", "HistorySnapshotExtension", "history_snapshot_of"]
