"""The requirements of the bundled contract, read from the source of its tests."""

import ast
import textwrap
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from pytest_threadcopy.requirements import GROUPS, Level, Requirement

CONTRACT = Path(__file__).parents[1] / "contract"
_WIDTH = 80
_HEAD = """\
The thread-copy contract: {count} requirements.
A MUST binds, a SHOULD is expected, a MAY informs. The sources:
  guide     LangGraph's how-to "Copying Threads"
  docs      LangSmith's page "Use threads"
  openapi   the document that a deployment publishes at /openapi.json
  protocol  the Agent Protocol"""


def title_of(docstring: str) -> str:
    """Return the sentence that states a requirement: the first paragraph of its test's docstring."""
    return " ".join(docstring.strip().partition("\n\n")[0].split())


def source_of(docstring: str) -> str:
    """Return the source of a requirement: the text after ``Source:`` in its test's docstring."""
    return " ".join(docstring.partition("Source:")[2].split()).removesuffix(".")


def read_catalogue() -> list[Requirement]:
    """Return every requirement of the contract, in the order of its groups and ids.

    The tests are parsed and not imported: pytest imports them, and rewrites their asserts.
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


def list_requirements() -> int:
    """Print every requirement by group, in lines of at most 80 columns; return pytest's exit code, 0."""
    catalogue = read_catalogue()
    print(_HEAD.format(count=len(catalogue)))
    for group, rows in groupby(catalogue, key=lambda row: row.group):
        print(f"\n{group}: {GROUPS[group]}")
        for row in rows:
            print(_indented(f"{row.id} ({row.level}): {row.title}", "  "))
            print(_indented(f"from {row.source}", "    "))
    return 0


def _indented(text: str, indent: str) -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent=indent, subsequent_indent="    ", break_on_hyphens=False
    )
