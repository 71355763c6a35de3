"""Validation of threads, thread states, histories and errors against the JSON Schemas in ``schemas/``.

The schemas describe what faithful deployments send, even where their OpenAPI document says something else.
They allow any user data (values, results, interrupt values, further metadata), so it is never walked.
"""

from __future__ import annotations

import json
import re
import reprlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

Json = dict[str, Any]
"""A JSON object."""

_PROBLEMS_SHOWN = 5
_TEXT_SHOWN = 160

# Unlike repr() and json.dumps(), it costs nothing on a history of some megabytes.
_brief = reprlib.Repr()
_brief.maxlevel = 2
_brief.maxdict = _brief.maxlist = 4
_brief.maxstring = _brief.maxother = 80


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """One place where an instance violates a rule of its schema.

    ``path`` is the JSON path of the place (``$[3].tasks[0].id``), ``rule`` the schema's keyword and its value
    (``type: "string"``), ``value`` the value there, cut to a readable length.
    ``is_about_form`` is true if a value is missing, null, or in another form than the schema says, false if
    it is of another kind, for example a string in place of a list.
    """

    path: str
    rule: str
    value: str
    is_about_form: bool = False

    @property
    def pattern(self) -> str:
        """The path with ``[*]`` in place of each index: the same place in any state."""
        return re.sub(r"\[\d+\]", "[*]", self.path)

    def __str__(self) -> str:
        return f"{self.path}: {self.value} breaks {self.rule}"


class SchemaViolation(AssertionError):
    """An instance violates the schema ``name``; the message shows the first few of all ``problems``."""

    def __init__(self, name: str, problems: list[SchemaProblem]) -> None:
        self.name = name
        self.problems = problems
        lines = [f"not a valid {name}, problems found: {len(problems)}"]
        lines += [f"  {problem}" for problem in problems[:_PROBLEMS_SHOWN]]
        if len(problems) > _PROBLEMS_SHOWN:
            lines.append(f"  and {len(problems) - _PROBLEMS_SHOWN} more")
        super().__init__("\n".join(lines))


def assert_valid(instance: object, name: str) -> None:
    """Check a response body, already parsed, against a schema in ``schemas/`` (FORM-01 of the contract).

    ``name`` is ``"thread"``, ``"thread_state"``, ``"history"``, ``"error"`` or ``"report"``.

    Raises:
        SchemaViolation: The instance violates the schema. The message shows places, rules and values.
        ValueError: There is no schema of this name.
    """
    __tracebackhide__ = True
    problems = find_problems(instance, name)
    if problems:
        raise SchemaViolation(name, problems)


def find_problems(instance: object, name: str) -> list[SchemaProblem]:
    """Return the problems that `assert_valid` would raise, in the order of the schema."""
    # Two rules may ask the same of one place; that is one problem.
    return list(dict.fromkeys(map(_problem, _validator(name).iter_errors(instance))))


@cache
def _schemas() -> Json:
    """Return every schema by its name. The wheel has them inside the package, a checkout beside it."""
    folder: Traversable = files("pytest_threadcopy") / "schema_files"
    if not folder.is_dir():
        folder = Path(__file__).parents[1] / "schemas"
    return {
        entry.name.removesuffix(".json"): json.loads(entry.read_text(encoding="utf-8"))
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".json")
    }


@cache
def _validator(name: str) -> Draft202012Validator:
    """Return the validator of one schema. It is built once: building takes longer than validating."""
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    schemas = _schemas()
    if name not in schemas:
        raise ValueError(f"no schema is named {name!r}, choose from {', '.join(schemas)}")
    # With a registry of its own, jsonschema never fetches what a $ref names.
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas.values()
    )
    return Draft202012Validator(schemas[name], registry=registry)


def _problem(error: ValidationError) -> SchemaProblem:
    from jsonschema.exceptions import best_match

    # The branch of an anyOf that comes nearest says more than "none fits".
    error = best_match([error]) or error
    expected = json.dumps(error.validator_value)
    if error.validator == "required":
        expected = error.message
    elif error.validator in ("pattern", "anyOf") and isinstance(error.schema, dict):
        # A regular expression or a list of branches is hard to read: the schema's description says the same.
        expected = error.schema.get("description", expected)
    rule = f"{error.validator}: {_cut(expected)}"
    value = error.instance
    is_about_form = value is None or not _is_of_another_kind(error)
    return SchemaProblem(_cut(error.json_path), rule, _cut(_brief.repr(value)), is_about_form)


def _is_of_another_kind(error: ValidationError) -> bool:
    """Whether a list or an object stands where the schema asks for none, or another value in place of one."""
    if error.validator not in ("type", "enum"):
        return False
    expected: Any = error.validator_value
    types: list[str] = [expected] if isinstance(expected, str) else expected
    asks_for_a_scalar = error.validator == "enum" or "string" in types or "integer" in types
    return isinstance(error.instance, dict | list) or not asks_for_a_scalar


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT_SHOWN else f"{text[: _TEXT_SHOWN - 3]}..."
