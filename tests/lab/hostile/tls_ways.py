"""Ways to a deployment through TLS, most of them broken."""

from functools import partial
from pathlib import Path

from tests.lab.hostile.behaviour import FINE, cannot_be_tested
from tests.lab.hostile.certificates import certificate, tls_context
from tests.lab.hostile.layer import Layer
from tests.lab.hostile.ways import LIMIT, SECRET, Opened, Way, redirecting_to, way
from tests.lab.hostile.wire import Reply, drip, hang, serving


@way(cannot_be_tested("certificate has expired"))
def an_expired_certificate(layer: Layer, folder: Path) -> Opened:
    """Has a certificate that the user trusts, but that has expired."""
    expired = certificate(folder, days=-1)
    with serving(layer, tls=tls_context(expired)) as server:
        yield Way(f"https://127.0.0.1:{server.port}", (f"--threadcopy-ca-bundle={expired}",))


@way(cannot_be_tested("self-signed certificate"))
def a_certificate_that_nobody_vouches_for(layer: Layer, folder: Path) -> Opened:
    """Has a self-signed certificate."""
    with serving(layer, tls=tls_context(certificate(folder))) as server:
        yield Way(f"https://127.0.0.1:{server.port}")


@way(cannot_be_tested("is not valid for '127.0.0.1'"))
def a_certificate_for_another_name(layer: Layer, folder: Path) -> Opened:
    """Has a certificate that the user trusts, but that is for another name."""
    other = certificate(folder, name="DNS:another.example")
    with serving(layer, tls=tls_context(other)) as server:
        yield Way(f"https://127.0.0.1:{server.port}", (f"--threadcopy-ca-bundle={other}",))


@way(FINE)
def a_certificate_of_the_users_bundle(layer: Layer, folder: Path) -> Opened:
    """Has a certificate from the user's `--threadcopy-ca-bundle`."""
    own = certificate(folder)
    with serving(layer, tls=tls_context(own)) as server:
        yield Way(f"https://127.0.0.1:{server.port}", (f"--threadcopy-ca-bundle={own}",))


@way(FINE)
def a_certificate_that_is_not_looked_at(layer: Layer, folder: Path) -> Opened:
    """Has an expired certificate for another name; the user trusts any certificate."""
    wrong = certificate(folder, name="DNS:another.example", days=-1)
    with serving(layer, tls=tls_context(wrong)) as server:
        yield Way(f"https://127.0.0.1:{server.port}", ("--threadcopy-insecure",))


@way(cannot_be_tested("got no answer"))
def plain_http_where_tls_is_expected(layer: Layer, folder: Path) -> Opened:
    """Is named with `https`, but answers in plain HTTP."""
    refusal = Reply(400, b"Bad Request").head()
    with serving(layer, meet=lambda connection: connection.sendall(refusal)) as server:
        yield Way(f"https://127.0.0.1:{server.port}")


@way(cannot_be_tested("got no answer"))
def tls_where_plain_http_is_expected(layer: Layer, folder: Path) -> Opened:
    """Is named with `http`, but speaks TLS."""
    with serving(layer, tls=tls_context(certificate(folder))) as server:
        yield Way(f"http://127.0.0.1:{server.port}")


@way(cannot_be_tested(LIMIT))
def a_handshake_that_never_ends(layer: Layer, folder: Path) -> Opened:
    """Accepts connections, and never answers the TLS handshake."""
    with serving(layer, meet=hang) as server:
        yield Way(f"https://127.0.0.1:{server.port}")


@way(cannot_be_tested(LIMIT))
def a_handshake_that_drips(layer: Layer, folder: Path) -> Opened:
    """Sends its part of the TLS handshake in single bytes, three a second."""
    hello = b"\x16\x03\x03\x40\x00" + bytes(1000)
    with serving(layer, meet=partial(drip, content=hello)) as server:
        yield Way(f"https://127.0.0.1:{server.port}")


@way(cannot_be_tested("redirects to http://"))
def a_redirect_from_https_to_http(layer: Layer, folder: Path) -> Opened:
    """Redirects from https to the deployment's http address."""
    own = certificate(folder)
    with serving(layer) as plain, serving(redirecting_to(plain.port), tls=tls_context(own)) as server:
        headers = folder / "headers.txt"
        headers.write_text(f"x-api-key: {SECRET}")
        options = f"--threadcopy-ca-bundle={own}", f"--threadcopy-headers={headers}"
        yield Way(f"https://127.0.0.1:{server.port}", options)
    assert not plain.requests
