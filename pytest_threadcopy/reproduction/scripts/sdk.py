"""The methods of the official SDKs that send the requests of a script, and their arguments."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pytest_threadcopy.reproduction.scripts.replay import Call
from pytest_threadcopy.reproduction.scripts.templates import Series, Text

Body = dict[Any, Any]
_CREATE = {"metadata", "thread_id", "if_exists", "supersteps", "ttl"}
_RUN = {"assistant_id", "input", "command", "config", "metadata", "interrupt_before", "interrupt_after"}
_RUN |= {"checkpoint", "multitask_strategy", "stream_mode"}
_UPDATE = {"values", "as_node", "checkpoint"}


@dataclass(frozen=True)
class Method:
    """A method of the SDK's client: its name in Python, and its positional and named arguments."""

    name: str
    positional: list[Any]
    named: dict[str, Any]


def method_of(call: Call) -> Method | None:
    """Return the method that sends a request as it was sent, or None where the SDK has none."""
    exchange = call.exchange
    rest = "state/" if exchange.is_read and exchange.rest.startswith("state/") else exchange.rest
    make = _METHODS.get((exchange.method, rest))
    # Only the SDK can read a stream, although it may round numbers there.
    if make is None or (call.is_exact and rest != "runs/stream"):
        return None
    body = {key.parts[0]: value for key, value in call.body.items()} if isinstance(call.body, dict) else {}
    return make(call, body)


def _create(call: Call, body: Body) -> Method | None:
    known = body.keys() <= _CREATE and _has_updates(call.exchange.body)
    return Method("threads.create", [], body) if known else None


def _copy(call: Call, _: Body) -> Method | None:
    return Method("threads.copy", [call.own], {}) if call.exchange.content is None else None


def _update(call: Call, body: Body) -> Method | None:
    return Method("threads.update", [call.own], body) if body.keys() == {"metadata"} else None


def _get_history(call: Call, body: Body) -> Method | None:
    # The SDK sends POST. That may replace GET where the two are not compared, and have the same pages.
    if call.exchange.method == "GET":
        known = call.params.keys() == {"limit"} and not call.posts_history
        body = {"limit": int(str(call.exchange.params["limit"]))} if known else {}
    else:
        known = body.keys() <= {"limit", "before", "checkpoint"}
    return Method("threads.get_history", [call.own], body) if known else None


def _get_state(call: Call, _: Body) -> Method | None:
    if not call.params.keys() <= {"subgraphs"}:
        return None
    return Method("threads.get_state", [call.own], {"subgraphs": True} if call.params else {})


def _get_older_state(call: Call, _: Body) -> Method | None:
    known = len(call.rest) == 2 and not call.params
    return Method("threads.get_state", [call.own], {"checkpoint_id": call.rest[1]}) if known else None


def _update_state(call: Call, body: Body) -> Method | None:
    known = {"values"} <= body.keys() <= _UPDATE
    return Method("threads.update_state", [call.own, body.pop("values")], body) if known else None


def _run(call: Call, body: Body) -> Method | None:
    if not {"assistant_id"} <= body.keys() <= _RUN:
        return None
    options = {key: value for key, value in body.items() if value is not None and key != "assistant_id"}
    return Method(f"runs.{call.exchange.rest[5:]}", [call.own, body["assistant_id"]], options)


def _list_runs(call: Call, _: Body) -> Method | None:
    known = call.params.keys() <= {"limit"}
    limit = {"limit": int(str(call.exchange.params["limit"]))} if known and call.params else {}
    return Method("runs.list", [call.own], limit) if known else None


def _search(_: Call, body: Body) -> Method | None:
    known = body.keys() <= {"metadata", "status", "limit", "offset"}
    return Method("threads.search", [], body) if known else None


_METHODS: dict[tuple[str, str], Callable[[Call, Body], Method | None]] = {
    ("POST", "/threads"): _create,
    ("POST", "copy"): _copy,
    ("GET", ""): lambda call, _: Method("threads.get", [call.own], {}),
    ("PATCH", ""): _update,
    ("DELETE", ""): lambda call, _: Method("threads.delete", [call.own], {}),
    ("GET", "history"): _get_history,
    ("POST", "history"): _get_history,
    ("GET", "state"): _get_state,
    ("GET", "state/"): _get_older_state,
    ("POST", "state"): _update_state,
    ("POST", "runs/wait"): _run,
    ("POST", "runs/stream"): _run,
    ("GET", "runs"): _list_runs,
    ("POST", "/threads/search"): _search,
}


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
        return Series(steps.count, with_camel_updates([steps.item])[0])
    return [step if isinstance(step, Series) else _camel_step(step) for step in steps]


def _camel_step(step: dict[Text, Any]) -> dict[Text, Any]:
    names = {Text(("as_node",)): Text(("asNode",))}
    return {
        key: [{names.get(name, name): value for name, value in update.items()} for update in updates]
        for key, updates in step.items()
    }
