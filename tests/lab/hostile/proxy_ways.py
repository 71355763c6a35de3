"""Ways to a deployment through a proxy that the environment names."""

from pathlib import Path

from tests.lab.hostile.behaviour import FINE, cannot_be_tested
from tests.lab.hostile.certificates import certificate, tls_context
from tests.lab.hostile.layer import Layer
from tests.lab.hostile.proxy import Proxy
from tests.lab.hostile.ways import LIMIT, SECRET, Opened, Way, way
from tests.lab.hostile.wire import Request, serving


@way(FINE)
def a_proxy_of_the_environment(layer: Layer, folder: Path) -> Opened:
    """Has a name that only the proxy in `HTTP_PROXY` knows."""
    with serving(layer) as server, Proxy(server.port) as proxy:
        yield Way("http://deployment.invalid", environment={"HTTP_PROXY": proxy.url})
    assert proxy.requests
    assert proxy.requests[0].target.startswith("http://deployment.invalid/")


@way(FINE)
def a_proxy_with_a_password(layer: Layer, folder: Path) -> Opened:
    """Is behind a proxy that asks for a password. `ALL_PROXY` has the password."""
    with serving(layer) as server, Proxy(server.port, password=SECRET) as proxy:
        url = proxy.url.replace("://", f"://me:{SECRET}@")
        yield Way("http://deployment.invalid", environment={"ALL_PROXY": url})
    assert proxy.requests


@way(cannot_be_tested("407"))
def a_proxy_whose_password_is_missing(layer: Layer, folder: Path) -> Opened:
    """Is behind a proxy that asks for a password. `HTTP_PROXY` does not have the password."""
    with serving(layer) as server, Proxy(server.port, password=SECRET) as proxy:
        yield Way("http://deployment.invalid", environment={"HTTP_PROXY": proxy.url})


@way(cannot_be_tested("got no answer"))
def a_proxy_that_is_down(layer: Layer, folder: Path) -> Opened:
    """Is behind a proxy that is down."""
    with serving(layer) as server:
        pass
    yield Way("http://deployment.invalid", environment={"HTTP_PROXY": f"http://127.0.0.1:{server.port}"})


@way(FINE)
def a_proxy_that_is_not_for_it(layer: Layer, folder: Path) -> Opened:
    """Is named in `NO_PROXY`; the proxy in `HTTP_PROXY` is down."""
    with serving(layer) as down:
        pass
    with serving(layer) as server:
        proxies = {"HTTP_PROXY": f"http://127.0.0.1:{down.port}", "NO_PROXY": "127.0.0.1"}
        yield Way(f"http://127.0.0.1:{server.port}", environment=proxies)


@way(FINE)
def tls_through_a_proxy(layer: Layer, folder: Path) -> Opened:
    """Speaks TLS, behind the proxy in `HTTPS_PROXY`."""
    own = certificate(folder, name="DNS:deployment.invalid")
    with serving(layer, tls=tls_context(own)) as server, Proxy(server.port) as proxy:
        environment = {"HTTPS_PROXY": proxy.url}
        yield Way("https://deployment.invalid", (f"--threadcopy-ca-bundle={own}",), environment)
    assert proxy.requests
    assert {request.method for request in proxy.requests} == {"CONNECT"}


@way(cannot_be_tested("403"))
def a_proxy_that_refuses(layer: Layer, folder: Path) -> Opened:
    """Is behind a proxy that refuses to connect to it."""
    with Proxy(None) as proxy:
        yield Way("https://deployment.invalid", environment={"HTTPS_PROXY": proxy.url})


@way(cannot_be_tested(LIMIT))
def a_proxy_that_hangs(layer: Layer, folder: Path) -> Opened:
    """Is behind a proxy that never answers."""
    with serving(Request.hang) as proxy:
        yield Way("https://deployment.invalid", environment={"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"})
