"""Every fault that the contract is shown to catch."""

from .fault import FAULTS

__all__ = ["FAULTS"]
