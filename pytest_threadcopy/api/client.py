"""The thread, run and assistant routes of a deployment, in the names of the official Python SDK.

``client.threads.copy(thread_id)`` and the like read as in LangGraph's guide, but are synchronous. They return
the JSON that the deployment sent, and fill in nothing. Each method raises `ApiError` for an error answer or
an answer of an undocumented shape, and `NoAnswer` if no answer came. `Client.transport` sends any other
request.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_threadcopy.api.journal import WriteEntry, write_nothing
from pytest_threadcopy.api.response_checks import a_list, an_assistant, an_object
from pytest_threadcopy.api.routes import Routes, quoted, thread_path
from pytest_threadcopy.api.threads import ThreadsClient
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.decoding import server_sent_events
from pytest_threadcopy.wire.transport import Answer, DeploymentError, Transport


class RunFailed(DeploymentError):
    """A run ended in an error; ``error`` is the deployment's description of it."""

    def __init__(self, thread_id: str, error: Any) -> None:
        super().__init__(f"the run on thread {thread_id} failed: {json.dumps(error)[:300]}")
        self.thread_id, self.error = thread_id, error


@dataclass(frozen=True)
class StreamPart:
    """One event of a streamed run: its name and its data, decoded from JSON."""

    event: str
    data: Any


class RunsClient(Routes):
    """The routes of runs."""

    def __init__(self, transport: Transport, timeout: float, threads: ThreadsClient) -> None:
        super().__init__(transport)
        self._timeout = timeout
        self._threads = threads

    def wait(
        self,
        thread_id: str,
        assistant_id: str,
        *,
        input: Any = None,
        raise_error: bool = True,
        **options: Any,
    ) -> Any:
        """Run an assistant on a thread and return the values that the run ends with.

        ``options`` go into the request unchanged: ``command``, ``checkpoint``, ``interrupt_before``, ...
        Raise `RunFailed` if the run ends in an error, unless ``raise_error`` is false.
        """
        path, body = self._request(thread_id, "wait", assistant_id=assistant_id, input=input, **options)
        values: Any = self._call("POST", path, body, timeout=self._timeout)
        if raise_error and isinstance(values, dict) and "__error__" in values:
            raise RunFailed(thread_id, values["__error__"])
        return values

    def stream(
        self, thread_id: str, assistant_id: str, *, input: Any = None, **options: Any
    ) -> Iterator[StreamPart]:
        """Run an assistant on a thread and yield the events of the run (``stream_mode`` is an option)."""
        path, body = self._request(thread_id, "stream", assistant_id=assistant_id, input=input, **options)
        transport = self._transport
        lines = transport.lines("POST", path, json=body, timeout=self._timeout)
        for event, data in server_sent_events(lines):
            url, redact = transport.url + path, transport.redact
            answer = Answer("POST", url, 200, {}, data.encode(), redact, target=path)
            yield StreamPart(event, answer.json())

    def _request(self, thread_id: str, route: str, /, **body: Any) -> tuple[str, Json]:
        """Return the path and the body of a request that begins a run, and count the run."""
        self._threads.refuse_foreign(thread_id)
        self._transport.traffic.runs += 1
        return thread_path(thread_id, "runs", route), body

    def list(self, thread_id: str, *, limit: int = 10) -> list[Json]:
        """Return the runs of a thread, newest first."""
        path, check = thread_path(thread_id, "runs"), a_list(an_object, "runs")
        return self._call("GET", path, params={"limit": limit}, check=check)


class AssistantsClient(Routes):
    """The routes of assistants."""

    def search(self, *, limit: int = 100) -> Sequence[Json]:
        """Return one page of the deployment's assistants."""
        body, check = {"limit": limit}, a_list(an_assistant, "assistants")
        return self._call("POST", "/assistants/search", body, repeatable=True, check=check)

    def get_schemas(self, assistant_id: str) -> Json:
        """Return the JSON schemas of an assistant's input, output, state and config."""
        return self._call("GET", f"/assistants/{quoted(assistant_id)}/schemas", check=an_object)


class Client:
    """A deployment under one identity, with the methods of the SDK's client.

    One run may take ``run_timeout`` seconds. The other arguments are those of `OwnedThreads`.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        tag: Mapping[str, str],
        run_timeout: float = 120.0,
        foreign: Iterable[str] = (),
        ours: set[str] | None = None,
        write_entry: WriteEntry = write_nothing,
    ) -> None:
        self.transport = transport
        self.threads = ThreadsClient(transport, tag, foreign=foreign, ours=ours, write_entry=write_entry)
        self.runs = RunsClient(transport, run_timeout, self.threads)
        self.assistants = AssistantsClient(transport)
