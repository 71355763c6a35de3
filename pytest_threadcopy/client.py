"""The thread, run and assistant routes of a deployment, in the names of the official Python SDK.

``client.threads.copy(thread_id)`` and the like read as in LangGraph's guide, but are synchronous, and return
what the deployment sent: nothing is filled in. Each method raises `ApiError` for an error answer and
`NoAnswer` when none came; `Client.transport` sends what no method covers.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pytest_threadcopy.history import HistoryDialect, ThreadHistory
from pytest_threadcopy.transport import Answer, ApiError, DeploymentError, Transport

Json = dict[str, Any]


class RunFailed(DeploymentError):
    """A run ended in an error; ``error`` is what the deployment says of it."""

    def __init__(self, thread_id: str, error: Any) -> None:
        super().__init__(f"the run on thread {thread_id} failed: {json.dumps(error)[:300]}")
        self.error = error


@dataclass(frozen=True)
class StreamPart:
    """One event of a streamed run: its name and its data, decoded from JSON."""

    event: str
    data: Any


class _Routes:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        repeatable: bool = False,
        timeout: float | None = None,
        kind: type = object,
    ) -> Any:
        answer = self._transport.send(
            method, path, json=body, params=params, repeatable=repeatable, timeout=timeout
        )
        if answer.status >= 300:  # a redirect, too, does not do what was asked
            raise answer.error()
        content = answer.json()
        if not isinstance(content, kind):
            raise answer.error(f" with what is no {kind.__name__}")
        return content


class ThreadsClient(_Routes):
    """The routes of threads.

    Every thread that it makes, by `create` or `copy`, is kept in ``made`` until it is deleted, and carries
    ``tag`` in its metadata, so that nothing stays behind and nothing else is touched.
    """

    def __init__(self, transport: Transport, tag: Mapping[str, str]) -> None:
        super().__init__(transport)
        self.tag = dict(tag)
        self.made: dict[str, None] = {}
        self.dialect = HistoryDialect()

    def create(
        self,
        *,
        metadata: Mapping[str, Any] | None = None,
        thread_id: str | None = None,
        if_exists: str | None = None,
        supersteps: Sequence[Mapping[str, Any]] | None = None,
        graph_id: str | None = None,
        ttl: Mapping[str, Any] | None = None,
    ) -> Json:
        """Create a thread and return it.

        ``supersteps`` gives it a history without a run: ``[{"updates": [{"values", "as_node"}]}, ...]``.
        """
        tagged = {**(metadata or {}), **self.tag, **({"graph_id": graph_id} if graph_id else {})}
        body = _given(
            metadata=tagged, thread_id=thread_id, if_exists=if_exists, supersteps=supersteps, ttl=ttl
        )
        thread: Json = self._call("POST", "/threads", body)
        if if_exists is None or self._is_tagged(thread):  # else it may have been there before
            self._note(thread)
        return thread

    def get(self, thread_id: str) -> Json:
        """Return the thread object of a thread."""
        thread: Json = self._call("GET", f"/threads/{thread_id}")
        return thread

    def copy(self, thread_id: str) -> Any:
        """Copy a thread and return what the deployment answers: a thread object, or None for no body."""
        answer = self.copy_answer(thread_id)
        if answer.status >= 300:
            raise answer.error()
        return answer.json()

    def copy_answer(self, thread_id: str, *, content: bytes | None = None) -> Answer:
        """Copy a thread and return the answer itself, whatever it is; ``content`` is a body to send."""
        answer = self._transport.send("POST", f"/threads/{thread_id}/copy", content=content)
        with suppress(ApiError):  # what is no JSON names no thread
            made = answer.json() if answer.status < 300 else None
            # Where it names the source instead: that may not be ours to delete.
            if isinstance(made, dict) and made.get("thread_id") != thread_id:
                self._note(made)
        return answer

    def _note(self, thread: Any) -> None:
        if isinstance(thread, dict) and isinstance(thread.get("thread_id"), str):
            self.made[thread["thread_id"]] = None

    def _is_tagged(self, thread: Any) -> bool:
        metadata = thread.get("metadata") if isinstance(thread, dict) else None
        return isinstance(metadata, dict) and metadata.items() >= self.tag.items()

    def update(self, thread_id: str, *, metadata: Mapping[str, Any]) -> Json:
        """Merge ``metadata`` into that of a thread and return the thread."""
        thread: Json = self._call("PATCH", f"/threads/{thread_id}", {"metadata": metadata})
        return thread

    def delete(self, thread_id: str) -> None:
        """Delete a thread."""
        answer = self._transport.send("DELETE", f"/threads/{thread_id}")
        if answer.status < 300 or answer.status == 404:
            self.made.pop(thread_id, None)
        if answer.status >= 300:
            raise answer.error()

    def search(
        self,
        *,
        metadata: Mapping[str, Any] | None = None,
        status: str | None = None,
        limit: int = 10,
        offset: int = 0,
    ) -> list[Json]:
        """Return the threads that have this metadata and this status, one page of them."""
        body = _given(metadata=metadata, status=status, limit=limit, offset=offset)
        threads: list[Json] = self._call("POST", "/threads/search", body, repeatable=True, kind=list)
        return threads

    def get_state(self, thread_id: str, *, checkpoint_id: str | None = None, subgraphs: bool = False) -> Json:
        """Return the state of a thread: the current one, or that of one checkpoint."""
        path = f"/threads/{thread_id}/state" + (f"/{checkpoint_id}" if checkpoint_id else "")
        state: Json = self._call("GET", path, params={"subgraphs": "true"} if subgraphs else None)
        return state

    def update_state(
        self,
        thread_id: str,
        values: Any,
        *,
        as_node: str | None = None,
        checkpoint: Mapping[str, Any] | None = None,
    ) -> Json:
        """Write ``values`` on top of a thread's state, or of ``checkpoint``; return the new checkpoint."""
        body = {"values": values, **_given(as_node=as_node, checkpoint=checkpoint)}
        answer: Json = self._call("POST", f"/threads/{thread_id}/state", body)
        return answer

    def get_history(self, thread_id: str, *, limit: int = 10) -> list[Json]:
        """Return one page of a thread's history, newest first; `history` reads the whole."""
        page: list[Json] = self._call(
            "GET", f"/threads/{thread_id}/history", params={"limit": limit}, kind=list
        )
        return page

    def history(self, thread_id: str, *, checkpoint_ns: str = "") -> ThreadHistory:
        """Return the whole history of a thread, or of one checkpoint namespace of it, to be read by pages."""
        return ThreadHistory(self._transport, thread_id, checkpoint_ns, self.dialect)

    def delete_made(self) -> list[str]:
        """Delete every thread that is left of those made here; return the ids that would not go."""
        left = []
        for thread_id in list(self.made):
            try:
                self.delete(thread_id)
            except ApiError as error:
                if error.status != 404:
                    left.append(thread_id)
            except DeploymentError:
                left.append(thread_id)
        return left

    def note_tagged(self) -> None:
        """Find threads that carry the tag but whose creation was cut short, so that they are deleted too."""
        for limit in (1000, 100):  # some refuse more than 100
            with suppress(DeploymentError):  # a deployment without search: then `made` is all there is
                for thread in self.search(metadata=self.tag, limit=limit):
                    # A search that ignores its filter must not make us delete the threads of others.
                    if self._is_tagged(thread):
                        self._note(thread)
                return


