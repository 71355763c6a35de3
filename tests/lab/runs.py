"""Runs of pytest inside a test, and a small deployment for them."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.lab.servers.fake import Exchange, fake_server

FOREIGN_PREFIXES = (
    "BUILD_NUMBER",
    "CI",
    "COLUMNS",
    "DEPLOYMENT_",
    "GITHUB_",
    "PYTEST_",
    "PY_COLORS",
    "THREADCOPY_",
)
"""Prefixes of the environment variables of the outer run that would change the inner run."""

OTHER_PLUGINS = tuple(f"-pno:{name}" for name in ("langsmith_plugin", "hypothesispytest", "anyio", "asyncio"))
"""Options that leave out the plugins of other packages: with them, the start takes ten times as long."""

CONTRACT = ("--pyargs", "pytest_threadcopy.contract")


def start_pytest(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start pytest in its own process and process group, without the outer run's variables and plugins."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_PREFIXES)}
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *OTHER_PLUGINS, *arguments],
        cwd=folder,
        env=inherited | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run_pytest(folder: Path, *arguments: str, **environment: str) -> pytest.RunResult:
    """Run pytest as `start_pytest` does, and return its result."""
    started = time.monotonic()
    with start_pytest(folder, *arguments, **environment) as process:
        out, err = process.communicate(timeout=120)
    return pytest.RunResult(
        process.returncode, out.splitlines(), err.splitlines(), time.monotonic() - started
    )


class ThreadStore:
    """A deployment that stores threads and nothing else: no assistant, no state, no history.

    ``threads`` maps the id of each thread to its metadata; ``requests`` lists the requests. As on some
    deployments, the search ignores its filter, and a 404 shows the headers of the request. The method that
    ``refused`` names is answered with 500 from its second request on.
    """

    def __init__(self) -> None:
        self.url = ""
        self.threads: dict[str, Any] = {}
        self.requests: list[Exchange] = []
        self.refused = ""
        self._refusing = False

    def answer(self, exchange: Exchange) -> None:
        """Answer one request."""
        _, *path = exchange.path.split("/")
        if exchange.method == self.refused and self._refusing:
            exchange.answer(500, {"detail": "not now"})
            return
        self._refusing = self._refusing or exchange.method == self.refused
        match exchange.method, path:
            case "POST", ["threads"]:
                exchange.answer(200, self.add(exchange.body["metadata"]))
            case "POST", ["threads", "search"]:
                exchange.answer(200, [self._thread(thread_id) for thread_id in self.threads])
            case "POST", ["threads", thread_id, "copy"] if thread_id in self.threads:
                exchange.answer(200, self.add(self.threads[thread_id]))
            case "GET", ["threads", thread_id] if thread_id in self.threads:
                exchange.answer(200, self._thread(thread_id))
            case "DELETE", ["threads", thread_id] if thread_id in self.threads:
                del self.threads[thread_id]
                exchange.answer(200, {})
            case _:
                exchange.answer(404, {"detail": "Not Found", "asked with": exchange.headers})

    def add(self, metadata: Any) -> Any:
        """Add a thread and return it."""
        thread_id = str(uuid.uuid4())
        self.threads[thread_id] = metadata
        return self._thread(thread_id)

    def _thread(self, thread_id: str) -> Any:
        return {"thread_id": thread_id, "metadata": self.threads[thread_id]}


@contextmanager
def thread_store() -> Iterator[ThreadStore]:
    """Serve a `ThreadStore`."""
    store = ThreadStore()
    with fake_server(store.answer) as (url, requests):
        store.url, store.requests = url, requests
        yield store
