"""Which assistant of a deployment plays each role of the contract, and with what input."""

import uuid
from dataclasses import dataclass, replace
from typing import Any

from pytest_threadcopy.api.client import Client
from pytest_threadcopy.config.settings import Settings
from pytest_threadcopy.scenarios import GRAPH_ID
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import DeploymentError

_RESUME = "left"
_MOST_SCHEMAS = 1000
_DEEPEST = 30
_ANNOTATIONS = {"title", "default", "description"}


@dataclass(frozen=True)
class Role:
    """An assistant that behaves as the contract's role of this name, its input, and the value to resume with.

    ``may_run`` says whether its nodes may run. Those of the kit cost nothing; the user must allow all others.
    ``free_key`` is the key of its state that holds any JSON, if it has one.
    """

    name: str
    assistant_id: str
    input: Any
    resume: Any = _RESUME
    may_run: bool = True
    free_key: str | None = "data"


def message(content: str) -> Json:
    """Return an input in the form that most assistants take: one message of the user.

    The same content always gets the same id. Many assistants give a random id to a message without one: two
    threads with the same input would differ.
    """
    message_id = str(uuid.uuid5(uuid.NAMESPACE_URL, content))
    return {"messages": [{"role": "user", "content": content, "id": message_id}]}


class Roles:
    """Finds the assistant that plays a role on a deployment.

    The user's setting comes first (``[tool.threadcopy.roles.NAME]`` in pyproject.toml, and for the plain role
    ``--threadcopy-assistant``), then an assistant whose graph id is the kit's name for the role. Any other
    assistant can play the plain role, but its nodes do not run. ``assistants`` are those that the deployment
    lists.
    """

    def __init__(self, client: Client, settings: Settings, assistants: list[Json]) -> None:
        self._client = client
        self._settings = settings
        # The first assistant of a graph is the one that the server made for it.
        self._by_graph = {str(listed.get("graph_id")): listed for listed in reversed(assistants)}
        self._roles: dict[str, Role | None] = {}

    def find(self, name: str) -> Role | None:
        """Return the assistant that plays a role, or None if there is none."""
        if name not in self._roles:
            self._roles[name] = self._find(name)
        return self._roles[name]

    def playable(self) -> dict[str, str]:
        """Return the id of the assistant for each role that an assistant plays."""
        roles = ((name, self.find(name)) for name in GRAPH_ID)
        return {name: role.assistant_id for name, role in roles if role}

    def _find(self, name: str) -> Role | None:
        settings = self._settings
        mapped = settings.roles.get(name)
        if mapped:
            role = self._role(name, mapped["assistant"])
            role = replace(role, resume=mapped.get("resume", role.resume))
            input_ = mapped.get("input")
            return role if input_ is None else replace(role, input=input_, may_run=True)
        if name == "plain" and settings.assistant:
            return self._role(name, settings.assistant)
        if GRAPH_ID[name] in self._by_graph:
            return Role(name, GRAPH_ID[name], message("Hello"))
        if name == "plain" and self._by_graph:
            return self._role(name, next(reversed(self._by_graph)))
        return None

    def _role(self, name: str, assistant: str) -> Role:
        """Return an assistant in a role, with the input that the user set, or one that its schemas allow."""
        if self._settings.input is not None and name == "plain":
            return Role(name, assistant, self._settings.input, free_key=None)
        listed = self._by_graph.get(assistant, {"assistant_id": assistant})
        try:
            schemas = self._client.assistants.get_schemas(str(listed["assistant_id"]))
        except DeploymentError:
            schemas = {}
        schema = schemas.get("input_schema") or schemas.get("state_schema")
        properties = _object(_object(schema).get("properties"))
        untyped = (key for key, value in properties.items() if not set(_object(value)) - _ANNOTATIONS)
        input_ = message("Hello") if "messages" in properties or not properties else example(schema)
        return Role(name, assistant, input_, may_run=False, free_key=next(untyped, None))


def example(schema: Any) -> Any:
    """Return a small value that a JSON schema allows, as far as its usual keywords say, or None."""
    return _Example(_object(schema)).of(schema)


class _Example:
    """Makes one example. Schemas come from deployments, so it reads at most `_MOST_SCHEMAS` parts of one."""

    def __init__(self, document: Json) -> None:
        self._definitions = _object(document.get("definitions")) | _object(document.get("$defs"))
        self._parts_left = _MOST_SCHEMAS

    def of(self, schema: Any, level: int = 0, references: tuple[str, ...] = ()) -> Any:
        """Return an example, None for a reference that leads back to one of ``references``."""
        self._parts_left -= 1
        if not isinstance(schema, dict) or self._parts_left < 0 or level > _DEEPEST:
            return None
        if "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            is_circle = name in references
            return None if is_circle else self.of(self._definitions.get(name), level + 1, (*references, name))
        examples, allowed = _list(schema, "examples"), _list(schema, "enum")
        for value in (schema.get("const"), schema.get("default"), *examples, *allowed):
            if value is not None:
                return value
        alternatives = [part for key in ("anyOf", "oneOf", "allOf") for part in _list(schema, key)]
        if alternatives:
            values = (self.of(part, level + 1, references) for part in alternatives)
            return next((value for value in values if value is not None), None)
        if "properties" in schema:
            properties = _object(schema["properties"])
            return {key: self.of(value, level + 1, references) for key, value in properties.items()}
        types = schema.get("type")
        simple = {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}}
        return simple.get(str(types[0] if isinstance(types, list) and types else types))


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _list(schema: Json, key: str) -> list[Any]:
    value = schema.get(key)
    return value if isinstance(value, list) else []
