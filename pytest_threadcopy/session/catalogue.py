"""Which requirements the bundled contract has, read from the source of its tests."""

import ast
from collections.abc import Iterator
from pathlib import Path

from pytest_threadcopy.requirements import GROUPS, Level, Requirement

CONTRACT = Path(__file__).parents[1] / "contract"


def title_of(docstring: str) -> str:
    """Return the sentence that states a requirement: the first paragraph of its test's docstring."""
    return " ".join(docstring.strip().partition("\n\n")[0].split())


def source_of(docstring: str) -> str:
    """Return where a requirement comes from: what follows ``Source:`` in its test's docstring."""
    return " ".join(docstring.partition("Source:")[2].split()).removesuffix(".")


def read_catalogue() -> list[Requirement]:
    """Return every requirement of the contract, in the order of its groups and ids.

    The tests are parsed and not imported, which is pytest's to do, with its rewriting of their asserts.
    """
    modules = [ast.parse(file.read_text(encoding="utf-8")) for file in CONTRACT.glob("test_*.py")]
    rows = [row for module in modules for row in _requirements(module)]
    return sorted(rows, key=lambda row: (list(GROUPS).index(row.group), row.id))


def _requirements(module: ast.Module) -> Iterator[Requirement]:
    for function in module.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        for decorator in function.decorator_list:
            match decorator:
                case ast.Call(func=ast.Name(id="requirement"), args=[ast.Constant(id_), ast.Constant(level)]):
                    docstring = ast.get_docstring(function) or function.name
                    yield Requirement(str(id_), Level(str(level)), title_of(docstring), source_of(docstring))
