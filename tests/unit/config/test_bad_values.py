"""Values that parse but are wrong are refused with one message."""

from pathlib import Path

import pytest

from pytest_threadcopy.config.parsing import parse_json, parse_switch
from pytest_threadcopy.config.role_table import read_roles

PLAIN = "[tool.threadcopy.roles.plain]\nassistant = 'mine'\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[tool", "cannot be read: "),
        (b"\xff\xfe", "cannot be read: "),
        (f"a = {'[' * 5000}{']' * 5000}", "cannot be read: "),
        ("tool = 1", "must hold a table for each role"),
        ("[tool]\nthreadcopy = 1", "must hold a table for each role"),
        ("[tool.threadcopy]\nroles = 1", "must hold a table for each role"),
        (f"{PLAIN}input = 2027-01-31", "[tool.threadcopy.roles.plain] may hold JSON values only: "),
        (f"{PLAIN}input = nan", "[tool.threadcopy.roles.plain] may hold JSON values only: "),
        (f"{PLAIN}resume = -inf", "[tool.threadcopy.roles.plain] may hold JSON values only: "),
    ],
    ids=[
        "no TOML",
        "no UTF-8",
        "nested too deep",
        "tool",
        "threadcopy",
        "roles",
        "a date",
        "no number",
        "infinity",
    ],
)
def test_a_wrong_table_of_roles_is_refused(tmp_path: Path, text: str | bytes, problem: str) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(pytest.UsageError) as refused:
        read_roles(file)
    assert str(refused.value).startswith(str(file))
    assert problem in str(refused.value)


@pytest.mark.parametrize("text", ["NaN", '{"a": -Infinity}', "[" * 100_000, "1" * 5000, "", "{'a': 1}"])
def test_an_input_that_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="it must be JSON, or @ and the path of a file that holds JSON"):
        parse_json(text)


@pytest.mark.parametrize(("text", "is_on"), [("true", True), ("ON", True), ("0", False), ("no", False)])
def test_a_switch_of_an_ini_file_may_be_on_or_off(text: str, is_on: bool) -> None:
    assert parse_switch(text) is is_on


@pytest.mark.parametrize("text", ["maybe", "2", "tru"])
def test_a_switch_that_is_neither_on_nor_off_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="it must be true or false"):
        parse_switch(text)
