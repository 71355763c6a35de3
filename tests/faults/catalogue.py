"""Every fault that the contract is shown to catch."""

from . import behaviour_faults, checkpoint_faults, response_faults, sharing_faults, value_faults
from .fault import FAULTS, Fault

__all__ = ["FAULTS", "MODULES", "Fault"]

MODULES = (checkpoint_faults, value_faults, sharing_faults, response_faults, behaviour_faults)
"""Where faults are written down; importing a module adds its faults."""
