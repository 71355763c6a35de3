"""The options, and how each is read: from the command line, the environment or the ini file, in that order.

This module imports only pytest and the standard library, and compiles no pattern, because every pytest run
loads it.
"""

import os
import re
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import pytest

from pytest_threadcopy.config.address import parse_address
from pytest_threadcopy.config.parsing import (
    parse_ca_bundle,
    parse_count,
    parse_json,
    parse_number,
    parse_report,
    parse_seconds,
    parse_switch,
    read_headers,
    read_secrets,
)


class Option(NamedTuple):
    """One option: ``--threadcopy-NAME``, ini ``threadcopy_NAME``, and perhaps an environment variable.

    An option that is ``many`` may be repeated: its value is a list, which has one item a line in an ini file.
    The value of a ``named`` option is a list of pairs: the name of a deployment and the value for it
    (``NAME=VALUE``). The name is None if the user gives a value without one.
    """

    flag: str
    help: str
    parse: Callable[[str], Any] = str
    default: Any = None
    metavar: str | None = None
    env: str | None = None
    many: bool = False
    named: bool = False

    @property
    def ini(self) -> str:
        """The option's name in ini files, and its destination on the command line."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def is_switch(self) -> bool:
        """Whether the option takes no value."""
        return self.default is False

    @property
    def is_list(self) -> bool:
        """Whether the option's values are a list."""
        return self.many or self.named

    @property
    def is_path(self) -> bool:
        """Whether the option's value is a path; a path in an ini file is relative to the file's folder."""
        return self.metavar in ("FILE", "PATH")


OPTIONS = (
    Option(
        "--deployment-url",
        "the deployment to test; `embedded` starts the real LangGraph server for the run. May be repeated, "
        "and named: staging=https://staging.example. In the environment, separate several by white space",
        parse_address,
        metavar="URL",
        env="DEPLOYMENT_URL",
        many=True,
    ),
    Option(
        "--threadcopy-headers",
        "file of headers that each request carries, one `Name: value` a line; kept secret. In the "
        "environment, DEPLOYMENT_HEADERS holds the lines themselves, and DEPLOYMENT_API_KEY the value of "
        "x-api-key",
        read_headers,
        metavar="FILE",
        named=True,
    ),
    Option(
        "--threadcopy-second-headers",
        "file of headers of a second identity, which must not reach the threads of the first. In the "
        "environment, DEPLOYMENT_SECOND_HEADERS holds the lines themselves",
        read_headers,
        metavar="FILE",
        named=True,
    ),
    Option(
        "--threadcopy-timeout",
        "seconds that one request may take (default: 30)",
        parse_seconds,
        default=30.0,
        metavar="SECONDS",
        env="THREADCOPY_TIMEOUT",
    ),
    Option(
        "--threadcopy-run-timeout",
        "seconds that one run of an assistant may take (default: 120)",
        parse_seconds,
        default=120.0,
        metavar="SECONDS",
        env="THREADCOPY_RUN_TIMEOUT",
    ),
    Option(
        "--threadcopy-total-timeout",
        "seconds that the whole run may take; what it does not reach is not tested (default: 3600)",
        parse_seconds,
        default=3600.0,
        metavar="SECONDS",
        env="THREADCOPY_TOTAL_TIMEOUT",
    ),
    Option(
        "--threadcopy-in-flight",
        "requests that one process may send at the same time (default: 10)",
        parse_count,
        default=10,
        metavar="N",
        env="THREADCOPY_IN_FLIGHT",
    ),
    Option(
        "--threadcopy-redirects",
        "redirects that one request may follow (default: 0); another host never receives your headers",
        parse_number,
        default=0,
        metavar="N",
    ),
    Option(
        "--threadcopy-secrets",
        "file of texts that no output may show, one a line; header values are always hidden. In the "
        "environment, THREADCOPY_SECRETS holds the lines themselves",
        read_secrets,
        default=(),
        metavar="FILE",
    ),
    Option(
        "--threadcopy-ca-bundle",
        "file of certificates to trust instead of the usual ones",
        parse_ca_bundle,
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
        "input for that assistant, as JSON or as @FILE; with an input, the assistant is run, which may cost "
        "money",
        parse_json,
        metavar="JSON",
        env="THREADCOPY_INPUT",
    ),
    Option(
        "--thread-id",
        "a thread of yours, with a history, to copy if no other can be made; it is only read and copied",
        metavar="ID",
        named=True,
    ),
    Option(
        "--threadcopy-checkpoints",
        "checkpoints of the long history that SAME-02 copies (default: 130, which is more than a page)",
        parse_count,
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
        "file to write a report to, in the format that its suffix says: .html, .md or .json; may be repeated",
        parse_report,
        metavar="PATH",
        many=True,
    ),
    Option(
        "--threadcopy-strict",
        "also fail the run if a SHOULD or MAY fails, or if a MUST cannot be tested",
        default=False,
    ),
)

