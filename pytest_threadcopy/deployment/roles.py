"""Roles: which assistant of a deployment behaves as the contract's role of a name, and what to tell it."""

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


@dataclass(frozen=True)
class Role:
    """An assistant that behaves as the contract's role of that name, and what it is told.

    ``may_run`` says whether its nodes may be run: the kit's cost nothing, another's only at a user's word.
    ``free_key`` is the key of its state that holds any JSON, if it has one.
    """

    name: str
    assistant_id: str
    input: Any
    resume: Any = _RESUME
    may_run: bool = True
    free_key: str | None = "data"


def message(content: str) -> Json:
    """Return an input by the convention that most assistants share: one message of the user's.

    Its id is given, and the same each time: many assistants give a message without one a random id, so that
    two threads to which the same is written would differ.
    """
    known = str(uuid.uuid5(uuid.NAMESPACE_URL, content))
    return {"messages": [{"role": "user", "content": content, "id": known}]}


class Roles:
    """Finds who plays a role on a deployment.

    The user's word comes first (``[tool.threadcopy.roles.NAME]`` in pyproject.toml, and for the plain role
    ``--threadcopy-assistant``), then an assistant whose graph id is the kit's name for the role. The plain
    role is played by any assistant, though without running it.

    Args:
        client: The deployment.
        settings: What the user asked for.
        assistants: The assistants that the deployment lists.
    """

    def __init__(self, client: Client, settings: Settings, assistants: list[Json]) -> None:
        self._client = client
        self._settings = settings
        # The first that is listed for a graph wins: it is the one the server made for it.
        self._graphs = {str(listed.get("graph_id")): listed for listed in reversed(assistants)}
        self._known: dict[str, Role | None] = {}

    def find(self, name: str) -> Role | None:
        """Return who plays a role, or None where nobody does."""
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def playable(self) -> dict[str, str]:
        """Return each role that somebody plays, with the assistant who does."""
        found = ((name, self.find(name)) for name in GRAPH_ID)
        return {name: role.assistant_id for name, role in found if role}

    def _find(self, name: str) -> Role | None:
        settings = self._settings
        mapped = settings.roles.get(name)
        if mapped:
            given = mapped.get("input")
            role = self._assistant(name, mapped["assistant"])
            role = replace(role, resume=mapped.get("resume", role.resume))
            return role if given is None else replace(role, input=given, may_run=True)
        if name == "plain" and settings.assistant:
            return self._assistant(name, settings.assistant)
        if GRAPH_ID[name] in self._graphs:
            return Role(name, GRAPH_ID[name], message("Hello"))
        if name == "plain" and self._graphs:
            return self._assistant(name, next(reversed(self._graphs)))
        return None

    def _assistant(self, name: str, assistant: str) -> Role:
        """Return an assistant that the user named as a role, its input by the user's word or its schemas."""
        settings = self._settings
        if settings.input is not None and name == "plain":
            return Role(name, assistant, settings.input, free_key=None)
        return self._by_schemas(name, assistant)

    def _by_schemas(self, name: str, assistant: str) -> Role:
        listed = self._graphs.get(assistant, {"assistant_id": assistant})
        try:
            schemas = self._client.assistants.get_schemas(str(listed["assistant_id"]))
        except DeploymentError:
            schemas = {}
        schema = schemas.get("input_schema") or schemas.get("state_schema")
        properties = _object(_object(schema).get("properties"))
        told = {"title", "default", "description"}
        untyped = (key for key, value in properties.items() if not set(_object(value)) - told)
        given = message("Hello") if "messages" in properties or not properties else example(schema)
        return Role(name, assistant, given, may_run=False, free_key=next(untyped, None))


def example(schema: Any) -> Any:
    """Return a small value that a JSON schema allows, as far as its usual keywords tell, or None.

    Args:
        schema: The schema, as an assistant publishes it.
    """
    return _Example(schema).of(schema)


class _Example:
    """Makes one example. Schemas come from deployments: only so many of the parts of one are looked at."""

    def __init__(self, root: Any) -> None:
        document = _object(root)
        self._definitions = _object(document.get("definitions")) | _object(document.get("$defs"))
        self._left = _MOST_SCHEMAS

    def of(self, schema: Any, level: int = 0, followed: tuple[str, ...] = ()) -> Any:
        """Return an example; a reference that leads to itself again, by way of ``followed``, has none."""
        self._left -= 1
        if not isinstance(schema, dict) or self._left < 0 or level > _DEEPEST:
            return None
        if "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            known = name not in followed
            return self.of(self._definitions.get(name), level + 1, (*followed, name)) if known else None
        given = [
            schema.get("const"),
            schema.get("default"),
            *_list(schema, "examples"),
            *_list(schema, "enum"),
        ]
        if any(value is not None for value in given):
            return next(value for value in given if value is not None)
        alternatives = [one for key in ("anyOf", "oneOf", "allOf") for one in _list(schema, key)]
        if alternatives:
            examples = (self.of(one, level + 1, followed) for one in alternatives)
            return next((value for value in examples if value is not None), None)
        if "properties" in schema:
            properties = _object(schema["properties"])
            return {key: self.of(value, level + 1, followed) for key, value in properties.items()}
        kinds = schema.get("type")
        simple = {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}}
        return simple.get(str(kinds[0] if isinstance(kinds, list) and kinds else kinds))


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _list(schema: Json, key: str) -> list[Any]:
    value = schema.get(key)
    return value if isinstance(value, list) else []
