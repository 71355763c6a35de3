"""The script in JavaScript, with the official SDK."""

import json
import re
from typing import Any

from pytest_threadcopy.reproduction.address import PublicAddress
from pytest_threadcopy.reproduction.scripts.render import render
from pytest_threadcopy.reproduction.scripts.replay import Call, Replay
from pytest_threadcopy.reproduction.scripts.sdk import Method, camel, method_of, with_camel_updates
from pytest_threadcopy.reproduction.scripts.templates import Ref, Repeat, Series, Text, enclosed

_CLIENTS = {"first": "client", "second": "secondClient", "anonymous": "anonymousClient"}
_HEADERS = {"first": "firstHeaders", "second": "secondHeaders", "anonymous": "noHeaders"}


def javascript_script(replay: Replay) -> str:
    """Return the script."""
    variables = ["answer"] + ["running"] * any(call.goes_on for call in replay.calls)
    for call in replay.calls:
        variables += [camel(name) for name in (call.made, *call.picks, *call.answers) if name]
    return render(
        "javascript.mjs.jinja",
        replay,
        clients=_CLIENTS,
        headers={who: _HEADERS[who] for who in replay.identities},
        headers_of=_headers_of,
        variables=dict.fromkeys(variables),
        request=_request,
        in_sdk_url=_in_sdk_url,
        text=_text,
        camel=camel,
        json=json.dumps,
    )


def _headers_of(who: str, address: PublicAddress) -> str:
    variables = address.variables(who).items()
    headers = [f'{json.dumps(name)}: secret("{variable}")' for name, variable in variables]
    if address.has_user_info:
        headers.append('authorization: `Basic ${btoa(secret("DEPLOYMENT_USER_INFO"))}`')
    return enclosed("{ ", headers, " }", 0) if headers else "{}"


def _request(call: Call) -> str:
    method = method_of(call)
    if method:
        return _called(call, method)
    target = call.target(lambda variable: f"${{encodeURIComponent({camel(variable.name)})}}")
    arguments = [_HEADERS[call.exchange.who], json.dumps(call.exchange.method), f"`{target}`"]
    if call.exchange.content is not None:
        arguments.append(f"String.raw`{_raw_json(call.body, 1)}`")
    return "send" + enclosed("(", arguments, ")", 0)


def _called(call: Call, method: Method) -> str:
    """Return the call of a method, with its arguments as the SDK in JavaScript takes them."""
    named, positional = method.named, method.positional
    arguments = [_in_sdk_url(one) if one is call.own else _value(one, 1) for one in positional]
    match method.name:
        case "threads.create":
            _take_graph_id(named)
            if "supersteps" in named:
                named["supersteps"] = with_camel_updates(named["supersteps"])
        case "threads.get_state":
            checkpoint = named.pop("checkpoint_id", None)
            if checkpoint or named:
                arguments.append(_in_sdk_url(checkpoint) if checkpoint else "undefined")
        case "threads.update_state":
            named = {"values": positional[1], **named}
            arguments.pop()
        case "runs.wait":
            named["raise_error"] = False
    options = [f"{camel(key)}: {_value(one, 2)}" for key, one in named.items()]
    if options:
        arguments.append(enclosed("{ ", options, " }", 1))
    called = f"{_CLIENTS[call.exchange.who]}.{camel(method.name)}" + enclosed("(", arguments, ")", 0)
    return f"attempt(() => {f'collect({called})' if method.name == 'runs.stream' else called})"


def _in_sdk_url(text: Text) -> str:
    """Return an argument that the SDK puts into a URL unquoted, unlike the SDK in Python."""
    return f"encodeURIComponent({_text(text)})" if text.is_odd else _text(text)


def _take_graph_id(named: dict[str, Any]) -> None:
    """Move ``graph_id`` out of the metadata: the SDK has an argument for it, and overwrites that key."""
    metadata = dict(named.get("metadata") or {})
    graph = metadata.pop(Text(("graph_id",)), None)
    if graph is not None:
        named |= {"metadata": metadata, "graph_id": graph}


def _value(value: Any, indent: int) -> str:
    if isinstance(value, Text):
        return _text(value)
    if isinstance(value, Repeat):
        return f"{json.dumps(value.unit)}.repeat({value.times})"
    if isinstance(value, Series):
        return f"Array.from({{ length: {value.count} }}, (_, number) => ({_value(value.item, indent)}))"
    if isinstance(value, dict):
        items = [f"{_property(key)}: {_value(one, indent + 1)}" for key, one in value.items()]
        return enclosed("{ ", items, " }", indent) if items else "{}"
    if isinstance(value, list):
        return enclosed("[", [_value(one, indent + 1) for one in value], "]", indent)
    return json.dumps(value)


def _property(key: Text) -> str:
    """Return a key of an object: computed where it has variables or is ``__proto__``."""
    written = _text(key)
    if key.plain in (None, "__proto__"):
        return f"[{written}]"
    plain = re.fullmatch(r'"([A-Za-z_]\w*)"', written)
    return plain[1] if plain else written


def _text(text: Text) -> str:
    if text.plain is not None:
        return json.dumps(text.plain)
    match text.parts:
        case (Ref(name=name),):
            return camel(name)
    return f"`{text.written(_in_template, _in_braces, '${number}')}`"


def _in_braces(variable: Ref) -> str:
    return f"${{{camel(variable.name)}}}"


def _in_template(text: str) -> str:
    return json.dumps(text)[1:-1].replace("`", "\\`").replace("$", "\\$")


def _in_raw_json(text: str) -> str:
    return json.dumps(text)[1:-1].replace("`", "\\u0060").replace("$", "\\u0024")


def _raw_json(value: Any, indent: int) -> str:
    """Return a template as JSON inside a raw template literal, with numbers unchanged."""
    if isinstance(value, Text):
        return f'"{value.written(_in_raw_json, _in_braces)}"'
    if isinstance(value, Repeat):
        return f'"${{{json.dumps(json.dumps(value.unit)[1:-1])}.repeat({value.times})}}"'
    if isinstance(value, Series):
        return f"${{JSON.stringify({_value(value, indent)})}}"
    if isinstance(value, dict):
        items = [f"{_raw_json(key, indent)}: {_raw_json(one, indent + 1)}" for key, one in value.items()]
        return enclosed("{", items, "}", indent)
    if isinstance(value, list):
        return enclosed("[", [_raw_json(one, indent + 1) for one in value], "]", indent)
    return json.dumps(value)
