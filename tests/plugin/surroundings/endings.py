"""How a run of pytest ended, read from its output."""

import pytest


def all_output(result: pytest.RunResult) -> str:
    """Return the output of a run."""
    return f"{result.stdout}\n{result.stderr}"


def assert_no_crash(result: pytest.RunResult) -> None:
    """Assert that the output of a run has no traceback of the plugin or of pytest."""
    assert "INTERNALERROR" not in all_output(result)
    assert "Traceback" not in all_output(result)


def the_one_error(result: pytest.RunResult) -> str:
    """Assert that a run printed one message of an error and no traceback, and return the message."""
    assert_no_crash(result)
    (error,) = (line for line in all_output(result).splitlines() if line.startswith("ERROR: "))
    return error.removeprefix("ERROR: ")
