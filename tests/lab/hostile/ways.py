"""Ways to a deployment that are odd or broken: its address, its redirects, its certificate, a proxy."""

from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.hostile.behaviour import FINE, Ending, cannot_be_tested
from tests.lab.hostile.layer import Layer
from tests.lab.hostile.wire import Reply, Request, break_off, serving

SECRET = "canary-7c1f0e"
LIMIT = "within 3 seconds"


@dataclass(frozen=True)
class Way:
    """How to reach a deployment: its address, options, and the environment of the run."""

    url: str
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


Opened = Generator[Way, None, None]
Open = Callable[[Layer, Path], AbstractContextManager[Way]]


@dataclass(frozen=True)
class Arrival:
    """A way to a deployment, and how a run on this way must end."""

    sentence: str
    open: Open
    ending: Ending


WAYS: dict[str, Arrival] = {}


def way(ending: Ending) -> Callable[[Callable[[Layer, Path], Opened]], None]:
    """Register a way. Its assertions after the run belong to its ending."""

    def register(opened: Callable[[Layer, Path], Opened]) -> None:
        sentence = " ".join(str(opened.__doc__).split())
        WAYS[getattr(opened, "__name__", "")] = Arrival(sentence, contextmanager(opened), ending)

    return register


def redirecting_to(port: int) -> Callable[[Request], None]:
    return lambda request: request.answer(
        Reply(307, b"", {"location": f"http://127.0.0.1:{port}{request.target}"})
    )


def _below(layer: Layer, base: str) -> Callable[[Request], None]:
    def answer(request: Request) -> None:
        if request.target.startswith(base):
            request.target = request.target.removeprefix(base)
            layer(request)
        else:
            request.answer(Reply(404, b"<h1>Not Found</h1>", {"content-type": "text/html"}))

    return answer


@way(FINE)
def ipv6(layer: Layer, folder: Path) -> Opened:
    """Listens on `http://[::1]:PORT` only."""
    with serving(layer, host="::1") as server:
        yield Way(f"http://[::1]:{server.port}")


@way(FINE)
def a_name_with_two_addresses(layer: Layer, folder: Path) -> Opened:
    """Is named `localhost`, which may also mean `::1`, but does not listen on `::1`."""
    with serving(layer) as server:
        yield Way(f"http://localhost:{server.port}")


@way(FINE)
def a_base_path(layer: Layer, folder: Path) -> Opened:
    """Is below the base path `/api/v1`."""
    with serving(_below(layer, "/api/v1")) as server:
        yield Way(f"http://127.0.0.1:{server.port}/api/v1")


@way(FINE)
def a_base_path_that_ends_in_a_slash(layer: Layer, folder: Path) -> Opened:
    """Is named with a slash at the end of its base path."""
    with serving(_below(layer, "/api/v1")) as server:
        yield Way(f"http://127.0.0.1:{server.port}/api/v1/")


@way(cannot_be_tested("is this its address, with its path?"))
def a_base_path_that_was_forgotten(layer: Layer, folder: Path) -> Opened:
    """Is below the base path `/api/v1`, but is named without it."""
    with serving(_below(layer, "/api/v1")) as server:
        yield Way(f"http://127.0.0.1:{server.port}")


@way(FINE)
def a_trailing_slash(layer: Layer, folder: Path) -> Opened:
    """Is named with a slash at the end."""
    with serving(layer) as server:
        yield Way(f"http://127.0.0.1:{server.port}/")


@way(FINE)
def a_password_in_the_address(layer: Layer, folder: Path) -> Opened:
    """Asks for a user and a password. The address has both."""
    with serving(layer) as server:
        yield Way(f"http://me:{SECRET}@127.0.0.1:{server.port}")
    assert all(request.headers["authorization"].startswith("Basic ") for request in server.requests)


@way(cannot_be_tested("got no answer"))
def nobody_listens(layer: Layer, folder: Path) -> Opened:
    """Does not listen any more."""
    with serving(layer) as server:
        pass
    yield Way(f"http://127.0.0.1:{server.port}")


@way(cannot_be_tested("got no answer"))
def a_reset_at_connect(layer: Layer, folder: Path) -> Opened:
    """Resets each connection before a byte is read."""
    with serving(layer, meet=break_off) as server:
        yield Way(f"http://127.0.0.1:{server.port}")


@way(FINE)
def a_redirect_to_another_origin(layer: Layer, folder: Path) -> Opened:
    """Redirects to the deployment on another port; the user allows one redirect."""
    with serving(layer) as other, serving(redirecting_to(other.port)) as server:
        headers = folder / "headers.txt"
        headers.write_text(f"x-api-key: {SECRET}\nCookie: session={SECRET}")
        options = "--threadcopy-redirects=1", f"--threadcopy-headers={headers}"
        yield Way(f"http://me:{SECRET}@127.0.0.1:{server.port}", options)
    assert server.requests
    assert other.requests
    assert not {"x-api-key", "cookie", "authorization"} & {
        name for one in other.requests for name in one.headers
    }


@way(FINE)
def a_redirect_within_one_origin(layer: Layer, folder: Path) -> Opened:
    """Redirects to a base path of its own; the user allows one redirect."""

    def answer(request: Request) -> None:
        if request.target.startswith("/new"):
            _below(layer, "/new")(request)
        else:
            request.answer(Reply(308, b"", {"location": f"/new{request.target}"}))

    with serving(answer) as server:
        headers = folder / "headers.txt"
        headers.write_text(f"x-api-key: {SECRET}")
        options = "--threadcopy-redirects=1", f"--threadcopy-headers={headers}"
        yield Way(f"http://127.0.0.1:{server.port}", options)
    assert all(request.headers.get("x-api-key") == SECRET for request in server.requests)
