"""The script in bash, with curl and jq."""

import json
from typing import Any
from urllib.parse import quote

from pytest_threadcopy.reproduction.evidence.provenance import Path
from pytest_threadcopy.reproduction.evidence.views import OWN
from pytest_threadcopy.reproduction.scripts.replay import Call, Replay
from pytest_threadcopy.reproduction.scripts.templates import Index, Ref, Repeat, Series, Text, enclosed

_OWN = f"""\
# Marks the places where a thread state holds its own thread's id: there alone may a copy differ.
OWN='def ids: (., .checkpoint, .parent_checkpoint, .metadata, .configurable,
        (.config, .parent_config | objects | .configurable),
        (.tasks | arrays | .[] | objects | .checkpoint)),
    (.tasks | arrays | .[] | objects | .state | objects | ids);
def own: if type == "array" then map(own) elif type == "object"
    then (ids | objects | .thread_id | select(. == $id)) |= "{OWN}" else . end;'
"""
_FILTERS = {
    "whole": ".",
    "own": "own",
    "tail": ".[-{length}:] | own",
    "ending": "{{values, next, interrupts: [.tasks[]? | .interrupts[]? | .value]}}",
    "count": "length",
    "metadata": ".metadata | if .thread_id? == $id then del(.thread_id) else . end",
    "object": "{{status, values, interrupts: [.interrupts | .[]? | (arrays | .[]), objects | .value]}}",
    "values": "del(.__interrupt__?)",
    "status": "empty",
}
_EXACT = """\
exact() { # marks numbers, which jq may round
    grep -oE '"([^"\\\\]|\\\\.)*"|[^"]+' | sed -E '/^"/!s/-?[0-9][0-9.eE+-]*/"number &"/g' | tr -d '\\n'
}
"""
_STREAM = """\
events() { # the names of a stream's events, and the last values among them, as JSON
    tr -d '\\r' | jq --raw-input --slurp '[split("\\n\\n")[] | select(test("(^|\\n)event:"))
        | {event: capture("(^|\\n)event: *(?<name>[^\\n]*)").name,
           data: [scan("(?:^|\\n)data: *([^\\n]*)")[0]] | add}]
        | {events: map(.event), values: (map(select(.event == "values") | .data | fromjson) | last)}'
}
"""
_URI = """\
uri() { jq --null-input --raw-output --arg text "$1" '$text | @uri'; }
"""
_AT_WORK = """\
at_work() { # ID: waits until a run has left a checkpoint, and has more to do
    for _ in {1..100}; do
        call GET "/threads/%s/history?limit=1"
        [ -z "$(pick '.[0].next[0] // empty')" ] || return
        sleep 0.1
    done
}
"""

_END = "END_OF_SCRIPT"
_CALL = """\
MADE=()
stop() { echo "Not reproduced: $1" >&2; exit 2; }
call() { # METHOD PATH [JSON]: STATUS and ANSWER are what came, under the identity that WHO names
    local headers="$WHO[@]"
    ANSWER=$(curl --silent --show-error%s --max-time %.0f --write-out '\\n%%{http_code}' --request "$1" \\
        "${!headers}" ${3+--header 'content-type: application/json' --data-binary @-} \\
        "$DEPLOYMENT_URL$2" <<<"${3-}")
    STATUS=${ANSWER##*$'\\n'} ANSWER=${ANSWER%%$'\\n'*}
    [ "$STATUS" != 000 ] || stop "$1 $DEPLOYMENT_URL$2 was not answered"
}
made() { # NAME: holds the id of the thread that was made, and that is deleted at the end
    printf -v "$1" %%s "$(pick '.thread_id // empty')"
    [ -z "${!1}" ] || MADE+=("${!1}")
}
pick() { jq --raw-output "$1" <<<"$ANSWER" 2>/dev/null; }
shown() { # ID FILTER: the answer, in a form in which two can be compared
    echo "$STATUS"
    [ "$STATUS" -lt 300 ] && jq --sort-keys --arg id "$1" "${OWN-} $2" <<<"$ANSWER" 2>/dev/null ||
        echo "$ANSWER"
}
clean_up() {
    for WHO in %s; do
        for id in "${MADE[@]}"; do call DELETE "/threads/%s"; done
    done
}
trap clean_up EXIT
"""


