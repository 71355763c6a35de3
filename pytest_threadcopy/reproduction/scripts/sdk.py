"""The methods of the official SDKs that send the requests of a script, and their arguments."""

from dataclasses import dataclass
from typing import Any

from pytest_threadcopy.reproduction.scripts.replay import Call
from pytest_threadcopy.reproduction.scripts.templates import Series, Text

_CREATE = {"metadata", "thread_id", "if_exists", "supersteps", "ttl"}
_RUN = {"input", "command", "config", "metadata", "interrupt_before", "interrupt_after", "checkpoint"}
_RUN |= {"multitask_strategy", "stream_mode"}
_METHODS: dict[tuple[str, str], tuple[str, set[str], set[str]]] = {
    ("POST", "/threads"): ("threads.create", set(), _CREATE),
    ("POST", "/threads/search"): ("threads.search", set(), {"metadata", "status", "limit", "offset"}),
    ("POST", "copy"): ("threads.copy", set(), set()),
    ("GET", ""): ("threads.get", set(), set()),
    ("PATCH", ""): ("threads.update", {"metadata"}, set()),
    ("DELETE", ""): ("threads.delete", set(), set()),
    ("GET", "history"): ("threads.get_history", {"limit"}, set()),
    ("POST", "history"): ("threads.get_history", set(), {"limit", "before", "checkpoint"}),
    ("GET", "state"): ("threads.get_state", set(), {"subgraphs"}),
    ("GET", "state/"): ("threads.get_state", set(), set()),
    ("POST", "state"): ("threads.update_state", {"values"}, {"as_node", "checkpoint"}),
    ("POST", "runs/wait"): ("runs.wait", {"assistant_id"}, _RUN),
    ("POST", "runs/stream"): ("runs.stream", {"assistant_id"}, _RUN),
    ("GET", "runs"): ("runs.list", set(), {"limit"}),
}
"""The method that sends a request, and the keys that the request must have and may have."""
_POSITIONAL = {"values", "assistant_id"}
_UPDATES = Text(("updates",))
_CAMEL = {Text(("as_node",)): Text(("asNode",))}


@dataclass(frozen=True)
class Method:
    """A method of the SDK's client: its name in Python, and its positional and named arguments."""

    name: str
    positional: list[Any]
    named: dict[Any, Any]


def method_of(call: Call) -> Method | None:
    """Return the method that sends a request as it was sent, or None where the SDK has none."""
    exchange = call.exchange
    rest = "state/" if exchange.is_read and exchange.rest.startswith("state/") else exchange.rest
    # Only the SDK can read a stream, although it may round numbers there.
    if (exchange.method, rest) not in _METHODS or (call.is_exact and rest != "runs/stream"):
        return None
    name, required, optional = _METHODS[exchange.method, rest]
    body = {key.plain: value for key, value in call.body.items()} if isinstance(call.body, dict) else {}
    if not required <= {*body, *exchange.params} <= required | optional or _is_sent_otherwise(call):
        return None
    named = {key: value for key, value in body.items() if value is not None or not exchange.is_run}
    named |= {key: True if key == "subgraphs" else int(str(one)) for key, one in exchange.params.items()}
    if rest == "state/":
        named["checkpoint_id"] = call.rest[1]
    positional = [call.own] if exchange.thread_id else []
    positional += [named.pop(key) for key in required & _POSITIONAL]
    return Method(name, positional, named)


def _is_sent_otherwise(call: Call) -> bool:
    """Whether the method that takes the keys of a request would send another request."""
    exchange = call.exchange
    if exchange.rest == "history" and exchange.method == "GET":
        # The SDK sends POST. That may replace GET where the two are not compared, and have the same pages.
        return call.posts_history
    if exchange.rest.startswith("state/"):
        return len(call.rest) != 2
    return not _has_updates(exchange.body) or (exchange.is_copy and exchange.content is not None)


def _has_updates(body: Any) -> bool:
    """Whether each superstep has the keys that the SDK needs."""
    steps = body.get("supersteps") or [] if isinstance(body, dict) else []
    return all(
        isinstance(step, dict)
        and step.keys() == {"updates"}
        and all(
            {"values", "as_node"} <= update.keys() <= {"values", "as_node", "command"}
            for update in step["updates"]
        )
        for step in steps
    )


def camel(name: str) -> str:
    """Return a name as JavaScript writes it."""
    first, *rest = name.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)


def with_camel_updates(steps: Any) -> Any:
    """Return supersteps in the form of the JavaScript SDK: with ``asNode`` in each update."""
    if isinstance(steps, Series):
        return Series(steps.count, with_camel_updates(steps.item))
    if isinstance(steps, list):
        return [with_camel_updates(one) for one in steps]
    if not isinstance(steps, dict):
        return steps
    return {
        _CAMEL.get(key, key): with_camel_updates(value) if key == _UPDATES else value
        for key, value in steps.items()
    }
