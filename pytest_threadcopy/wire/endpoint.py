"""The way to a deployment: its address, our identity, the certificates to trust, and redirects."""

import os
import ssl
from collections.abc import Callable, Mapping
from http.cookiejar import Cookie, CookieJar
from urllib.request import getproxies

import httpx

from pytest_threadcopy.wire.connection import Connection, RawAnswer
from pytest_threadcopy.wire.response import REDIRECTS, DeploymentError

# httpx would also accept encodings in which a few bytes unpack at once to any number of bytes.
_ENCODINGS = {"accept-encoding": "gzip"}
_TLS_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


class _Cookies(CookieJar):
    """The cookies that a deployment sets. Their values are secrets, which ``learn`` takes."""

    def __init__(self, learn: Callable[[str], None]) -> None:
        super().__init__()
        self._learn = learn

    def set_cookie(self, cookie: Cookie) -> None:
        super().set_cookie(cookie)
        self._learn(cookie.value or "")


class Endpoint:
    """The way to one deployment under one identity.

    ``redirects`` says whether redirects are followed. ``learn`` takes the value of each cookie that the
    deployment sets. The other arguments, and the errors that are raised, are those of `Transport`.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        verify: bool | str,
        *,
        redirects: bool,
        learn: Callable[[str], None],
    ) -> None:
        for name, value in headers.items():
            if not (value.isascii() and value.isprintable()):
                raise ValueError(f"the value of the header {name} cannot be sent: only printable ASCII can")
        address = httpx.URL(url)
        # Not as a part of the URL, which httpx logs.
        self._auth = (address.username, address.password) if address.userinfo else None
        self._address = address.copy_with(username=None, password=None)
        self._headers = {**_ENCODINGS, **headers}
        self._cookies = _Cookies(learn)
        # Made once: reading the certificates takes longer than a request. Plain http needs none.
        needs_tls = address.scheme == "https" or redirects or _has_https_proxy()
        self._context = _ssl_context(verify) if needs_tls else False
        self.url = str(self._address).rstrip("/")

    def connect(self, *, abroad: bool = False) -> Connection:
        """Return a new connection. One ``abroad`` leads to another origin, and sends no header of ours.

        Raise `ValueError` if the environment names a proxy that cannot be used.
        """
        identity = self._headers, self._auth, self._cookies
        headers, auth, cookies = (_ENCODINGS, None, None) if abroad else identity
        try:
            return Connection(httpx.Client(headers=headers, auth=auth, cookies=cookies, verify=self._context))
        except (httpx.InvalidURL, ImportError) as error:
            raise ValueError(str(error)) from None

    def follow(self, url: str, head: RawAnswer) -> str | None:
        """Return the address to which the answer of a request to ``url`` redirects.

        Return None if the answer is no redirect, names no web address, or leads from https to http.
        """
        location = head.headers.get("location")
        if head.status not in REDIRECTS or not location:
            return None
        try:
            target = httpx.URL(url).join(location).copy_with(username=None, password=None, fragment=None)
        except (httpx.InvalidURL, ValueError):
            return None
        is_downgrade = target.scheme == "http" and httpx.URL(url).scheme == "https"
        return None if is_downgrade or target.scheme not in ("http", "https") else str(target)

    def is_abroad(self, url: str) -> bool:
        """Whether an address has another origin than the deployment."""
        there, here = httpx.URL(url), self._address
        return (there.scheme, there.host, there.port) != (here.scheme, here.host, here.port)


def _has_https_proxy() -> bool:
    return any(proxy.startswith("https:") for proxy in getproxies().values())


def _ssl_context(verify: bool | str) -> ssl.SSLContext:
    try:
        if isinstance(verify, str):
            return ssl.create_default_context(cafile=verify)
        return httpx.create_ssl_context(verify=verify)
    except OSError as error:  # the error does not name the file
        set_to = [f"{name} is {os.environ[name]}" for name in _TLS_VARIABLES if os.environ.get(name)]
        named = verify if isinstance(verify, str) else ", ".join(set_to)
        raise DeploymentError(f"the certificates to trust cannot be read: {error} ({named})") from None
