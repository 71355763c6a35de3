"""The options, and how each is read: from the command line, the environment or the ini file, in that order.

Imports pytest and the standard library only, for it is loaded in every pytest run.
"""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

EMBEDDED = "embedded"
REPORT_SUFFIXES = (".json",)
_HEADER_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)


class Option(NamedTuple):
    """One option: ``--threadcopy-NAME``, ini ``threadcopy_NAME``, and perhaps an environment variable.

    ``many`` may be given more than once; its values are a list, one a line in an ini file.
    """

    flag: str
    help: str
    parse: Callable[[str], Any] = str
    default: Any = None
    metavar: str | None = None
    env: str | None = None
    many: bool = False

    @property
    def ini(self) -> str:
        """The option's name in ini files, and its destination on the command line."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def is_switch(self) -> bool:
        """Whether the option takes no value."""
        return self.default is False


def _url(text: str) -> str:
    if text == EMBEDDED:
        return text
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or not text.isprintable():
        raise ValueError(
            "it must be an http:// or https:// address, or `embedded` for the real server started here"
        )
    if parts.query or parts.fragment:
        raise ValueError("it must be an address alone, without what follows a ? or #")
    parts.port  # noqa: B018 - reading it is what checks it
    parts.hostname.encode("idna")
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ValueError("it must be a number of seconds above 0")
    return seconds


def _count(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise ValueError("it must be a whole number above 0")
    return int(text)


def _json(text: str) -> Any:
    source = Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text
    try:
        return json.loads(source)
    except ValueError as error:
        raise ValueError(f"it must be JSON, or @ and the path of a file that holds JSON ({error})") from None


def _ca_bundle(text: str) -> str:
    import ssl

    try:
        ssl.create_default_context(cafile=text)
    except ssl.SSLError:
        raise ValueError("it must be a file of certificates in PEM form") from None
    return text


def _report(text: str) -> Path:
    path = Path(text)
    if path.suffix not in REPORT_SUFFIXES:
        raise ValueError(f"it must be a path that ends in {' or '.join(REPORT_SUFFIXES)}")
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise ValueError("it must be a file in a folder that exists and can be written to")
    return path


def parse_headers(text: str) -> dict[str, str]:
    """Return the headers in a text of lines ``Name: value``; raises ``ValueError`` for another line."""
    lines = [line.strip() for line in text.splitlines()]
    headers = {}
    for line in lines:
        if line and not line.startswith("#"):
            name, colon, value = (part.strip() for part in line.partition(":"))
            if not colon or not _HEADER_NAME.fullmatch(name):
                raise ValueError("it must have one `Name: value` a line")
            if not (value.isascii() and value.isprintable()):
                raise ValueError(f"the value of {name} must be of printable ASCII characters alone")
            headers[name.lower()] = value  # HTTP takes X-Api-Key and x-api-key for one
    return headers


OPTIONS = (
    Option(
        "--deployment-url",
        "the deployment to test; `embedded` starts the real LangGraph server for the run",
        _url,
        metavar="URL",
        env="DEPLOYMENT_URL",
    ),
    Option(
        "--threadcopy-headers",
        "file of headers for each request, one `Name: value` a line; kept secret. In the environment, "
        "DEPLOYMENT_HEADERS holds such lines themselves, and DEPLOYMENT_API_KEY an x-api-key",
        lambda path: parse_headers(Path(path).read_text(encoding="utf-8")),
        metavar="FILE",
    ),
    Option(
        "--threadcopy-second-headers",
        "file of headers of a second identity, which must not reach the threads of the first; in the "
        "environment, DEPLOYMENT_SECOND_HEADERS holds the lines themselves",
        lambda path: parse_headers(Path(path).read_text(encoding="utf-8")),
        metavar="FILE",
    ),
    Option(
        "--threadcopy-timeout",
        "seconds that one request may take (default: 30)",
        _seconds,
        default=30.0,
        metavar="SECONDS",
        env="THREADCOPY_TIMEOUT",
    ),
    Option(
        "--threadcopy-run-timeout",
        "seconds that one run of an assistant may take (default: 120)",
        _seconds,
        default=120.0,
        metavar="SECONDS",
        env="THREADCOPY_RUN_TIMEOUT",
    ),
    Option(
        "--threadcopy-ca-bundle",
        "file of certificates to trust in place of the usual ones",
        _ca_bundle,
        metavar="FILE",
        env="THREADCOPY_CA_BUNDLE",
    ),
    Option("--threadcopy-insecure", "do not verify the deployment's TLS certificate", default=False),
    Option(
        "--threadcopy-assistant",
        "assistant (id or graph id) that plays the plain role; default: the scenario kit's, else the first "
        "that the deployment lists",
        metavar="ID",
        env="THREADCOPY_ASSISTANT",
    ),
    Option(
        "--threadcopy-input",
        "input for that assistant, as JSON or as @FILE; giving one allows runs of it, which may cost money",
        _json,
        metavar="JSON",
        env="THREADCOPY_INPUT",
    ),
    Option(
        "--thread-id",
        "a thread of yours, with a history, to copy where no other can be made; it is read and copied only",
        metavar="ID",
    ),
    Option(
        "--threadcopy-checkpoints",
        "length of the history that must be copied past its first page (default: 130)",
        _count,
        default=130,
        metavar="N",
    ),
    Option(
        "--threadcopy-waivers",
        "TOML file of known violations that do not fail the run",
        metavar="FILE",
    ),
    Option(
        "--threadcopy-scale", "also time copies of 10, 100 and 1,000 checkpoints (SCALE-01)", default=False
    ),
    Option(
        "--threadcopy-report",
        "file to write a report to, in the format that its suffix says: .json; may be repeated",
        _report,
        metavar="PATH",
        many=True,
    ),
    Option(
        "--threadcopy-strict",
        "fail also where a SHOULD or MAY is broken, or a MUST cannot be tested",
        default=False,
    ),
)


def add_options(parser: pytest.Parser) -> None:
    """Register every option on the command line and in ini files."""
    group = parser.getgroup("threadcopy", "thread copies of a LangGraph-compatible deployment")
    for option in OPTIONS:
        text = option.help + (f" [env: {option.env}]" if option.env else "")
        if option.is_switch:
            group.addoption(option.flag, dest=option.ini, action="store_const", const="true", help=text)
        else:
            action = "append" if option.many else "store"
            group.addoption(option.flag, dest=option.ini, action=action, metavar=option.metavar, help=text)
        if option.many:
            parser.addini(option.ini, option.help, type="linelist", default=[])
        else:
            parser.addini(option.ini, option.help, type="string", default="")


def read_options(config: pytest.Config) -> dict[str, Any]:
    """Return the value of each option, parsed, or its default where nobody gave one.

    Raises:
        pytest.UsageError: The value is not valid; the message names the option, the value and what is valid.
    """
    return {option.ini: _read(config, option) for option in OPTIONS}


def _read(config: pytest.Config, option: Option) -> Any:
    for given, where in (
        (config.getoption(option.ini), option.flag),
        (os.environ.get(option.env or "") or None, option.env),
        (_from_ini(config, option), f"ini option {option.ini}"),
    ):
        if given is None:
            continue
        if option.many:
            return [_parse(option, text, where) for text in ([given] if isinstance(given, str) else given)]
        return (
            given.lower() in ("1", "true", "yes", "on") if option.is_switch else _parse(option, given, where)
        )
    return [] if option.many else option.default


def _from_ini(config: pytest.Config, option: Option) -> Any:
    """Return what the ini file says, None for nothing. Paths in it start at its folder, as pytest's do."""
    given = config.getini(option.ini)
    folder = config.inipath.parent if config.inipath else config.invocation_params.dir
    if option.many:
        return [str(folder / path) for path in given] or None
    if given and option.metavar == "FILE":
        return str(folder / given)
    if given.startswith("@"):
        return f"@{folder / given[1:]}"
    return given or None


def _parse(option: Option, text: str, where: str | None) -> Any:
    try:
        return option.parse(text)
    except (ValueError, OSError) as error:
        raise pytest.UsageError(f"{where}: {_hide_user_info(text)!r} is not valid: {error}") from None


def _hide_user_info(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    return scheme + separator + rest.rpartition("@")[2] if separator else text