def curl_script(replay: Replay) -> str:
    """Return the script."""
    names = " ".join(who.upper() for who in replay.identities)
    made = '$(uri "$id")' if replay.makes_odd_ids else "$id"
    call = _CALL % (" --insecure" * replay.address.insecure, replay.address.run_timeout, names, made)
    lines = [*_head(replay), call]
    if replay.views & {"own", "tail"}:
        lines.append(_OWN)
    if any(call.is_exact and call.answers for call in replay.calls):
        lines.append(_EXACT)
    if "stream" in replay.views:
        lines.append(_STREAM)
    steps: list[str] = []
    who = ""
    for one in replay.calls:
        steps += _call(one, who)
        who = one.exchange.who
    if replay.makes_odd_ids or any("$(uri " in step for step in steps):
        lines.append(_URI)
    if any(one.goes_on for one in replay.calls):
        lines.append(_AT_WORK % ('$(uri "$1")' if replay.makes_odd_ids else "$1"))
    lines += [
        *steps,
        *["wait"] * replay.awaits_at_end,
        "",
        *(f"# {line}" for line in replay.seen),
    ]
    for names_shown in replay.shown:
        first, *others = names_shown
        low = [name.lower() for name in names_shown]
        if others:
            lines += [
                f"diff --unified --label {low[0]} --label {low[1]} \\",
                f'    <(echo "${first}") <(echo "${others[0]}") &&',
                f"    echo \"no difference: {low[0]}, {low[1]} (both answered ${{{first}%%$'\\n'*}})\"",
            ]
        else:
            lines.append(f'echo "{low[0]}: ${first}"')
    return "\n".join([*lines, _END]) + "\n"


def _head(replay: Replay) -> list[str]:
    """Return the requirements, the address, and the curl options of each identity."""
    address = replay.address
    lines = ["# Needs bash, curl and jq. Can be pasted into sh, bash or zsh."]
    lines += [f"# {line}" for line in address.to_be_started]
    if address.ca_bundle:
        lines.append("# The test trusted a CA bundle of its own: name it in CURL_CA_BUNDLE.")
    lines.append(f"bash <<'{_END}'")
    lines.append(f"DEPLOYMENT_URL=${{DEPLOYMENT_URL:-{_word(address.url)}}}")
    for who in replay.identities:
        options = []
        for name, variable in address.variables(who).items():
            lines.append(f': "${{{variable}:?the value of the header {_bare(name)}}}"')
            options.append(f'--header "{_bare(name)}: ${variable}"')
        if address.has_user_info:
            lines.append(': "${DEPLOYMENT_USER_INFO:?user:password}"')
            options.append('--user "$DEPLOYMENT_USER_INFO"')
        lines.append(f"{who.upper()}=({' '.join(options)})")
    return lines


def _call(call: Call, who: str) -> list[str]:
    exchange = call.exchange
    lines = ["", *(f"# {remark}" for remark in call.remarks)]
    if call.awaits:
        lines.append("wait")
    if exchange.who != who:
        lines.append(f"WHO={exchange.who.upper()}")
    arguments = [exchange.method, _address(call)]
    if exchange.content is not None:
        arguments.append(_argument(call.body))
    lines.append(f"call {' '.join(arguments)}")
    if call.goes_on:
        lines[-1] += f" &\nat_work {_in_double_quotes(call.own)}"
    if call.made:
        lines.append(f"made {call.made}")
        if call.creates:
            lines.append(f'[ "${call.made}" ] || stop "no thread was created: $STATUS $ANSWER"')
    lines += [f"{name}=$(pick {_quoted(_place(place))})" for name, place in call.picks.items()]
    if call.answers and any(view.kind == "stream" for view in call.answers.values()):
        lines.append('[ "$STATUS" -ge 300 ] || ANSWER=$(events <<<"$ANSWER")')
    if call.answers and call.is_exact:
        lines.append('ANSWER=$(exact <<<"$ANSWER")')
    for name, view in call.answers.items():
        chosen = _FILTERS.get(view.kind, ".").format(length=view.length)
        lines.append(f"{name}=$(shown {_own(call)} {_quoted(chosen)})")
    return lines


