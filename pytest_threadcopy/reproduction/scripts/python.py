"""The script in Python, with the official SDK."""

import re
from collections.abc import Callable
from typing import Any

from pytest_threadcopy.reproduction.scripts.python_helpers import HELPERS, VIEWS
from pytest_threadcopy.reproduction.scripts.replay import Call, Replay
from pytest_threadcopy.reproduction.scripts.sdk import method_of
from pytest_threadcopy.reproduction.scripts.templates import Index, Ref, Repeat, Series, Text, enclosed

_CLIENTS = {"first": "client", "second": "second_client", "anonymous": "anonymous_client"}


def python_script(replay: Replay) -> str:
    """Return the script."""
    body: list[str] = []
    for call in replay.calls:
        body += _call(call)
    body += [
        *["running.join()"] * replay.awaits_at_end,
        "",
        *(f"# {line}" for line in replay.seen),
    ]
    for names in replay.shown:
        low = [name.lower() for name in names]
        if len(low) > 1:
            body.append(f'show_difference({low[0]}, {low[1]}, "{low[0]}", "{low[1]}")')
        else:
            body.append(f'print("{low[0]}:", "\\n".join({low[0]}))')
    steps = "\n".join(f"    {line}" if line else "" for line in "\n".join(body).lstrip("\n").splitlines())
    using = steps + "".join(HELPERS[name] for name in ("at_work", "created") if f"{name}(" in steps)
    helpers = [helper for name, helper in HELPERS.items() if re.search(rf"\b{name}\b(?! =)", using)]
    made = "quote(thread_id, safe='')" if replay.makes_odd_ids else "thread_id"
    clients = "".join(f"{_CLIENTS[who]}, " for who in replay.identities).rstrip()
    code = "\n".join(
        [
            f'url = os.environ.get("DEPLOYMENT_URL", {_literal(replay.address.url)})',
            *(_client(who, replay) for who in replay.identities),
            "made = []",
            "",
            *(f"\n{helper}" for helper in helpers),
            f"\ntry:\n{steps}\nfinally:",
            "    for thread_id in made:",
            f"        for any_client in ({clients}):",
            f'            any_client.http.client.delete(f"/threads/{{{made}}}")',
        ]
    )
    modules = [
        name
        for name in ("base64", "difflib", "json", "os", "threading", "time")
        if re.search(rf"\b{name}\.", code)
    ]
    imports = [f"import {name}" for name in modules]
    imports += ["from urllib.parse import quote"] * ("quote(" in code)
    imports += ["", "import httpx"]
    return "\n".join([*_head(replay), *imports, "from langgraph_sdk import get_sync_client", "", code, ""])


def _head(replay: Replay) -> list[str]:
    address = replay.address
    lines = ["# Needs: pip install langgraph-sdk. Save it as a file that ends in .py, and run that."]
    lines += [f"# {line}" for line in replay.needs]
    if address.insecure or address.ca_bundle:
        lines.append("# The test did not trust the usual certificates: name its own in SSL_CERT_FILE.")
    return lines


def _client(who: str, replay: Replay) -> str:
    address, arguments = replay.address, ["url=url"]
    variables = address.variables(who)
    key = next((variable for name, variable in variables.items() if name.lower() == "x-api-key"), None)
    arguments.append(f'api_key=os.environ["{key}"]' if key else "api_key=None")
    headers = [
        f'{_literal(name)}: os.environ["{variable}"]'
        for name, variable in variables.items()
        if name.lower() != "x-api-key"
    ]
    if address.has_user_info:
        info = 'os.environ["DEPLOYMENT_USER_INFO"].encode()'
        headers.append(f'"authorization": "Basic " + base64.b64encode({info}).decode()')
    # Some servers reset a connection on which they answered with an error.
    headers.append('"connection": "close"')
    arguments.append("headers=" + enclosed("{", headers, "}", 1, comma=","))
    arguments.append(f"timeout={address.run_timeout:.0f}")
    return f"{_CLIENTS[who]} = get_sync_client" + enclosed("(", arguments, ")", 0, comma=",")


