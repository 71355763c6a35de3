"""What a deployment promises of its responses, in its own ``/openapi.json``."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_threadcopy.difference import show_pattern, show_value
from pytest_threadcopy.wire.transport import Answer

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

Json = dict[str, Any]
_DOCUMENT = "urn:openapi"


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
        found: dict[str, str] = {}
        validator = self._validator.evolve(schema={"$ref": f"{_DOCUMENT}#/{'/'.join(map(_escaped, where))}"})
        for error in validator.iter_errors(answer.json()):
            asked = f"{error.validator}: {show_value(error.validator_value)}"
            place = show_pattern(tuple(error.absolute_path)) or "(the whole)"
            found.setdefault(place, f"{show_value(error.instance)}, where it describes {asked}")
        return found

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
        from jsonschema import Draft202012Validator, validators
        from referencing import Registry, Resource
        from referencing.jsonschema import DRAFT202012

        document: Resource[Any] = DRAFT202012.create_resource(self._document)
        registry: Registry[Any] = Registry().with_resource(_DOCUMENT, document)

        def nullable_type(validator: Any, types: Any, instance: Any, schema: Json) -> Iterator[Any]:
            """Check a type; in OpenAPI 3.0 ``nullable`` may stand beside it."""
            if not (instance is None and schema.get("nullable")):
                yield from Draft202012Validator.VALIDATORS["type"](validator, types, instance, schema)

        extend: Any = validators.extend
        validator: Validator = extend(Draft202012Validator, {"type": nullable_type})({}, registry=registry)
        return validator


def _escaped(key: str) -> str:
    """Write a key as a part of a JSON pointer in a URI."""
    return key.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
