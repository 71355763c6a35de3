"""An exchange in words, in one line."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from pytest_threadcopy.reproduction.evidence.exchange import Exchange
from pytest_threadcopy.schemas import Json

_LONGEST = 160


def step_of(exchange: Exchange, redact: Callable[[str], str]) -> str:
    """Return an exchange in one line: what was done, on which thread, and the result.

    Secrets are removed before anything is cut, so that no part of a secret stays.
    """

    def without_secrets(content: bytes | None) -> bytes | None:
        return None if content is None else redact(content.decode(errors="replace")).encode()

    path, content, answer = redact(exchange.path), exchange.content, exchange.answer
    exchange = replace(exchange, path=path, content=without_secrets(content), answer=without_secrets(answer))
    who = {"second": "as the second identity, ", "anonymous": "with no identity, "}.get(exchange.who, "")
    return clean(f"{who}{_act(exchange)}: {_result(exchange)}")


def clean(text: str) -> str:
    """Return a text of the deployment as one line of printable ASCII."""
    line = text.encode("ascii", "backslashreplace").decode()
    line = re.sub(r"[\x00-\x1f\x7f]", lambda match: f"\\x{ord(match[0]):02x}", line)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def _act(exchange: Exchange) -> str:
    rest = "state" if exchange.is_read and exchange.rest.startswith("state/") else exchange.rest
    describe = _ACTS.get((exchange.method, rest))
    return describe(exchange, _object(exchange.body)) if describe else f"{exchange.method} {exchange.path}"


def _created(exchange: Exchange, body: Json) -> str:
    graph, steps = _object(body.get("metadata")).get("graph_id"), body.get("supersteps")
    of = f" of assistant {graph}" if graph else ""
    history = f" with {len(steps)} supersteps" if isinstance(steps, list) else ""
    return f"created thread {exchange.made or '(none)'}{of}{history}"


def _asked_for(body: Json) -> str:
    """Return in words the threads that a search asks for."""
    wanted = [f"{key} {_short(body[key])}" for key in ("metadata", "status") if body.get(key)]
    return f"threads with {' and '.join(wanted)}" if wanted else "all threads"


def _copied(exchange: Exchange, _: Json) -> str:
    sent = f", sending {exchange.content.decode(errors='replace')}," if exchange.content else ""
    return f"copied {exchange.thread_id}{sent}" + (f" to {exchange.made}" if exchange.made else "")


def _ran(exchange: Exchange, body: Json) -> str:
    verb = "streamed a run of" if exchange.streamed else "ran"
    if "resume" in _object(body.get("command")):
        verb = "resumed"
    return f"{verb} {body.get('assistant_id')} on {exchange.thread_id}{_at(body)}"


def _read_history(exchange: Exchange, body: Json) -> str:
    nested = _object(body.get("checkpoint")).get("checkpoint_ns")
    before = body.get("before", exchange.params.get("before"))
    of = f" of subgraph {nested}" if nested else ""
    since = f" before {_short(before)}" if before else ""
    return f"read the history ({exchange.method}) of {exchange.thread_id}{of}{since}"


def _read_state(exchange: Exchange, _: Json) -> str:
    checkpoint = unquote(exchange.rest.partition("/")[2])
    at = f" at checkpoint {checkpoint}" if checkpoint else ""
    return f"read the state of {exchange.thread_id}{at}" + (" with subgraphs" if exchange.params else "")


_ACTS: dict[tuple[str, str], Callable[[Exchange, Json], str]] = {
    ("POST", "/threads"): _created,
    ("POST", "/threads/count"): lambda _, body: f"counted {_asked_for(body)}",
    ("POST", "/threads/search"): lambda _, body: f"searched for {_asked_for(body)}",
    ("POST", "copy"): _copied,
    ("POST", "runs/wait"): _ran,
    ("POST", "runs/stream"): _ran,
    ("POST", "state"): lambda one, body: f"wrote {_short(body.get('values'))} to {one.thread_id}{_at(body)}",
    ("PATCH", ""): lambda one, _: f"changed the metadata of {one.thread_id}",
    ("DELETE", ""): lambda one, _: f"deleted {one.thread_id}",
    ("GET", ""): lambda one, _: f"read the thread object of {one.thread_id}",
    ("GET", "runs"): lambda one, _: f"listed the runs of {one.thread_id}",
    ("GET", "history"): _read_history,
    ("POST", "history"): _read_history,
    ("GET", "state"): _read_state,
}


def _at(body: Json) -> str:
    checkpoint = body.get("checkpoint")
    return f" from checkpoint {checkpoint.get('checkpoint_id')}" if isinstance(checkpoint, dict) else ""


_ITEMS = {"history": "checkpoints", "runs": "runs", "/threads/search": "threads"}


def _result(exchange: Exchange) -> str:
    if exchange.status is None:
        return "no answer"
    value = exchange.value
    failed = exchange.failed_run
    if failed is not None:
        return f"error {_short(_object(failed).get('error', failed))}"
    if exchange.succeeded and isinstance(value, list):
        kind = "events" if exchange.streamed else _ITEMS.get(exchange.rest, "items")
        return f"{len(value)} {kind if len(value) != 1 else kind[:-1]}"
    if exchange.succeeded and type(value) is int:
        return str(value)
    is_plain = exchange.succeeded and (exchange.made or not exchange.is_copy)
    return str(exchange.status) if is_plain else f"{exchange.status} {_short(value)}"


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
