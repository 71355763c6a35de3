"""The script in bash, with curl and jq."""

import json
from typing import Any

from pytest_threadcopy.reproduction.address import PublicAddress
from pytest_threadcopy.reproduction.evidence.provenance import Path
from pytest_threadcopy.reproduction.scripts.render import render
from pytest_threadcopy.reproduction.scripts.replay import Call, Replay
from pytest_threadcopy.reproduction.scripts.templates import Ref, Repeat, Series, Text, enclosed


def curl_script(replay: Replay) -> str:
    """Return the script."""
    return render(
        "curl.sh.jinja",
        replay,
        options_of=_options_of,
        arguments=_arguments,
        in_double_quotes=_in_double_quotes,
        filter_of=_filter_of,
        quoted=_quoted,
        word=_word,
        bare=_bare,
    )


def _options_of(who: str, address: PublicAddress) -> str:
    """Return the options of curl that name an identity."""
    variables = address.variables(who).items()
    options = [f'--header "{_bare(name)}: ${variable}"' for name, variable in variables]
    return " ".join(options + ['--user "$DEPLOYMENT_USER_INFO"'] * address.has_user_info)


def _arguments(call: Call) -> str:
    body = [] if call.exchange.content is None else [f"'{_json(call.body, 0)}'"]
    return " ".join([call.exchange.method, f'"{call.target(_in_url)}"', *body])


def _in_url(variable: Ref) -> str:
    return f'$(uri "${variable.name}")' if variable.is_odd else f"${{{variable.name}}}"


def _in_double_quotes(text: Text) -> str:
    return f'"{text.written(_escaped, lambda variable: f"${variable.name}")}"'


def _escaped(text: str) -> str:
    return "".join(f"\\{one}" if one in '"$`\\' else one for one in text)


def _between_quotes(variable: Ref) -> str:
    return f"'\"${variable.name}\"'"


def _json(value: Any, indent: int) -> str:
    """Return a template as JSON inside a single-quoted word of bash: the quotes end before each variable."""
    if isinstance(value, Text):
        return f'"{value.written(_json_inner, _between_quotes)}"'
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


def _json_inner(text: str) -> str:
    """Return a text as the inside of a JSON string that can stand in single quotes."""
    return json.dumps(text)[1:-1].replace("'", "\\u0027").replace("\x7f", "\\u007f")


def _jq(value: Any) -> str:
    """Return a template as a program of jq, without single quotes."""
    if isinstance(value, Repeat):
        return f'"{_json_inner(value.unit)}" * {value.times}'
    if isinstance(value, Text):
        # A series has no variables.
        return '"' + value.written(_json_inner, repr, "\\(.)") + '"'
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_jq(key)}: {_jq(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_jq, value)) + "]"
    return json.dumps(value)


def _filter_of(place: Path) -> str:
    return "." + "".join(f"[{json.dumps(key)}]" for key in place)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _word(text: str) -> str:
    """Return a text as the default of a variable: quoted, unless it is a URL of plain characters."""
    safe = all(one.isalnum() or one in ":/.-_~%[]" for one in text) and text.isascii()
    return text if safe else _quoted(text)


def _bare(header: str) -> str:
    return "".join(one for one in header if one.isascii() and (one.isalnum() or one in "-_."))