class RunsClient(_Routes):
    """The routes of runs."""

    def __init__(self, transport: Transport, timeout: float) -> None:
        super().__init__(transport)
        self._timeout = timeout

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

        ``options`` go into the request as they are: ``command``, ``checkpoint``, ``interrupt_before``, ...

        Raises:
            RunFailed: The run ended in an error (unless ``raise_error`` is false).
        """
        self._transport.traffic.runs += 1
        body = {"assistant_id": assistant_id, "input": input, **options}
        values = self._call("POST", f"/threads/{thread_id}/runs/wait", body, timeout=self._timeout)
        if raise_error and isinstance(values, dict) and "__error__" in values:
            raise RunFailed(thread_id, values["__error__"])
        return values

    def stream(
        self, thread_id: str, assistant_id: str, *, input: Any = None, **options: Any
    ) -> Iterator[StreamPart]:
        """Run an assistant on a thread and yield the events of the run (``stream_mode`` is an option)."""
        self._transport.traffic.runs += 1
        body = {"assistant_id": assistant_id, "input": input, **options}
        event, data = "", []
        path = f"/threads/{thread_id}/runs/stream"
        for line in self._transport.lines("POST", path, json=body, timeout=self._timeout):
            if line.startswith("event:"):
                event = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                data.append(line.removeprefix("data:"))
            elif not line:
                if event:
                    yield StreamPart(event, json.loads("".join(data)) if "".join(data).strip() else None)
                event, data = "", []

    def list(self, thread_id: str, *, limit: int = 10) -> list[Json]:
        """Return the runs of a thread, newest first."""
        runs: list[Json] = self._call("GET", f"/threads/{thread_id}/runs", params={"limit": limit}, kind=list)
        return runs


class AssistantsClient(_Routes):
    """The routes of assistants."""

    def search(self, *, limit: int = 100) -> Sequence[Json]:
        """Return the assistants of the deployment, one page of them."""
        assistants: Sequence[Json] = self._call(
            "POST", "/assistants/search", {"limit": limit}, repeatable=True, kind=list
        )
        return assistants

    def get_schemas(self, assistant_id: str) -> Json:
        """Return the JSON schemas of an assistant's input, output, state and config."""
        schemas: Json = self._call("GET", f"/assistants/{assistant_id}/schemas")
        return schemas


class Client:
    """A deployment under one identity, as the SDK's client shows it.

    Args:
        transport: Where requests go.
        tag: Metadata that every thread made here carries.
        run_timeout: Seconds that one run may take.
    """

    def __init__(self, transport: Transport, *, tag: Mapping[str, str], run_timeout: float = 120.0) -> None:
        self.transport = transport
        self.threads = ThreadsClient(transport, tag)
        self.runs = RunsClient(transport, run_timeout)
        self.assistants = AssistantsClient(transport)


def _given(**arguments: Any) -> Json:
    return {name: value for name, value in arguments.items() if value is not None}
