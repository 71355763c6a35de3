"""The options, and how each is read: from the command line, the environment or the ini file, in that order.

Imports pytest and the standard library only, for it is loaded in every pytest run.
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

    ``many`` may be given more than once; its values are a list, one a line in an ini file. So are those of
    ``named``, each a pair with the name of the deployment that it is for (``NAME=VALUE``), or None.
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
        """Whether the option's value is a path; in an ini file it starts at that file's folder."""
        return self.metavar in ("FILE", "PATH")


OPTIONS = (
    Option(
        "--deployment-url",
        "the deployment to test; `embedded` starts the real LangGraph server for the run. May be repeated, "
        "and named: staging=https://staging.example. In the environment, white space parts them",
        parse_address,
        metavar="URL",
        env="DEPLOYMENT_URL",
        many=True,
    ),
    Option(
        "--threadcopy-headers",
        "file of headers for each request, one `Name: value` a line; kept secret. In the environment, "
        "DEPLOYMENT_HEADERS holds such lines themselves, and DEPLOYMENT_API_KEY an x-api-key",
        read_headers,
        metavar="FILE",
        named=True,
    ),
    Option(
        "--threadcopy-second-headers",
        "file of headers of a second identity, which must not reach the threads of the first; in the "
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
        "seconds that the whole run may take; what is not reached by then is untestable (default: 3600)",
        parse_seconds,
        default=3600.0,
        metavar="SECONDS",
        env="THREADCOPY_TOTAL_TIMEOUT",
    ),
    Option(
        "--threadcopy-in-flight",
        "requests that one process may have under way at once (default: 10)",
        parse_count,
        default=10,
        metavar="N",
        env="THREADCOPY_IN_FLIGHT",
    ),
    Option(
        "--threadcopy-redirects",
        "redirects to follow of one request (default: 0); to another host without your headers",
        parse_number,
        default=0,
        metavar="N",
    ),
    Option(
        "--threadcopy-secrets",
        "file of texts that no output may show, one a line, beside the values of headers; in the "
        "environment, THREADCOPY_SECRETS holds the lines themselves",
        read_secrets,
        default=(),
        metavar="FILE",
    ),
    Option(
        "--threadcopy-ca-bundle",
        "file of certificates to trust in place of the usual ones",
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
        "input for that assistant, as JSON or as @FILE; giving one allows runs of it, which may cost money",
        parse_json,
        metavar="JSON",
        env="THREADCOPY_INPUT",
    ),
    Option(
        "--thread-id",
        "a thread of yours, with a history, to copy where no other can be made; it is read and copied only",
        metavar="ID",
        named=True,
    ),
    Option(
        "--threadcopy-checkpoints",
        "length of the history that must be copied past its first page (default: 130)",
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
        "fail also where a SHOULD or MAY fails, or a MUST cannot be tested",
        default=False,
    ),
)

_NO_ADDRESS = re.compile(r"(?s)(?<=[?#]).+|(?<=:)(?!\d*(/|$)).+")

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
    group.addoption(LIST, action="store_true", help="print the requirements of the contract, and run nothing")
    group.addoption(
        CLEANUP,
        action="store_true",
        help="delete the threads that killed runs left on the deployment, and run nothing",
    )


def read_options(config: pytest.Config) -> dict[str, Any]:
    """Return the value of each option, parsed, or its default where nobody gave one.

    Raises:
        pytest.UsageError: The value is not valid; the message names the option, the value and what is valid.
    """
    values: dict[str, Any] = {}
    for option in OPTIONS:  # --deployment-url comes first, and tells the names
        names = {address.name for address in values.get("deployment_url", ())}
        values[option.ini] = _read(config, option, names)
    return values


def _read(config: pytest.Config, option: Option, names: Collection[str]) -> Any:
    for given, where in (
        (config.getoption(option.ini), option.flag),
        (os.environ.get(option.env or "") or None, option.env),
        (config.getini(option.ini) or None, f"ini option {option.ini}"),
    ):
        if given is None:
            continue
        in_ini = where not in (option.flag, option.env)
        texts = given if isinstance(given, list) else given.split() if option.is_list else [given]
        parsed = []
        for text in texts:
            name, value = _split(text, names) if option.named else (None, text)
            one = _parse(option, _from_folder(config, option, value) if in_ini else value, where)
            parsed.append((name, one) if option.named else one)
        return parsed if option.is_list else parsed[-1]
    return [] if option.is_list else option.default


def _split(text: str, names: Collection[str]) -> tuple[str | None, str]:
    """Return the deployment's name before a value and the value; None for a value without one."""
    name, equals, value = text.partition("=")
    return (name, value) if equals and name in names else (None, text)


def _from_folder(config: pytest.Config, option: Option, text: str) -> str:
    """Return a value of an ini file; paths in it start at its folder, as pytest's do."""
    folder = config.inipath.parent if config.inipath else config.invocation_params.dir
    if option.is_path:
        return str(folder / text)
    return f"@{folder / text[1:]}" if text.startswith("@") else text


def _parse(option: Option, text: str, where: str | None) -> Any:
    try:
        return parse_switch(text) if option.is_switch else option.parse(text)
    except (ValueError, OSError) as error:
        if option.parse in (read_headers, read_secrets) and isinstance(error, OSError):
            told = f"{error.strerror} (it must name a file; what was given may be a secret, and is not shown)"
            raise pytest.UsageError(f"{where} is not valid: {told}") from None
        shown = _shown_url(text) if option.ini == "deployment_url" else text
        raise pytest.UsageError(f"{where}: {shown!r} is not valid: {error}") from None


def _shown_url(text: str) -> str:
    # Without user info, a query, and what follows a colon and is no port.
    scheme, separator, rest = text.rpartition("://")
    address = rest.rpartition("@")[2]
    return scheme.rpartition("@")[2] + separator + _NO_ADDRESS.sub("***", address)