def _own(call: Call) -> str:
    return _in_double_quotes(call.own) if call.own.parts else "''"


def _address(call: Call) -> str:
    query = "&".join(f"{quote(key, safe='')}={_in_url(value)}" for key, value in call.params.items())
    path = _in_url(call.path, safe="/%")
    return f'"{path}?{query}"' if query else f'"{path}"'


def _in_url(text: Text, safe: str = "") -> str:
    return "".join(
        _variable_in_url(part) if isinstance(part, Ref) else quote(str(part), safe=safe)
        for part in text.parts
    )


def _variable_in_url(variable: Ref) -> str:
    return f'$(uri "${variable.name}")' if variable.is_odd else f"${{{variable.name}}}"


def _in_double_quotes(text: Text) -> str:
    parts = (f"${part.name}" if isinstance(part, Ref) else _escaped(str(part)) for part in text.parts)
    return f'"{"".join(parts)}"'


def _escaped(text: str) -> str:
    return "".join(f"\\{one}" if one in '"$`\\' else one for one in text)


def _argument(body: Any) -> str:
    """Return a template as a word of bash: JSON in single quotes that end before each variable."""
    return f"'{_json(body, 0)}'"


def _json(value: Any, indent: int) -> str:
    if isinstance(value, Text):
        return _json_text(value)
    if isinstance(value, Repeat):
        return f"'\"$(jq --null-input {_quoted(_jq(value))})\"'"
    if isinstance(value, Series):
        item = _jq(value.item)
        return f"'\"$(jq --null-input --compact-output '[range({value.count}) | {item}]')\"'"
    if isinstance(value, dict):
        items = [f"{_json(key, indent + 1)}: {_json(one, indent + 1)}" for key, one in value.items()]
        return enclosed("{", items, "}", indent)
    if isinstance(value, list):
        return enclosed("[", [_json(one, indent + 1) for one in value], "]", indent)
    return json.dumps(value)


def _json_text(text: Text) -> str:
    parts = (
        f"'\"${part.name}\"'" if isinstance(part, Ref) else _json_inner(str(part)) for part in text.parts
    )
    return f'"{"".join(parts)}"'


def _json_inner(text: str) -> str:
    """Return a text as the inside of a JSON string that can stand in single quotes."""
    return json.dumps(text)[1:-1].replace("'", "\\u0027").replace("\x7f", "\\u007f")


def _jq(value: Any) -> str:
    """Return a template as a program of jq, without single quotes."""
    if isinstance(value, Repeat):
        return f'"{_json_inner(value.unit)}" * {value.times}'
    if isinstance(value, Text):
        return (
            '"'
            + "".join("\\(.)" if isinstance(part, Index) else _json_inner(str(part)) for part in value.parts)
            + '"'
        )
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_jq(key)}: {_jq(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_jq, value)) + "]"
    return json.dumps(value)


def _place(place: Path) -> str:
    return "." + "".join(f"[{json.dumps(key)}]" for key in place)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _word(text: str) -> str:
    """Return a text as the default of a variable: quoted, unless it is a URL of plain characters."""
    safe = all(one.isalnum() or one in ":/.-_~%[]" for one in text) and text.isascii()
    return text if safe else _quoted(text)


def _bare(header: str) -> str:
    return "".join(one for one in header if one.isascii() and (one.isalnum() or one in "-_."))
