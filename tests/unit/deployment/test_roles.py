"""The input of an assistant, made from its published schema."""

from typing import Any

import pytest

from pytest_threadcopy.deployment.roles import example, message


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "text"),
        ({"type": "integer"}, 1),
        ({"type": "number"}, 1.5),
        ({"type": "boolean"}, True),
        ({"type": "array", "items": {"type": "string"}}, []),
        ({"type": "object"}, {}),
        ({"type": "null"}, None),
        ({"const": False}, False),
        ({"type": "integer", "default": 0}, 0),
        ({"type": "string", "examples": ["Paris"]}, "Paris"),
        ({"enum": ["low", "high"]}, "low"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, 1),
        ({"oneOf": [{"type": "boolean"}, {"type": "string"}]}, True),
        ({"allOf": [{"properties": {"a": {"type": "integer"}}}]}, {"a": 1}),
        ({"properties": {"b": {"properties": {"c": {}}}}}, {"b": {"c": None}}),
        ({"$ref": "#/$defs/City", "$defs": {"City": {"type": "string"}}}, "text"),
        ({"$ref": "#/definitions/City", "definitions": {"City": {"type": "string"}}}, "text"),
        ({"properties": {"at": {"$ref": "#/$defs/City"}}, "$defs": {"City": {"const": 1}}}, {"at": 1}),
        ({"$ref": "#/$defs/Missing"}, None),
        (True, None),
        (None, None),
    ],
)  # fmt: skip
def test_an_example_is_a_small_value_that_the_schema_allows(schema: Any, value: Any) -> None:
    assert example(schema) == value


def test_a_message_has_an_id_that_depends_on_its_content_alone() -> None:
    first, again, other = (message(text)["messages"][0]["id"] for text in ("Hello", "Hello", "Goodbye"))
    assert first == again != other
