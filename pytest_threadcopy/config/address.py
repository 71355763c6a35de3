"""The address of a deployment, read once."""

import re
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

_EMBEDDED = "embedded"
_NAMED_URL = rf"(?ai)[\w.-]+=(?:https?://[^=]*|{_EMBEDDED})$"  # not compiled: every pytest run loads it
_NO_HOST = "its host must be a name, an IPv4 address of four numbers, or an IPv6 address in brackets"


class Address(NamedTuple):
    """The URL of a deployment, and its name: the user's name for it, or else its host and path.

    The URL of the embedded server is ``embedded`` until the server is started.
    """

    url: str
    name: str
    is_named: bool = True
    is_embedded: bool = False

    def __repr__(self) -> str:
        return f"Address({self.public_url!r})"

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)  # urlsplit remembers its results

    @property
    def public_url(self) -> str:
        """The URL without its user info."""
        return self._parts._replace(netloc=self._parts.netloc.rpartition("@")[2]).geturl()

    @property
    def host(self) -> str:
        """The host, in lower case."""
        return self._parts.hostname or ""

    @property
    def port(self) -> int | None:
        """The port, None where the URL names none."""
        return self._parts.port

    @property
    def userinfo(self) -> tuple[str, str] | None:
        """The user name and the password in the URL, decoded; None where the URL has neither."""
        user, password = unquote(self._parts.username or ""), unquote(self._parts.password or "")
        return (user, password) if user or password else None

    def at(self, url: str) -> "Address":
        """Return this address with the URL at which the embedded server listens."""
        return self._replace(url=url)


def parse_address(text: str) -> Address:
    """Return the address in ``URL``, ``NAME=URL`` or ``embedded``; raise ``ValueError`` for another text."""
    name, _, url = text.rpartition("=") if re.match(_NAMED_URL, text) else ("", "", text)
    if url == _EMBEDDED:
        return Address(url, name or _EMBEDDED, is_embedded=True)
    import httpx

    try:
        parts = urlsplit(url)
    except ValueError:  # its message may have a password
        raise ValueError(_NO_HOST) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not text.isprintable():
        raise ValueError(
            "it must be an http:// or https:// address, or `embedded` for the real server started here, "
            "and may be named: staging=https://staging.example"
        )
    if parts.query or parts.fragment:
        raise ValueError("it must be an address alone, without a query (?) and without a fragment (#)")
    try:
        _ = parts.port  # reading the port checks it
    except ValueError:  # its message may have a part of a password
        raise ValueError(
            "its port must be a number up to 65535, and special characters in a password %-encoded"
        ) from None
    try:
        parts.hostname.encode("idna")
        httpx.URL(url)
    except (UnicodeError, httpx.InvalidURL):
        raise ValueError(_NO_HOST) from None
    default = parts.netloc.rpartition("@")[2] + parts.path.rstrip("/")
    return Address(url, name or default, is_named=bool(name))
