"""What a deployment promises of its responses, in its own ``/openapi.json``."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_threadcopy.histories.difference import show_pattern, show_value
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import Answer

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_DOCUMENT = "urn:openapi"
_EXCLUSIVE = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}


class OpenApi:
    """The responses that an OpenAPI document describes.

    Args:
        document: The document, version 3.0 or 3.1.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def problems(self, path: str, answer: Answer) -> dict[str, str] | None:
        """Return where an answer breaks the document: each place, and what stands there and what should.

        Places of a list are told together, with ``[*]`` in place of each index.

        Args:
            path: The path that was asked for, with ``{}`` in place of each parameter: ``/threads/{}/state``.
            answer: What was answered.

        Returns:
            The problems, or None where the document says nothing of what such a request answers.

        Raises:
            Untestable: The document is not one that answers can be held against.
        """
        where = self._operation(path, answer.method.lower())
        responses = self._at(*where, "responses")
        if not responses:
            return None
        known = (str(answer.status), f"{answer.status // 100}XX", "default")
        code = next((code for code in known if code in responses), None)
        if code is None:
            return {"status": f"{answer.status}, where {', '.join(responses)} are described"}
        where += ("responses", code, "content", "application/json", "schema")
        if not self._at(*where):
            return None
        validator = self._validator.evolve(schema={"$ref": f"{_DOCUMENT}#/{'/'.join(map(_escaped, where))}"})
        body = answer.json()
        try:
            errors = list(validator.iter_errors(body))
        except Exception as error:  # whatever a schema can be wrong in: a reference, a pattern, a type
            problem = f"{type(error).__name__}: {show_value(str(error))}"
            raise Untestable(f"/openapi.json cannot be read for {path}: {problem}") from error
        return _told(errors)

    def _operation(self, path: str, method: str) -> tuple[str, ...]:
        """Return where the document describes a path; a deployment may put its own before it."""
        templates = (one for one in self._at("paths") if re.sub(r"\{[^}]*\}", "{}", one).endswith(path))
        return "paths", next(templates, path), method

    def _at(self, *where: str) -> Json:
        found: Any = self._document
        for key in where:
            found = found.get(key) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    @cached_property
    def _validator(self) -> "Validator":
        """A validator that knows the document, which is read once; each response's is made from it."""
        from jsonschema import Draft202012Validator
        from referencing import Registry, Resource
        from referencing.jsonschema import DRAFT202012

        document: Resource[Any] = DRAFT202012.create_resource(_without_3_0(self._document))
        registry: Registry[Any] = Registry().with_resource(_DOCUMENT, document)
        validator: Validator = Draft202012Validator({}, registry=registry)
        return validator


def _told(errors: Iterable["ValidationError"]) -> dict[str, str]:
    found: dict[str, str] = {}
    for error in errors:
        asked = f"{error.validator}: {show_value(error.validator_value)}"
        place = show_pattern(tuple(error.absolute_path)) or "(the whole)"
        found.setdefault(place, f"{show_value(error.instance)}, where it describes {asked}")
    return found


def _without_3_0(document: Any) -> Any:
    """Return a document with what only OpenAPI 3.0 knows in the words of JSON Schema."""
    if isinstance(document, list):
        return [_without_3_0(item) for item in document]
    if not isinstance(document, dict):
        return document
    schema = {key: _without_3_0(value) for key, value in document.items()}
    for limit, exclusive in _EXCLUSIVE.items():
        if schema.get(exclusive) is True and limit in schema:
            schema[exclusive] = schema.pop(limit)
        elif isinstance(schema.get(exclusive), bool):
            del schema[exclusive]
    if schema.get("nullable") is True:
        return {"if": {"type": "null"}, "else": schema}
    return schema


def _escaped(key: str) -> str:
    """Write a key as a part of a JSON pointer in a URI."""
    return key.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
