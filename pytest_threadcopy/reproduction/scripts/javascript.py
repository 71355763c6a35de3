"""The script in JavaScript, with the official SDK."""

import json
import re
from typing import Any
from urllib.parse import quote

from pytest_threadcopy.reproduction.scripts.javascript_helpers import HELPERS, VIEWS
from pytest_threadcopy.reproduction.scripts.replay import Call, Replay
from pytest_threadcopy.reproduction.scripts.sdk import camel, method_of, with_camel_updates
from pytest_threadcopy.reproduction.scripts.templates import Index, Ref, Repeat, Series, Text, enclosed

_CLIENTS = {"first": "client", "second": "secondClient", "anonymous": "anonymousClient"}
_HEADERS = {"first": "firstHeaders", "second": "secondHeaders", "anonymous": "noHeaders"}


def javascript_script(replay: Replay) -> str:
    """Return the script."""
    used: list[str] = []
    for call in replay.calls:
        used += _call(call)
    used += [
        *["await running;"] * replay.awaits_at_end,
        "",
        *(f"// {line}" for line in replay.seen),
    ]
    for names in replay.shown:
        low = [camel(name) for name in names]
        if len(low) > 1:
            used.append(f'showDifference({low[0]}, {low[1]}, "{low[0]}, {low[1]}");')
        else:
            used.append(
                f'console.log("{low[0]}:", ...{low[0]}.map((part) => JSON.stringify(part, null, 2)));'
            )
    steps = "\n".join(f"  {line}" if line else "" for line in "\n".join(used).lstrip("\n").splitlines())
    clients = [line for who in replay.identities for line in _client(who, replay)]
    using = "\n".join([*clients, steps])
    using += "".join(HELPERS[name] for name in ("atWork", "created") if f"{name}(" in steps)
    helpers = [helper for name, helper in HELPERS.items() if re.search(rf"(?<![.\w]){name}\b(?! =)", using)]
    headers = ", ".join(_HEADERS[who] for who in replay.identities)
    made = "encodeURIComponent(threadId)" if replay.makes_odd_ids else "threadId"
    return "\n".join(
        [
            *_head(replay),
            *(['import assert from "node:assert/strict";'] if "showDifference" in steps else []),
            'import { Client } from "@langchain/langgraph-sdk";',
            "",
            f"const url = process.env.DEPLOYMENT_URL ?? {json.dumps(replay.address.url)};",
            *clients,
            "const made = [];",
            f"let {', '.join(_variables(replay))};",
            "",
            *helpers,
            f"try {{\n{steps}\n}} finally {{",
            "  for (const threadId of made)",
            f"    for (const headers of [{headers}])",
            f'      await fetch(`${{url}}/threads/${{{made}}}`, {{ method: "DELETE", headers }});',
            "}\n",
        ]
    )


def _head(replay: Replay) -> list[str]:
    address = replay.address
    lines = [
        "// Needs node 20 and: npm install @langchain/langgraph-sdk. Save it as a file that ends in .mjs."
    ]
    lines += [f"// {line}" for line in replay.needs]
    if address.insecure or address.ca_bundle:
        lines.append(
            "// The test did not trust the usual certificates: name those to trust in NODE_EXTRA_CA_CERTS."
        )
    return lines


def _variables(replay: Replay) -> list[str]:
    names = ["answer"] + ["running"] * any(call.goes_on for call in replay.calls)
    for call in replay.calls:
        names += [camel(name) for name in (call.made, *call.picks, *call.answers) if name]
    return list(dict.fromkeys(names))


def _client(who: str, replay: Replay) -> list[str]:
    address = replay.address
    headers = [
        f'{json.dumps(name)}: secret("{variable}")' for name, variable in address.variables(who).items()
    ]
    if address.has_user_info:
        headers.append('authorization: `Basic ${btoa(secret("DEPLOYMENT_USER_INFO"))}`')
    name = _HEADERS[who]
    written = enclosed("{ ", headers, " }", 0) if headers else "{}"
    return [
        f"const {name} = {written};",
        f"const {_CLIENTS[who]} = new Client({{ apiUrl: url, apiKey: null, defaultHeaders: {name}, "
        "callerOptions: { maxRetries: 0 } });",
    ]


