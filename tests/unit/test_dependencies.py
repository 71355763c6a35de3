"""Which rooms of the package import each other, and how large the package may be (CONTRIBUTING, "Rooms")."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
NAME = "pytest_threadcopy"
PACKAGE = ROOT / NAME
FLOORS = (
    {"plugin", "__init__"},
    {"report"},
    {"session", "contract"},
    {"deployment"},
    {"reproduction"},
    {"api"},
    {"wire", "snapshots", "config", "embedded"},
    {"histories", "text", "scenarios"},
    {"requirements", "private"},
    {"schemas"},
)
"""The rooms from the top: each may import those below it."""
MOST_FLOORS, MOST_LOOSE, MOST_LINES = 8, 6, 300
ENTRIES = {"plugin", "__init__"}
"""The modules that pytest and users import. They may import any room."""
ONLY_FOR_TYPES = {("contract", "session")}
JSON_ALONE = {"schemas"}


class Import(NamedTuple):
    """A module of the package that imports another, at run time or for its types alone."""

    importer: str
    imported: str
    is_for_types: bool

    @property
    def rooms(self) -> tuple[str, str]:
        """The room of the importing module, and of the imported one."""
        return room_of(self.importer), room_of(self.imported)


def room_of(module: str) -> str:
    return module.partition(".")[0]


@cache
def modules() -> dict[str, Path]:
    """Return every module of the package by its name below it; a package by the name of its folder."""
    names = {}
    for file in PACKAGE.rglob("*.py"):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        names[".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)] = file
    return names


@cache
def imports() -> frozenset[Import]:
    """Return all imports of one module of the package by another, those inside functions too."""
    all_imports = set()
    for name, file in modules().items():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for_types = {
            id(node)
            for test in ast.walk(tree)
            if isinstance(test, ast.If) and "TYPE_CHECKING" in ast.unparse(test.test)
            for node in ast.walk(test)
        }
        for node in ast.walk(tree):
            for imported in imported_by(node):
                if imported != name:
                    all_imports.add(Import(name, imported, id(node) in for_types))
    return frozenset(all_imports)


def imported_by(node: ast.AST) -> Iterator[str]:
    """Return the modules of the package that a statement imports."""
    if isinstance(node, ast.Import):
        paths = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module:
        paths = [f"{node.module}.{alias.name}" for alias in node.names]
    else:
        return
    for path in paths:
        package, _, below = path.partition(".")
        if package == NAME:
            yield below if below in modules() else below.rpartition(".")[0] or "__init__"


def test_imports_point_downwards() -> None:
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

    def upwards() -> Iterator[str]:
        for one in imports():
            importer, imported = one.rooms
            allowed = one.is_for_types and one.rooms in ONLY_FOR_TYPES
            if importer != imported and floor[importer] >= floor[imported] and not allowed:
                yield f"{one.importer} imports {one.imported}"

    assert sorted(set(upwards())) == []


def test_the_room_of_histories_uses_only_json() -> None:
    rooms = {one.imported for one in imports() if one.rooms[0] == "histories" and one.rooms[1] != "histories"}
    assert rooms <= JSON_ALONE


@pytest.mark.parametrize("level", ["modules", "rooms"])
def test_there_is_no_circle(level: str) -> None:
    graph: dict[str, set[str]] = {}
    for one in imports():
        importer, imported = one.rooms if level == "rooms" else one[:2]
        if importer != imported and not one.is_for_types:
            graph.setdefault(importer, set()).add(imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" > ".join(error.args[1]))


def test_there_are_few_floors() -> None:
    graph: dict[str, set[str]] = {}
    for one in imports():
        importer, imported = one.rooms
        if importer != imported and not one.is_for_types:
            graph.setdefault(importer, set()).add(imported)
    assert height(graph) <= MOST_FLOORS


def height(graph: Mapping[str, set[str]]) -> int:
    """Return the number of rooms on the longest way down."""
    floors: dict[str, int] = {}
    for room in TopologicalSorter(graph).static_order():
        floors[room] = 1 + max((floors[below] for below in graph.get(room, ())), default=0)
    return max(floors.values())


def test_every_room_has_its_floor() -> None:
    assert {room_of(module) for module in modules()} == set().union(*FLOORS)


def test_few_modules_are_loose() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= MOST_LOOSE


def test_no_module_has_its_only_importer_in_another_room() -> None:
    def misplaced() -> Iterator[str]:
        for module in modules():
            importers = {one.importer for one in imports() if one.imported == module}
            if len(importers) == 1 and not importers & ENTRIES and "." in module:
                (importer,) = importers
                if room_of(importer) != room_of(module):
                    yield f"{module} is imported by {importer} alone"

    assert sorted(set(misplaced())) == []


def test_no_file_is_long() -> None:
    files = [file for folder in (NAME, "tests", "benchmarks") for file in (ROOT / folder).rglob("*.py")]

    def long() -> Iterator[str]:
        for file in files:
            lines = len(file.read_text(encoding="utf-8").splitlines())
            if "node_modules" not in file.parts and lines > MOST_LINES:
                yield f"{file.relative_to(ROOT).as_posix()} has {lines} lines"

    assert sorted(set(long())) == []
