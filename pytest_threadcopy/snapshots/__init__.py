"""Histories as syrupy's snapshots. Nothing else uses syrupy, and it is imported when a name is first used."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_threadcopy.snapshots.history_snapshot import (
        HistorySnapshot,
        HistorySnapshotExtension,
        history_snapshot_of,
    )

__all__ = ["HistorySnapshot", "HistorySnapshotExtension", "history_snapshot_of"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pytest_threadcopy.snapshots import history_snapshot

    return getattr(history_snapshot, name)
