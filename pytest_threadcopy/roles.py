"""Roles: which assistant of a deployment behaves as the contract's role of a name, and what to tell it."""

from dataclasses import dataclass
from typing import Any

from pytest_threadcopy.client import Client
from pytest_threadcopy.scenarios import GRAPH_ID
from pytest_threadcopy.settings import Settings
from pytest_threadcopy.transport import DeploymentError

Json = dict[str, Any]
_RESUME = "left"


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
    """Return an input by the convention that most assistants share: one message of the user's."""
    return {"messages": [{"role": "user", "content": content}]}


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
            known = self._by_schemas(name, mapped["assistant"])
            return Role(
                name,
                mapped["assistant"],
                known.input if given is None else given,
                mapped.get("resume", _RESUME),
                may_run=given is not None,
                free_key=known.free_key,
            )
        if name == "plain" and settings.assistant:
            return self._by_schemas(name, settings.assistant)
        if GRAPH_ID[name] in self._graphs:
            return Role(name, GRAPH_ID[name], message("Hello"))
        if name == "plain" and self._graphs:
            return self._by_schemas(name, next(reversed(self._graphs)))
        return None

    def _by_schemas(self, name: str, assistant: str) -> Role:
        """Return an assistant as a role, its input by the user's word, its schemas, or the convention."""
        settings = self._settings
        if settings.input is not None and name == "plain":
            return Role(name, assistant, settings.input, free_key=None)
        listed = self._graphs.get(assistant, {"assistant_id": assistant})
        try:
            schemas = self._client.assistants.get_schemas(str(listed["assistant_id"]))
        except DeploymentError:
            schemas = {}
        schema = (schemas or {}).get("input_schema") or (schemas or {}).get("state_schema")
        properties = schema.get("properties", {}) if isinstance(schema, dict) else {}
        untyped = (
            key for key, value in properties.items() if not set(value) - {"title", "default", "description"}
        )
        given = message("Hello") if "messages" in properties or not properties else example(schema)
        return Role(name, assistant, given, may_run=False, free_key=next(untyped, None))


def example(schema: Any, root: Any = None) -> Any:
    """Return a small value that a JSON schema allows, as far as its usual keywords tell.

    Args:
        schema: The schema, as an assistant publishes it.
        root: The document in which ``$ref`` is looked up; the schema itself unless given.
    """
    root = schema if root is None else root
    if not isinstance(schema, dict):
        return None
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return example((root.get("$defs") or root.get("definitions") or {}).get(name), root)
    given = [schema.get("const"), schema.get("default"), *schema.get("examples", []), *schema.get("enum", [])]
    alternatives = [one for key in ("anyOf", "oneOf", "allOf") for one in schema.get(key, [])]
    if any(value is not None for value in given):
        return next(value for value in given if value is not None)
    if alternatives:
        return example(alternatives[0], root)
    if "properties" in schema:
        return {key: example(value, root) for key, value in schema["properties"].items()}
    simple = {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}}
    return simple.get(str(schema.get("type")))
