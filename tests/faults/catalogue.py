"""Every fault that the contract is shown to catch."""

from . import (
    behaviour_faults,
    checkpoint_faults,
    refusal_faults,
    response_faults,
    run_faults,
    sharing_faults,
    thread_faults,
    torn_faults,
    value_faults,
    writing_faults,
)
from .fault import FAULTS, Fault

__all__ = ["FAULTS", "MODULES", "Fault"]

MODULES = (
    checkpoint_faults,
    value_faults,
    sharing_faults,
    torn_faults,
    writing_faults,
    response_faults,
    thread_faults,
    behaviour_faults,
    run_faults,
    refusal_faults,
)
"""Where faults are written down; importing a module adds its faults."""
