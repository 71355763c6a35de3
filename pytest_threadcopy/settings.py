"""What the user asked for: options from the command line, the environment and the ini file, in that order.

Imports pytest and the standard library only, for it is loaded in every pytest run.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

EMBEDDED = "embedded"


@dataclass(frozen=True)
class Option:
    """One option: ``--threadcopy-NAME``, ini ``threadcopy_NAME``, and perhaps an environment variable."""

    flag: str
    help: str
    parse: Callable[[str], Any] = str
    default: Any = None
    metavar: str | None = None
    env: str | None = None

    @property
    def ini(self) -> str:
        """The option's name in ini files, and its destination on the command line."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def is_switch(self) -> bool:
        """Whether the option takes no value."""
        return self.default is False


def _url(text: str) -> str:
    parts = urlsplit(text)
    if text != EMBEDDED and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("an http:// or https:// address, or `embedded` for the real server started here")
    parts.port  # noqa: B018 - reading it is what checks it
    return text


def _seconds(text: str) -> float:
    if not 0 < float(text) < float("inf"):
        raise ValueError("a number of seconds above 0")
    return float(text)


def _count(text: str) -> int:
    if int(text) < 1:
        raise ValueError("a whole number above 0")
    return int(text)


def _json(text: str) -> Any:
    return json.loads(Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text)


def _file(text: str) -> str:
    with Path(text).open("rb"):
        return text


def _headers(text: str) -> dict[str, str]:
    headers = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, colon, value = line.partition(":")
            if not colon or not name.strip():
                raise ValueError("one `Name: value` a line")
            headers[name.strip()] = value.strip()
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
        lambda path: _headers(Path(path).read_text(encoding="utf-8")),
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
        _file,
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
    Option("--threadcopy-strict", "fail on requirements of level SHOULD and MAY, too", default=False),
)


def add_options(parser: pytest.Parser) -> None:
    """Register every option on the command line and in ini files."""
    group = parser.getgroup("threadcopy", "thread copies of a LangGraph-compatible deployment")
    for option in OPTIONS:
        text = option.help + (f" [env: {option.env}]" if option.env else "")
        if option.is_switch:
            group.addoption(option.flag, dest=option.ini, action="store_const", const="true", help=text)
        else:
            group.addoption(option.flag, dest=option.ini, metavar=option.metavar, help=text)
        parser.addini(option.ini, option.help, type="string", default="")


@dataclass(frozen=True)
class Settings:
    """Every option, read and checked. ``headers`` are secrets, and are left out of the representation."""

    url: str
    headers: Mapping[str, str]
    timeout: float
    run_timeout: float
    verify: bool | str
    assistant: str | None
    input: Any
    checkpoints: int
    waivers: str | None
    strict: bool

    def __repr__(self) -> str:
        return f"Settings(url={self.shown_url!r})"

    @property
    def shown_url(self) -> str:
        """The URL without the user info that it may carry."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def read_settings(config: pytest.Config) -> Settings | None:
    """Return the settings of this run, or None where no deployment is named.

    Raises:
        pytest.UsageError: A value is not valid; the message names the option, the value and what is valid.
    """
    values = {option.ini: _read(config, option) for option in OPTIONS}
    if values["deployment_url"] is None:
        return None
    headers = _environment_headers() | (values["threadcopy_headers"] or {})
    return Settings(
        url=values["deployment_url"],
        headers=headers,
        timeout=values["threadcopy_timeout"],
        run_timeout=values["threadcopy_run_timeout"],
        verify=values["threadcopy_ca_bundle"] or not values["threadcopy_insecure"],
        assistant=values["threadcopy_assistant"],
        input=values["threadcopy_input"],
        checkpoints=values["threadcopy_checkpoints"],
        waivers=values["threadcopy_waivers"],
        strict=values["threadcopy_strict"],
    )


def _read(config: pytest.Config, option: Option) -> Any:
    for text, where in (
        (config.getoption(option.ini), option.flag),
        (os.environ.get(option.env or ""), option.env),
        (config.getini(option.ini), f"ini option {option.ini}"),
    ):
        if not text:
            continue
        try:
            return text.lower() in ("1", "true", "yes", "on") if option.is_switch else option.parse(text)
        except (ValueError, OSError) as error:
            raise pytest.UsageError(f"{where}: {_hide_user_info(text)!r} is not valid: {error}") from None
    return option.default


def _hide_user_info(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    return scheme + separator + rest.rpartition("@")[2] if separator else text


def _environment_headers() -> dict[str, str]:
    try:
        headers = _headers(os.environ.get("DEPLOYMENT_HEADERS", ""))
    except ValueError as error:
        raise pytest.UsageError(f"DEPLOYMENT_HEADERS is not valid: {error}") from None
    key = os.environ.get("DEPLOYMENT_API_KEY")
    return headers | ({"x-api-key": key} if key else {})
