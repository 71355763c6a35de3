"""The catalogue of faults: importing a module of faults adds them to it."""

from tests.lab.faults import (  # noqa: F401
    behaviour_faults,
    checkpoint_faults,
    data_faults,
    refusal_faults,
    response_faults,
    run_faults,
    sharing_faults,
    thread_faults,
    torn_faults,
    value_faults,
    writing_faults,
)
from tests.lab.faults.fault import FAULTS

__all__ = ["FAULTS"]
