"""Histories as syrupy's snapshots. Nothing else uses syrupy."""