def _call(call: Call) -> list[str]:
    lines = ["", *(f"# {remark}" for remark in call.remarks)]
    if call.awaits:
        lines.append("running.join()")
    request = _request(call)
    if call.goes_on:
        lines += f"running = threading.Thread(target=lambda: {request})".splitlines()
        return [*lines, "running.start()", f"at_work({_CLIENTS[call.exchange.who]}, {_text(call.own)})"]
    name = "answer" if call.made or call.picks or call.answers else None
    lines += (f"{name} = {request}" if name else request).splitlines()
    if call.made:
        made = call.made.lower()
        thread_id = "created(answer)" if call.creates else 'pick(answer, "thread_id")'
        lines += [f"{made} = {thread_id}", f"made.append({made})"]
    for variable, place in call.picks.items():
        lines.append(f"{variable.lower()} = pick(answer, {', '.join(map(_literal, place))})")
    for name, seen in call.answers.items():
        view = VIEWS.get(seen.kind, "").format(own=_text(call.own), length=seen.length)
        lines.append(f"{name.lower()} = shown(answer{', ' + view if view else ''})")
    return lines


def _request(call: Call) -> str:
    client, exchange = _CLIENTS[call.exchange.who], call.exchange
    method = None if _is_beyond_orjson(exchange.body) else method_of(call)
    if method is None or "-" in method.name:
        arguments = [client, _literal(exchange.method), _text(call.path, _in_url)]
        if call.params:
            items = [f"{_literal(key)}: {_text(value)}" for key, value in call.params.items()]
            arguments.append("params=" + enclosed("{", items, "}", 1))
        if exchange.content is not None:
            arguments.append(f"content=json.dumps({_value(call.body, 1)})")
            arguments.append('headers={"content-type": "application/json"}')
        return "send" + enclosed("(", arguments, ")", 0, comma=",")
    arguments = [_value(one, 1) for one in method.positional]
    arguments += [f"{key}={_value(one, 1)}" for key, one in method.named.items()]
    if method.name == "runs.wait":
        arguments.append("raise_error=False")
    called = f"{client}.{method.name}" + enclosed("(", arguments, ")", 0, comma=",")
    if method.name == "runs.stream":
        called = f"[[part.event, part.data] for part in {called}]"
    return f"attempt(lambda: {called})"


def _is_beyond_orjson(value: Any) -> bool:
    """Whether a value holds what the SDK's encoder refuses: lone surrogates, integers past 64 bits."""
    if isinstance(value, dict):
        return any(map(_is_beyond_orjson, [*value, *value.values()]))
    if isinstance(value, list):
        return any(map(_is_beyond_orjson, value))
    if isinstance(value, str):
        return any("\ud800" <= one <= "\udfff" for one in value)
    return isinstance(value, int) and not -(2**63) <= value < 2**64


def _value(value: Any, indent: int) -> str:
    if isinstance(value, Text):
        return _text(value)
    if isinstance(value, Repeat):
        return f"{_literal(value.unit)} * {value.times}"
    if isinstance(value, Series):
        variable = "_" if "Index()" not in repr(value.item) else "number"
        return enclosed(
            "[", [f"{_value(value.item, indent + 1)} for {variable} in range({value.count})"], "]", indent
        )
    if isinstance(value, dict):
        items = [f"{_text(key)}: {_value(one, indent + 1)}" for key, one in value.items()]
        return enclosed("{", items, "}", indent, comma=",")
    if isinstance(value, list):
        return enclosed("[", [_value(one, indent + 1) for one in value], "]", indent, comma=",")
    return repr(value)


def _variable(variable: Ref) -> str:
    return variable.name.lower()


def _in_url(variable: Ref) -> str:
    name = variable.name.lower()
    return f"quote({name}, safe='')" if variable.is_odd else name


def _text(text: Text, of: Callable[[Ref], str] = _variable) -> str:
    parts = text.parts
    if len(parts) == 1 and isinstance(parts[0], Ref):
        return parts[0].name.lower()
    if all(isinstance(part, str) for part in parts):
        return _literal("".join(map(str, parts)))
    inner = ""
    for part in parts:
        if isinstance(part, str):
            # With a double quote in it, it is always written in single quotes.
            inner += ascii('"' + part)[2:-1].replace('"', '\\"').replace("{", "{{").replace("}", "}}")
        else:
            inner += "{number}" if isinstance(part, Index) else f"{{{of(part)}}}"
    return f'f"{inner}"'


def _literal(value: Any) -> str:
    written = ascii(value)
    is_plain = isinstance(value, str) and "'" not in value and '"' not in value
    return f'"{written[1:-1]}"' if is_plain else written