def _call(call: Call) -> list[str]:
    lines = ["", *(f"// {remark}" for remark in call.remarks)]
    if call.awaits:
        lines.append("await running;")
    if call.goes_on:
        lines += f"running = {_request(call)};".splitlines()
        return [*lines, f"await atWork({_CLIENTS[call.exchange.who]}, {_in_sdk_url(call.own)});"]
    lines += f"answer = await {_request(call)};".splitlines()
    if call.made:
        thread_id = "created(answer)" if call.creates else 'pick(answer, "thread_id")'
        lines.append(f"made.push({camel(call.made)} = {thread_id});")
    for variable, place in call.picks.items():
        lines.append(f"{camel(variable)} = pick(answer, {', '.join(map(json.dumps, place))});")
    for name, seen in call.answers.items():
        view = VIEWS.get(seen.kind, "").format(own=_text(call.own), length=seen.length)
        lines.append(f"{camel(name)} = shown(answer{', ' + view if view else ''});")
    return lines


def _request(call: Call) -> str:
    exchange = call.exchange
    method = method_of(call)
    if method is None:
        query = "&".join(
            f"{quote(key, safe='')}={_template_url(value)}" for key, value in call.params.items()
        )
        path = _template_url(call.path, path=True) + (f"?{query}" if query else "")
        arguments = [_HEADERS[exchange.who], json.dumps(exchange.method), f"`{path}`"]
        if exchange.content is not None:
            arguments.append(f"String.raw`{_raw_json(call.body, 1)}`")
        return "send" + enclosed("(", arguments, ")", 0)
    named = dict(method.named)
    arguments = [_value(one, 1) for one in method.positional]
    if call.own.is_odd and method.positional:
        arguments[0] = _in_sdk_url(call.own)
    if method.name == "threads.create":
        _take_graph_id(named)
    if "supersteps" in named:
        named["supersteps"] = with_camel_updates(named["supersteps"])
    if method.name == "threads.get_state":
        checkpoint = named.pop("checkpoint_id", None)
        if checkpoint or named:
            arguments.append(_in_sdk_url(checkpoint) if checkpoint else "undefined")
    if method.name == "threads.update_state":
        named = {"values": method.positional[1], **named}
        arguments.pop()
    if method.name == "runs.wait":
        named["raise_error"] = False
    options = [f"{camel(key)}: {_value(one, 2)}" for key, one in named.items()]
    if options:
        arguments.append(enclosed("{ ", options, " }", 1))
    called = (
        f"{_CLIENTS[exchange.who]}.{method.name.partition('.')[0]}.{camel(method.name.partition('.')[2])}"
    )
    called += enclosed("(", arguments, ")", 0)
    return f"attempt(() => {f'collect({called})' if method.name == 'runs.stream' else called})"


def _in_sdk_url(text: Text) -> str:
    """Return an argument that the SDK puts into a URL unquoted, unlike the SDK in Python."""
    return f"encodeURIComponent({_text(text)})" if text.is_odd else _text(text)


def _take_graph_id(named: dict[str, Any]) -> None:
    """Move ``graph_id`` out of the metadata: the SDK has an argument for it, and overwrites that key."""
    metadata = dict(named.get("metadata") or {})
    graph = metadata.pop(Text(("graph_id",)), None)
    if graph is not None:
        named["metadata"] = metadata
        named["graph_id"] = graph


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
    if key.parts == ("__proto__",) or not all(isinstance(part, str) for part in key.parts):
        return f"[{written}]"
    plain = re.fullmatch(r'"([A-Za-z_]\w*)"', written)
    return plain[1] if plain else written


def _text(text: Text) -> str:
    parts = text.parts
    if len(parts) == 1 and isinstance(parts[0], Ref):
        return camel(parts[0].name)
    if all(isinstance(part, str) for part in parts):
        return json.dumps("".join(map(str, parts)))
    inner = ""
    for part in parts:
        if isinstance(part, str):
            inner += json.dumps(part)[1:-1].replace("`", "\\`").replace("$", "\\$")
        else:
            inner += "${number}" if isinstance(part, Index) else f"${{{camel(part.name)}}}"
    return f"`{inner}`"


def _raw_json(value: Any, indent: int) -> str:
    """Return a template as JSON inside a raw template literal, with numbers unchanged."""
    if isinstance(value, Text):
        inner = "".join(
            f"${{{camel(part.name)}}}"
            if isinstance(part, Ref)
            else json.dumps(part)[1:-1].replace("`", "\\u0060").replace("$", "\\u0024")
            for part in value.parts
        )
        return f'"{inner}"'
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


def _template_url(text: Text, *, path: bool = False) -> str:
    return "".join(
        f"${{encodeURIComponent({camel(part.name)})}}"
        if isinstance(part, Ref)
        else quote(str(part), safe="/%" if path else "")
        for part in text.parts
    )
