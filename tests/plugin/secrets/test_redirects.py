"""A refused redirect names its target; another origin gets no secret, even if a redirect is followed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.runs import run_pytest
from tests.lab.servers.fake import Exchange, fake_server
from tests.plugin.secrets.canaries import found_in, give, with_password


def answer_anything(exchange: Exchange) -> None:
    """Answer every request with 200."""
    thread = {"thread_id": "0b5f2a3e-0000-4000-8000-000000000000", "metadata": {}}
    exchange.answer(200, thread if exchange.path == "/threads" else [])


@pytest.fixture
def other() -> Iterator[tuple[str, list[Exchange]]]:
    """The URL of another origin, and the list of its requests."""
    with fake_server(answer_anything) as served:
        yield served


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("followed", [0, 3])
def test_another_origin_gets_no_secret(
    tmp_path: Path, other: tuple[str, list[Exchange]], status: int, host: str, followed: int
) -> None:
    url, requests = other
    target = url.replace("127.0.0.1", host)

    def redirect(exchange: Exchange) -> None:
        leads_to = f"Location: {with_password(target)}{exchange.path}"
        lines = [f"HTTP/1.1 {status} Moved", leads_to, "Content-Length: 0", "Set-Cookie: sid=1", "", ""]
        exchange.raw("\r\n".join(lines).encode())

    (tmp_path / "test_it.py").write_text("def test_it(deployment_client): deployment_client.threads.create()")
    options, environment = give(tmp_path)
    with fake_server(redirect) as (here, asked_here):
        environment["DEPLOYMENT_URL"] = with_password(here)
        options += ["test_it.py", f"--threadcopy-redirects={followed}"]
        result = run_pytest(tmp_path, *options, **environment)
    assert asked_here
    assert bool(requests) is bool(followed)
    for exchange in requests:
        text_sent = f"{exchange.path} {exchange.query} {exchange.headers}"
        assert found_in(text_sent) == []
        assert not {"authorization", "cookie", "x-api-key", "x-custom"} & set(exchange.headers)
    output = "\n".join(result.outlines + result.errlines)
    assert found_in(output) == []
    if not followed:
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert target.partition("//")[2] in output
