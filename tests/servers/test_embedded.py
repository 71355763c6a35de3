"""The embedded server: it starts or reports why it does not, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from pytest_threadcopy.embedded import EmbeddedServer, EmbeddedServerError, server
from pytest_threadcopy.embedded.server import HOST, answers, free_port
from pytest_threadcopy.scenarios import GRAPH_ID

FOREGROUND = [sys.executable, "-m", "pytest_threadcopy.embedded"]


def port_of(url: str) -> int:
    port = httpx.URL(url).port
    assert port is not None
    return port


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which servers that a subprocess of the test starts make their folders."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_the_server_serves_every_graph_of_the_kit(embedded_url: str) -> None:
    assistants = httpx.post(f"{embedded_url}/assistants/search", json={"limit": 100}).json()
    assert {assistant["graph_id"] for assistant in assistants} == set(GRAPH_ID.values())


def test_the_server_knows_its_version() -> None:
    with EmbeddedServer() as running:
        assert httpx.get(f"{running.url}/info").json()["version"] == running.version


def test_a_stopped_server_leaves_nothing_behind() -> None:
    running = EmbeddedServer()
    running.start()
    folder = running.log_path.parent
    assert folder.exists()
    running.stop()
    running.stop()
    assert not folder.exists()
    assert not answers(port_of(running.url))


def test_a_server_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "STOP_SECONDS", 0.0)
    with EmbeddedServer() as running:
        port = port_of(running.url)
    assert not answers(port)


def test_a_restarted_server_keeps_its_threads_and_its_address() -> None:
    with EmbeddedServer() as running:
        before = running.url
        thread = httpx.post(f"{running.url}/threads", json={}).json()
        running.restart()
        assert running.url == before
        assert httpx.get(f"{running.url}/threads/{thread['thread_id']}").json() == thread


def test_a_restart_that_had_to_kill_the_server_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with EmbeddedServer() as running:
        monkeypatch.setattr(server, "STOP_SECONDS", 0.0)
        with pytest.raises(EmbeddedServerError, match=r"did not end within 0 s"):
            running.restart()


def test_a_restart_on_a_port_that_was_taken_meanwhile_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with EmbeddedServer() as running, socket.socket() as listener:
        launch = running._launch

        def let_another_in_and_launch(port: int) -> subprocess.Popen[bytes]:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((HOST, port))
            listener.listen()
            return launch(port)

        monkeypatch.setattr(running, "_launch", let_another_in_and_launch)
        with pytest.raises(EmbeddedServerError, match="is not free"):
            running.restart()


def test_the_callers_environment_does_not_reach_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGSMITH_API_KEY", "secret")
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("MOUNT_PREFIX", "/elsewhere")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with EmbeddedServer() as running, httpx.Client(trust_env=False) as http:
        assert http.get(f"{running.url}/info").json()["flags"]["langsmith"] is False


def test_a_server_that_ends_before_it_is_ready_shows_its_log() -> None:
    with pytest.raises(EmbeddedServerError, match=r"(?s)ended with code \d+ .*/nowhere/graphs\.py"):
        EmbeddedServer({"graphs": {"broken": "/nowhere/graphs.py:graph"}}).start()


def test_a_server_that_does_not_answer_in_time_shows_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "START_SECONDS", 0.0)
    with pytest.raises(EmbeddedServerError, match=r"did not answer within 0 s\. The end of its log:"):
        EmbeddedServer().start()


def test_a_server_that_failed_to_start_leaves_nothing_behind() -> None:
    failed = EmbeddedServer({"graphs": {"broken": "/nowhere/graphs.py:graph"}})
    with pytest.raises(EmbeddedServerError):
        failed.start()
    assert not failed.log_path.parent.exists()


def test_a_port_that_was_taken_meanwhile_is_replaced_by_another(
    monkeypatch: pytest.MonkeyPatch, taken_port: int
) -> None:
    ports = iter([taken_port, free_port(), free_port()])
    monkeypatch.setattr(server, "free_port", lambda: next(ports))
    with EmbeddedServer() as running:
        assert port_of(running.url) != taken_port


def test_another_server_on_the_port_is_not_mistaken_for_the_embedded_server(embedded_url: str) -> None:
    with pytest.raises(EmbeddedServerError, match="is not free"):
        EmbeddedServer(port=port_of(embedded_url)).start()


def test_the_command_refuses_a_taken_port_in_one_line(taken_port: int) -> None:
    result = subprocess.run(
        [*FOREGROUND, "--port", str(taken_port)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert result.stdout == ""
    assert (
        result.stderr == f"The embedded server cannot have port {taken_port} on 127.0.0.1: it is not free.\n"
    )


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_the_command_refuses_a_text_that_is_no_port(port: str) -> None:
    result = subprocess.run([*FOREGROUND, f"--port={port}"], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert f"'{port}' is not a port (0 to 65535)" in result.stderr


def test_the_command_says_how_to_install_what_is_missing() -> None:
    blocked = "import runpy, sys; sys.modules['langgraph_cli'] = None; sys.argv = ['embedded']; "
    command = f"{blocked}runpy.run_module('pytest_threadcopy.embedded', run_name='__main__')"
    result = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr == (
        'The embedded server is not installed. Install it with: pip install "pytest-threadcopy[embedded]"\n'
    )


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_its_url_and_ends_on_a_signal(
    folders: Path, signal_number: signal.Signals
) -> None:
    with subprocess.Popen(FOREGROUND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as command:
        assert command.stdout is not None
        url = command.stdout.readline().rstrip("\n")
        assert httpx.get(f"{url}/ok").status_code == 200
        command.send_signal(signal_number)
        rest, errors = command.communicate(timeout=20)
    assert command.returncode == 0
    assert rest == ""
    assert errors.endswith("Ctrl-C stops it.\n")
    assert not answers(port_of(url))
    assert list(folders.iterdir()) == []


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(folders: Path) -> None:
    # The parent of the server ignores Ctrl-C here, as pytest does while it deletes its threads.
    command = (
        "import signal; from pytest_threadcopy.embedded import EmbeddedServer; "
        "signal.signal(signal.SIGINT, lambda *_: None); server = EmbeddedServer(); server.start(); "
        "print(server.url, flush=True); input(); server.stop()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().rstrip("\n")
        os.killpg(parent.pid, signal.SIGINT)  # a terminal sends it to the whole process group
        time.sleep(1.0)  # long enough for a server that heard it to end
        assert answers(port_of(url))
        parent.communicate("\n", timeout=20)
    assert list(folders.iterdir()) == []


def test_the_server_ends_when_its_parent_was_killed(folders: Path) -> None:
    with subprocess.Popen(
        FOREGROUND, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as command:
        assert command.stdout is not None
        url = command.stdout.readline().rstrip("\n")
        command.kill()
    wait_until(lambda: not answers(port_of(url)))
    wait_until(lambda: list(folders.iterdir()) == [])


def test_the_server_ends_when_its_parent_was_killed_while_it_starts(folders: Path) -> None:
    with subprocess.Popen(FOREGROUND, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as command:
        wait_until(lambda: any(log.stat().st_size for log in folders.glob("*/server.log")))
        command.kill()
    wait_until(lambda: list(folders.iterdir()) == [])


def test_importing_the_package_needs_only_the_standard_library() -> None:
    command = (
        "import sys, pytest_threadcopy.embedded; "
        "print({name.split('.')[0] for name in sys.modules} - sys.stdlib_module_names - {'__main__'})"
    )
    result = subprocess.run([sys.executable, "-S", "-c", command], capture_output=True, text=True, check=True)
    assert result.stdout == "{'pytest_threadcopy'}\n"
