"""The script in Python, with the official SDK."""

import json
import re
from typing import Any

from pytest_threadcopy.reproduction.address import PublicAddress
from pytest_threadcopy.reproduction.evidence.provenance import scalars_of
from pytest_threadcopy.reproduction.scripts.render import render
from pytest_threadcopy.reproduction.scripts.replay import Call, Replay
from pytest_threadcopy.reproduction.scripts.sdk import method_of
from pytest_threadcopy.reproduction.scripts.templates import Ref, Repeat, Series, Text, enclosed

_CLIENTS = {"first": "client", "second": "second_client", "anonymous": "anonymous_client"}


def python_script(replay: Replay) -> str:
    """Return the script."""
    return render(
        "python.py.jinja",
        replay,
        clients={who: _CLIENTS[who] for who in replay.identities},
        client_arguments=_client_arguments,
        request=_request,
        text=_text,
        literal=_literal,
    )


def _client_arguments(who: str, address: PublicAddress) -> str:
    headers = {name: f'os.environ["{variable}"]' for name, variable in address.variables(who).items()}
    key = next((headers.pop(name) for name in list(headers) if name.lower() == "x-api-key"), None)
    if address.has_user_info:
        info = 'os.environ["DEPLOYMENT_USER_INFO"].encode()'
        headers["authorization"] = f'"Basic " + base64.b64encode({info}).decode()'
    # Some servers reset a connection on which they answered with an error.
    headers["connection"] = '"close"'
    items = [f"{_literal(name)}: {value}" for name, value in headers.items()]
    arguments = [
        "url=url",
        f"api_key={key}",
        "headers=" + enclosed("{", items, "}", 1, comma=","),
        f"timeout={address.run_timeout:.0f}",
    ]
    return enclosed("(", arguments, ")", 0, comma=",")


def _request(call: Call) -> str:
    exchange, client = call.exchange, _CLIENTS[call.exchange.who]
    method = None if _is_beyond_orjson(exchange.body) else method_of(call)
    if method is None:
        arguments = [client, _literal(exchange.method), _text(call.path, in_url=True)]
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
    """Whether the SDK's encoder refuses a value: it has a lone surrogate or an integer past 64 bits."""
    if re.search("[\ud800-\udfff]", json.dumps(value, ensure_ascii=False)):
        return True
    return any(isinstance(one, int) and not -(2**63) <= one < 2**64 for _, one in scalars_of(value))


def _value(value: Any, indent: int) -> str:
    if isinstance(value, Text):
        return _text(value)
    if isinstance(value, Repeat):
        return f"{_literal(value.unit)} * {value.times}"
    if isinstance(value, Series):
        variable = "_" if "Index()" not in repr(value.item) else "number"
        item = f"{_value(value.item, indent + 1)} for {variable} in range({value.count})"
        return enclosed("[", [item], "]", indent)
    if isinstance(value, dict):
        items = [f"{_text(key)}: {_value(one, indent + 1)}" for key, one in value.items()]
        return enclosed("{", items, "}", indent, comma=",")
    if isinstance(value, list):
        return enclosed("[", [_value(one, indent + 1) for one in value], "]", indent, comma=",")
    return repr(value)


def _text(text: Text, *, in_url: bool = False) -> str:
    if text.plain is not None:
        return _literal(text.plain)
    match text.parts:
        case (Ref(name=name),):
            return name.lower()
    return f'f"{text.written(_in_f_string, _in_url if in_url else _in_braces, "{number}")}"'


def _in_braces(variable: Ref) -> str:
    return f"{{{variable.name.lower()}}}"


def _in_url(variable: Ref) -> str:
    return f"{{quote({variable.name.lower()}, safe='')}}" if variable.is_odd else _in_braces(variable)


def _in_f_string(text: str) -> str:
    # With a double quote in it, a literal is always written in single quotes.
    return ascii('"' + text)[2:-1].replace('"', '\\"').replace("{", "{{").replace("}", "}}")


def _literal(value: Any) -> str:
    written = ascii(value)
    is_plain = isinstance(value, str) and "'" not in value and '"' not in value
    return f'"{written[1:-1]}"' if is_plain else written
