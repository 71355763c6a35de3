"""A deployment that does not run, or stops: a run ends soon, with a true message."""

import socket
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.lab.runs import ThreadStore, run_pytest
from tests.lab.servers.fake import Exchange, fake_server
from tests.plugin.test_left_by_others import SECOND

TESTS = "def test_it(deployment_client): deployment_client.threads.create()\n"
LONG = "--threadcopy-timeout=30"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "test_it.py").write_text(TESTS)
    return tmp_path


def test_a_server_that_is_not_started_is_reported_at_once(folder: Path) -> None:
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        result = run_pytest(folder, "test_it.py", "--deployment-url", url, LONG)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.duration < 15
    assert "was never answered" not in f"{result.stdout}{result.stderr}"


def test_a_gateway_without_a_server_behind_it_is_reported_at_once(folder: Path) -> None:
    with fake_server(lambda exchange: exchange.answer(503, {"detail": "no upstream"})) as (url, requests):
        result = run_pytest(folder, "test_it.py", "--deployment-url", url, LONG)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.duration < 15
    pages = ["/threads/search"] * 2  # the second asks for a shorter page, since the first is refused
    assert [request.path for request in requests] == ["/threads", *pages]


CRASHES = """
import time

from pytest_threadcopy.api.owned_threads import LostThread

def test_it(deployment_client, request):
    target, = request.config.pluginmanager.get_plugin("threadcopy-session").targets.values()
    copy = LostThread("/threads/t/copy", since=time.time(), until=time.time() + 60)
    deployment_client.threads.lost.append(copy)
    target._embedded._process.kill()
    target._embedded._process.wait()
"""


def test_threads_of_a_crashed_embedded_server_are_not_searched_for(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(CRASHES)
    result = run_pytest(tmp_path, "test_it.py", "--deployment-url=embedded", LONG)
    result.assert_outcomes(passed=1)
    assert result.duration < 45
    result.stdout.no_fnmatch_line("*left behind*")


def test_a_deployment_that_stops_answering_is_not_asked_as_each_identity(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "def test_it(deployment):\n"
        "    for client in (deployment.client, deployment.second_client):\n"
        "        client.threads.create()\n"
        "    client.transport.send('POST', '/fall-silent')\n"
    )
    store = ThreadStore()

    def answer(exchange: Exchange) -> None:
        if any(request.path == "/fall-silent" for request in requests[:-1]):
            time.sleep(4)
        store.answer(exchange)

    with fake_server(answer) as (url, requests):
        result = run_pytest(
            tmp_path, "test_it.py", "--deployment-url", url, "--threadcopy-timeout=2", **SECOND
        )
        silent_from = [request.path for request in requests].index("/fall-silent") + 1
        users = {request.headers["x-user"] for request in requests[silent_from:]}
    assert users == {"alice"}
    result.stdout.fnmatch_lines([f"2 threads could not be deleted from {url}: *"])
