"""Checks responses against the deployment's own ``/openapi.json``."""

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_threadcopy.histories.difference import show_pattern, show_value
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import Answer

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_DOCUMENT = "urn:openapi"
_EXCLUSIVE = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}


class OpenApi:
    """The responses that an OpenAPI document, of version 3.0 or 3.1, describes."""

    def __init__(self, document: Json) -> None:
        self._document = document

    def problems(self, path: str, answer: Answer) -> dict[str, str] | None:
        """Return the places where an answer violates the document, each with its value and the violated rule.

        ``path`` is that of the request, with ``{}`` for each parameter: ``/threads/{}/state``. A place in a
        list has ``[*]`` for its index: the items of a list have one problem together. None says that the
        document does not describe the response to this request.

        Raises:
            Untestable: The document has an error, so that it cannot be applied.
        """
        where = self._operation(path, answer.method.lower())
        responses = self._at(*where, "responses")
        if not responses:
            return None
        described = (str(answer.status), f"{answer.status // 100}XX", "default")
        code = next((code for code in described if code in responses), None)
        if code is None:
            return {"status": f"{answer.status}, but the document describes only {', '.join(responses)}"}
        where += ("responses", code, "content", "application/json", "schema")
        if not self._at(*where):
            return None
        validator = self._validator.evolve(schema={"$ref": f"{_DOCUMENT}#/{'/'.join(map(_escaped, where))}"})
        body = answer.json()
        try:
            errors = list(validator.iter_errors(body))
        except Exception as error:  # a schema can be wrong in any way: a reference, a pattern, a type
            problem = f"{type(error).__name__}: {show_value(str(error))}"
            raise Untestable(f"/openapi.json cannot be applied to {path}: {problem}") from error
        problems: dict[str, str] = {}
        for violation in errors:
            place = show_pattern(tuple(violation.absolute_path)) or "(the whole)"
            rule = f"{violation.validator}: {show_value(violation.validator_value)}"
            problems.setdefault(place, f"{show_value(violation.instance)}, but the document describes {rule}")
        return problems

    def _operation(self, path: str, method: str) -> tuple[str, ...]:
        """Return where the document describes an operation; its paths may begin with a prefix."""
        templates = (known for known in self._at("paths") if re.sub(r"\{[^}]*\}", "{}", known).endswith(path))
        return "paths", next(templates, path), method

    def _at(self, *keys: str) -> Json:
        part: Any = self._document
        for key in keys:
            part = part.get(key) if isinstance(part, dict) else None
        return part if isinstance(part, dict) else {}

    @cached_property
    def _validator(self) -> "Validator":
        """A validator that knows the document. The document is read once; validators evolve from this one."""
        from jsonschema import Draft202012Validator
        from referencing import Registry, Resource
        from referencing.jsonschema import DRAFT202012

        document: Resource[Any] = DRAFT202012.create_resource(_as_json_schema(self._document))
        registry: Registry[Any] = Registry().with_resource(_DOCUMENT, document)
        validator: Validator = Draft202012Validator({}, registry=registry)
        return validator


def _as_json_schema(document: Any) -> Any:
    """Return a document in which JSON Schema replaces the keywords that only OpenAPI 3.0 has."""
    if isinstance(document, list):
        return [_as_json_schema(item) for item in document]
    if not isinstance(document, dict):
        return document
    schema = {key: _as_json_schema(value) for key, value in document.items()}
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