_MAYBE_SECRET = r"(?s)(?<=[?#]).+|(?<=:)(?!\d*(/|$)).+"

LIST, CLEANUP = "--threadcopy-list", "--threadcopy-cleanup"


def add_options(parser: pytest.Parser) -> None:
    """Register every option on the command line and in ini files."""
    group = parser.getgroup("threadcopy", "thread copies of a LangGraph-compatible deployment")
    for option in OPTIONS:
        text = option.help + (f" [env: {option.env}]" if option.env else "")
        if option.is_switch:
            group.addoption(option.flag, dest=option.ini, action="store_const", const="true", help=text)
        else:
            action = "append" if option.is_list else "store"
            group.addoption(option.flag, dest=option.ini, action=action, metavar=option.metavar, help=text)
        if option.is_list:
            parser.addini(option.ini, option.help, type="linelist", default=[])
        else:
            parser.addini(option.ini, option.help, type="string", default="")
    group.addoption(LIST, action="store_true", help="print the requirements of the contract and run no test")
    group.addoption(
        CLEANUP,
        action="store_true",
        help="delete the threads that killed runs left on the deployment and run no test",
    )


def read_options(config: pytest.Config) -> dict[str, Any]:
    """Return the parsed value of each option, or its default.

    Raises:
        pytest.UsageError: A value is not valid; the message names the option, and says which values are.
    """
    values: dict[str, Any] = {}
    for option in OPTIONS:  # --deployment-url comes first, and gives the names
        names = {address.name for address in values.get("deployment_url", ())}
        values[option.ini] = _read(config, option, names)
    return values


def _read(config: pytest.Config, option: Option, names: Collection[str]) -> Any:
    for raw, where in (
        (config.getoption(option.ini), option.flag),
        (os.environ.get(option.env or "") or None, option.env),
        (config.getini(option.ini) or None, f"ini option {option.ini}"),
    ):
        if raw is None:
            continue
        texts = raw if isinstance(raw, list) else raw.split() if option.is_list else [raw]
        values = []
        for text in texts:
            name, equals, value = text.partition("=")
            if not (option.named and equals and name in names):
                name, value = None, text
            if where not in (option.flag, option.env):
                value = _from_folder(config, option, value)
            parsed = _parse(option, value, where)
            values.append((name, parsed) if option.named else parsed)
        return values if option.is_list else values[-1]
    return [] if option.is_list else option.default


def _from_folder(config: pytest.Config, option: Option, text: str) -> str:
    """Return a value of an ini file. A path in it is relative to the folder of the file."""
    folder = config.inipath.parent if config.inipath else config.invocation_params.dir
    if option.is_path:
        return str(folder / text)
    return f"@{folder / text[1:]}" if text.startswith("@") else text


def _parse(option: Option, text: str, where: str | None) -> Any:
    try:
        return parse_switch(text) if option.is_switch else option.parse(text)
    except (ValueError, OSError) as error:
        if option.parse in (read_headers, read_secrets) and isinstance(error, OSError):
            problem = f"{error.strerror} (it must name a file; the value may be a secret, and is not shown)"
            raise pytest.UsageError(f"{where} is not valid: {problem}") from None
        value = _without_secrets(text) if option.ini == "deployment_url" else text
        raise pytest.UsageError(f"{where}: {value!r} is not valid: {error}") from None


def _without_secrets(text: str) -> str:
    """Return an invalid URL without its user info, its query, and a port that is no number."""
    scheme, separator, rest = text.rpartition("://")
    address = rest.rpartition("@")[2]
    return scheme.rpartition("@")[2] + separator + re.sub(_MAYBE_SECRET, "***", address)
