"""The real LangGraph server as a child process: started on a free port, and removed after it stops."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from importlib import metadata, util
from pathlib import Path
from typing import Any

from pytest_threadcopy.scenarios import graph_paths

HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.05
# The server's log says this when its port is taken. The server then listens on another port, or ends.
PORT_TAKEN = "already in use"
# Environment variables with these prefixes would change the server, or make it need a key or the network.
FOREIGN_PREFIXES = (
    "DEPLOYMENT_",
    "LANGCHAIN_",
    "LANGGRAPH_",
    "LANGSERVE_",
    "LANGSMITH_",
    "LOG_",
    "LS_",
    "MOUNT_",
    "OTEL_",
    "THREADCOPY_",
)
OWN_VARIABLES = {
    "LANGSMITH_TRACING": "false",
    "LANGGRAPH_CLI_NO_ANALYTICS": "1",
    "LANGGRAPH_NO_VERSION_CHECK": "true",
    "LOG_COLOR": "false",
}


class EmbeddedServerError(Exception):
    """The embedded server is not installed, or cannot be started or restarted; the message says why."""


class EmbeddedServer:
    """The LangGraph server in memory (``langgraph dev``), serving the scenario kit's graphs.

    It runs in its own temporary folder and needs neither key nor network. It ends when the process that
    started it ends, even if that process is killed. A terminal's Ctrl-C does not reach it: call `stop`.

    Args:
        config: Sections of ``langgraph.json`` to add or replace: ``{"checkpointer": {"path": ...}}``.
            Paths in it must be absolute.
        port: The port to listen on; 0 picks a free one.

    Attributes:
        url: Where the server listens, once started.
        version: The version of ``langgraph-api``, once started.
        log_path: The server's log since it was last started, until it is stopped.
    """

    url: str
    version: str
    log_path: Path

    def __init__(self, config: Mapping[str, Any] | None = None, port: int = 0) -> None:
        self._config = {"dependencies": ["."], "graphs": graph_paths(), **(config or {})}
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None

    def __enter__(self) -> "EmbeddedServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server, and return when it answers.

        Raises:
            EmbeddedServerError: The server is not installed, its port is taken, it ended, or it was too slow.
        """
        if not (util.find_spec("langgraph_cli") and util.find_spec("langgraph_api")):
            how = 'pip install "pytest-threadcopy[embedded]"'
            raise EmbeddedServerError(f"The embedded server is not installed. Install it with: {how}")
        self.version = metadata.version("langgraph-api")
        # Another process may take a free port before the server does: three ports are tried.
        self._start_on([self._port] if self._port else [free_port() for _ in range(3)])

    def restart(self) -> None:
        """Stop the server, start it again on its port with its threads, and return when it answers.

        Raises:
            EmbeddedServerError: The server did not end by itself, its port was taken, or it did not come up.
        """
        if not self._end():
            late = f"did not end within {STOP_SECONDS:g} s"
            raise EmbeddedServerError(f"The embedded server {late}: what it had not saved is lost.")
        self._start_on([int(self.url.rpartition(":")[2])])

    def stop(self) -> None:
        """Stop the server, if it runs, and remove its folder."""
        self._end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _end(self) -> bool:
        """End the process, if there is one; return false if it had to be killed."""
        process = self._process
        if process is None:
            return True
        process.terminate()
        is_killed = False
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            is_killed = True
        process.communicate()  # closes its standard input
        self._process = None
        return not is_killed

    def wait(self) -> None:
        """Block until the server ends by itself."""
        if self._process is not None:
            self._process.wait()

    def log_tail(self) -> str:
        """Return the last lines of the server's log."""
        return "\n".join(self._log().splitlines()[-30:])

    def _log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def _failed(self, problem: str) -> EmbeddedServerError:
        return EmbeddedServerError(f"The embedded server {problem}. The end of its log:\n{self.log_tail()}")

    def _start_on(self, ports: list[int]) -> None:
        """Start the server on the first of these ports that is free, and return when it answers."""
        for port in ports:
            try:
                if self._comes_up(self._launch(port), port):
                    self.url = f"http://{HOST}:{port}"
                    return
            except BaseException:
                self.stop()
                raise
            self.stop()
        raise EmbeddedServerError(f"The embedded server cannot have port {port} on {HOST}: it is not free.")

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="threadcopy-embedded-"))
            (self._folder / "langgraph.json").write_text(json.dumps(self._config), encoding="utf-8")
            self.log_path = self._folder / "server.log"
        script = Path(__file__).with_name("tethered.py")
        arguments = f"dev --no-browser --no-reload --host {HOST} --port {port} --n-jobs-per-worker 10".split()
        inherited = {name: os.environ[name] for name in os.environ if not name.startswith(FOREIGN_PREFIXES)}
        with self.log_path.open("wb") as log:
            self._process = subprocess.Popen(
                # -P: the script's folder must not be on the server's import path.
                [sys.executable, "-P", str(script), *arguments],
                cwd=self._folder,
                env={**inherited, **OWN_VARIABLES},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same, on Windows
            )
        return self._process

    def _comes_up(self, process: subprocess.Popen[bytes], port: int) -> bool:
        """Wait until the server answers, and return true; return false if its port is taken."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            ended = process.poll() is not None
            up = not ended and answers(port)
            log = self._log()
            if PORT_TAKEN in log:
                return False
            # If the port answers before the log names it, another server has it: the log will say so.
            if up and f"{HOST}:{port}" in log:
                return True
            if ended:
                raise self._failed(f"ended with code {process.returncode} before it was ready")
            time.sleep(POLL_SECONDS)
        raise self._failed(f"did not answer within {START_SECONDS:g} s")


def free_port() -> int:
    """Return a port of the loopback interface on which no process listens now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Return whether a server on this port answers ``GET /ok`` with 200."""
    # Not urllib: it would use the proxy that the environment names.
    connection = http.client.HTTPConnection(HOST, port, timeout=1.0)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/ok")
        return connection.getresponse().status == 200
    return False
