"""CONTRIBUTING.md is short, and the targets, rooms and files that it names exist."""

import re
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[3]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FAULTS = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "pytest_threadcopy"
COMMANDS = re.findall(r"^\$ (.*?)(?: +#.*)?$", CONTRIBUTING, re.MULTILINE)
TARGETS = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_it_is_at_most_80_lines() -> None:
    assert len(CONTRIBUTING.splitlines()) <= 80


def test_its_commands_are_targets_or_programs() -> None:
    for command in COMMANDS:
        words = command.removeprefix(".venv/bin/python -m ").split()
        if words[0] == "make":
            assert words[1] in TARGETS
        else:
            assert find_spec(words[0]), command
    assert {"make quick", "make format", "make test", "make nightly"} <= set(COMMANDS)


def test_each_room_has_a_line() -> None:
    rooms = {f"{file.parent.name}/" for file in PACKAGE.glob("*/__init__.py")}
    loose = {file.name for file in PACKAGE.glob("*.py")} - {"__init__.py"}
    rows = re.findall(r"^\| (`[^|]*`) \|", CONTRIBUTING, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row)} == rooms | loose


def test_each_file_that_it_names_exists() -> None:
    named = re.findall(r"`([\w/]+\.py|[\w/]+/)`", CONTRIBUTING)
    assert len(named) > 30
    folders = (ROOT, PACKAGE, ROOT / "tests", PACKAGE / "contract")
    assert [name for name in named if not any((folder / name).exists() for folder in folders)] == []


def test_make_lists_each_target_that_has_a_line() -> None:
    phony = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(TARGETS) <= set(" ".join(phony).split())
    assert TARGETS[0] == "help"


def test_its_line_of_the_matrix_names_the_requirements_of_the_matrix() -> None:
    example = re.search(r"`(\w+):((?: [A-Z]+-\d+)+) \(\d+ s\)`", CONTRIBUTING)
    assert example
    row = re.search(rf"^\| `{example[1]}` \|[^|]*\| ([^|]*) \|", FAULTS, re.MULTILINE)
    assert row
    groups = [group.split() for group in row[1].replace("*", "").split(" · ")]
    assert example[2].split() == [f"{group}-{number}" for group, *numbers in groups for number in numbers]
