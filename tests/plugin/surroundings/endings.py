"""How a run of pytest ended, read from what it printed."""

import pytest


def all_output(result: pytest.RunResult) -> str:
    """Return what a run printed."""
    return f"{result.stdout}\n{result.stderr}"


def assert_no_crash(result: pytest.RunResult) -> None:
    """Assert that nothing of what a run printed is a traceback of the plugin or of pytest."""
    assert "INTERNALERROR" not in all_output(result)
    assert "Traceback" not in all_output(result)


def the_one_error(result: pytest.RunResult) -> str:
    """Assert that a run printed one message of an error and no traceback, and return the message."""
    assert_no_crash(result)
    (error,) = (line for line in all_output(result).splitlines() if line.startswith("ERROR: "))
    return error.removeprefix("ERROR: ")
