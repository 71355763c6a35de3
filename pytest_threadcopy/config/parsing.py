"""Parses the text of an option; the message of a ``ValueError`` says which text is valid."""

import json
import os
import re
from pathlib import Path
from typing import Any

REPORT_SUFFIXES = (".html", ".json", ".md")
_ON = ("1", "true", "yes", "on")
_OFF = ("0", "false", "no", "off")
_LONGEST = 30 * 24 * 3600.0  # a socket's time limit overflows at a much larger number
_HEADER_NAME = r"(?a)[\w!#$%&'*+.^`|~-]+"  # not compiled: every pytest run loads it


def parse_switch(text: str) -> bool:
    """Return whether a switch is on."""
    if text.lower() not in (*_ON, *_OFF):
        raise ValueError("it must be true or false")
    return text.lower() in _ON


def parse_seconds(text: str) -> float:
    """Return a time limit."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _LONGEST:
        raise ValueError("it must be a number of seconds above 0, at most 30 days")
    return seconds


def parse_count(text: str) -> int:
    """Return a whole number above 0."""
    if not (text.isdecimal() and int(text)):
        raise ValueError("it must be a whole number above 0")
    return int(text)


def parse_number(text: str) -> int:
    """Return a whole number, which may be 0."""
    if not text.isdecimal():
        raise ValueError("it must be a whole number")
    return int(text)


def parse_json(text: str) -> Any:
    """Return the JSON value in a text, or, if the text is ``@FILE``, in that file."""
    source = Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text
    try:
        return json.loads(source, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it must be JSON, or @ and the path of a file that holds JSON ({error})") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def parse_ca_bundle(text: str) -> str:
    """Return the path of a file of certificates."""
    import ssl

    try:
        ssl.create_default_context(cafile=text)
    except ssl.SSLError:
        raise ValueError("it must be a file of certificates in PEM form") from None
    return text


def parse_report(text: str) -> Path:
    """Return the path of a report; a report can be written there."""
    path = Path(text)
    if path.suffix not in REPORT_SUFFIXES:
        raise ValueError(f"it must be a path that ends in {' or '.join(REPORT_SUFFIXES)}")
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise ValueError("it must be a file in a folder that exists and can be written to")
    return path


def parse_headers(text: str) -> dict[str, str]:
    """Return the headers in a text of lines ``Name: value``; the names are in lower case."""
    headers = {}
    for line in map(str.strip, text.splitlines()):
        if line and not line.startswith("#"):
            name, colon, value = (part.strip() for part in line.partition(":"))
            if not colon or not re.fullmatch(_HEADER_NAME, name):
                raise ValueError("it must have one `Name: value` a line")
            if not (value.isascii() and value.isprintable()):
                raise ValueError(f"the value of {name} may hold printable ASCII characters only")
            headers[name.lower()] = value  # to HTTP, X-Api-Key and x-api-key are the same
    return headers


def read_headers(path: str) -> dict[str, str]:
    """Return the headers in a file, one ``Name: value`` a line."""
    return parse_headers(Path(path).read_text(encoding="utf-8"))


def parse_secrets(text: str) -> tuple[str, ...]:
    """Return the secrets in a text, one a line."""
    return tuple(line for line in map(str.strip, text.splitlines()) if line)


def read_secrets(path: str) -> tuple[str, ...]:
    """Return the secrets in a file, one a line."""
    return parse_secrets(Path(path).read_text(encoding="utf-8"))
