"""Waivers: known violations that do not fail a run. A TOML file holds them, each with its reason."""

import datetime
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

KNOWN_VIOLATIONS = Path(__file__).parents[1] / "embedded" / "known_violations.toml"
"""The waivers for the embedded server: requirements that it is known to violate."""

_TEXTS = ("id", "reason", "deployment", "versions", "see")


@dataclass(frozen=True)
class Waiver:
    """One known violation.

    ``deployment`` limits it to the deployment of that name, and ``versions`` to versions of the server (a
    specifier, for example ``>=0.16``). ``expires`` is the last day on which it holds. ``see`` has commands
    that show the violation.
    """

    id: str
    reason: str
    deployment: str = ""
    versions: str = ""
    expires: datetime.date | None = None
    see: str = ""

    def applies_to(self, deployment: str, server_version: str | None) -> bool:
        """Whether this waiver is for a deployment of this name and version.

        A server whose version is not known (None) matches no specifier.
        """
        if self.deployment not in ("", deployment):
            return False
        if not self.versions:
            return True
        try:
            return Version(server_version or "") in SpecifierSet(self.versions, prereleases=True)
        except InvalidVersion:
            return False

    @property
    def is_expired(self) -> bool:
        """Whether the last day of this waiver has passed."""
        return self.expires is not None and datetime.date.today() > self.expires


def read_waivers(path: Path, ids: Collection[str]) -> list[Waiver]:
    """Return the waivers in a TOML file, each a table ``[[waiver]]`` with one of these ids.

    Raises:
        pytest.UsageError: The file cannot be read, or a waiver in it is not valid; the message says which
            waiver, and why.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise pytest.UsageError(f"waivers: {path} cannot be read: {error}") from None
    tables = document.get("waiver", [])
    are_tables = isinstance(tables, list) and all(isinstance(table, dict) for table in tables)
    if set(document) - {"waiver"} or not are_tables:
        raise pytest.UsageError(f"waivers: {path} must hold tables [[waiver]] and nothing else")
    waivers = [_waiver(table, path) for table in tables]
    for waiver in waivers:
        if waiver.id not in ids:
            raise pytest.UsageError(f"waivers: {path}: no requirement has the id {waiver.id!r}")
    return waivers


def _waiver(table: dict[str, object], path: Path) -> Waiver:
    def refuse(problem: str) -> pytest.UsageError:
        return pytest.UsageError(f"waivers: {path}: waiver {table.get('id', '(without id)')}: {problem}")

    keys = {*_TEXTS, "expires"}
    unknown = set(table) - keys
    if unknown:
        raise refuse(f"unknown key {', '.join(sorted(unknown))}; valid are {', '.join(sorted(keys))}")
    texts = {key: table.get(key, "") for key in _TEXTS}
    missing = [key for key in ("id", "reason") if not str(texts[key]).strip()]
    if missing or not all(isinstance(text, str) for text in texts.values()):
        raise refuse(f"id and reason are needed, and {', '.join(_TEXTS)} are strings")
    expires = table.get("expires")
    if expires is not None and type(expires) is not datetime.date:  # a datetime is a date too
        raise refuse("expires must be a date, such as 2027-01-31")
    try:
        SpecifierSet(str(texts["versions"]))
    except InvalidSpecifier:
        raise refuse(f'versions must be a specifier such as ">=0.16", not {texts["versions"]!r}') from None
    return Waiver(**{key: str(text) for key, text in texts.items()}, expires=expires)
