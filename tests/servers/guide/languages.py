"""The guide's steps in Python, JavaScript and cURL, with one interface."""

import asyncio
import json
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from tests.servers.guide import guide

T = TypeVar("T")
State = dict[str, Any]


class Guide(Protocol):
    """The guide in one language, on one deployment."""

    alarm: str
    """The output of the guide's own check for a difference."""

    def create(self, metadata: dict[str, str]) -> str: ...
    def run(self, thread_id: str) -> None: ...
    def copy(self, thread_id: str) -> str: ...
    def verify(self, thread_id: str, copied_thread_id: str) -> str: ...
    def page(self, thread_id: str) -> list[State]: ...
    def history(self, thread_id: str) -> list[State]: ...


class PythonGuide:
    """guide.py, in this process."""

    alarm = "AssertionError"

    def __init__(self, url: str) -> None:
        self._url = url

    def create(self, metadata: dict[str, str]) -> str:
        return self._do(lambda client: guide.create(client, metadata))

    def run(self, thread_id: str) -> None:
        self._do(lambda client: guide.run(client, thread_id))

    def copy(self, thread_id: str) -> str:
        return self._do(lambda client: guide.copy(client, thread_id))

    def verify(self, thread_id: str, copied_thread_id: str) -> str:
        try:
            return self._do(lambda client: guide.verify(client, thread_id, copied_thread_id))
        except AssertionError:
            return "AssertionError"

    def page(self, thread_id: str) -> list[State]:
        return self._do(lambda client: guide.page(client, thread_id))

    def history(self, thread_id: str) -> list[State]:
        return self._do(lambda client: guide.history(client, thread_id))

    def _do(self, step: Callable[[LangGraphClient], Awaitable[T]]) -> T:
        async def connect() -> T:
            async with get_client(url=self._url) as client:
                return await step(client)

        return asyncio.run(connect())


class ScriptGuide:
    """guide.mjs or guide.sh, in a new process for each step."""

    def __init__(self, program: str, script: Path, url: str, alarm: str) -> None:
        self.alarm = alarm
        self._command = [program, str(script), url]

    def create(self, metadata: dict[str, str]) -> str:
        return self._do("create", json.dumps(metadata)).stdout.strip()

    def run(self, thread_id: str) -> None:
        self._do("run", thread_id)

    def copy(self, thread_id: str) -> str:
        return self._do("copy", thread_id).stdout.strip()

    def verify(self, thread_id: str, copied_thread_id: str) -> str:
        process = self._do("verify", thread_id, copied_thread_id)
        return (process.stderr + process.stdout).strip()

    def page(self, thread_id: str) -> list[State]:
        return list(json.loads(self._do("page", thread_id).stdout))

    def history(self, thread_id: str) -> list[State]:
        return list(json.loads(self._do("history", thread_id).stdout))

    def _do(self, *step: str) -> subprocess.CompletedProcess[str]:
        process = subprocess.run(
            [*self._command, *step], capture_output=True, text=True, timeout=60, check=False
        )
        assert process.returncode == 0, f"{' '.join([*self._command, *step])}: {process.stderr}"
        return process
