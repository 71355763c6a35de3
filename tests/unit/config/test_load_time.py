"""What every pytest run loads costs little, also a run that does not use the plugin."""

import re
from types import ModuleType

import pytest

from pytest_threadcopy.config import address, options, parsing


@pytest.mark.parametrize("module", [address, options, parsing], ids=lambda module: module.__name__)
def test_a_module_that_every_run_loads_compiles_no_pattern(module: ModuleType) -> None:
    assert not [name for name, value in vars(module).items() if isinstance(value, re.Pattern)]
