"""The routes of threads."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

from pytest_threadcopy.api.history import HistoryDialect, ThreadHistory
from pytest_threadcopy.api.owned_threads import OwnedThreads, comparable, is_tagged
from pytest_threadcopy.api.response_checks import a_list, a_state, a_thread, is_id
from pytest_threadcopy.api.routes import given, thread_path
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import Answer, ApiError, NoAnswer, NotSent, TooLong


class ThreadsClient(OwnedThreads):
    """The routes of threads.

    Every thread that it makes, by `create` or `copy`, is kept in ``made`` until it is deleted, and carries
    ``tag`` in its metadata, so that nothing stays behind and nothing else is touched.
    """

    @cached_property
    def dialect(self) -> HistoryDialect:
        """How histories are asked for here, as far as it was found out."""
        return HistoryDialect()

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
        body = given(
            metadata=tagged, thread_id=thread_id, if_exists=if_exists, supersteps=supersteps, ttl=ttl
        )
        answer = self._make("/threads", has_tag=True, json=body)
        if answer.status >= 300:
            raise answer.error()
        try:
            thread: Json = answer.json()
        except ApiError:
            self._note(None, "/threads")
            raise
        if if_exists is None or is_tagged(thread, self.tag):  # else it may have been there before
            self._note(thread, "/threads")
        problem = a_thread(thread)
        if problem:
            raise answer.error(f" with {problem}")
        return thread

    def get(self, thread_id: str) -> Json:
        """Return the thread object of a thread."""
        thread: Json = self._call("GET", thread_path(thread_id), check=a_thread)
        return thread

    def copy(self, thread_id: str) -> Any:
        """Copy a thread and return what the deployment answers: a thread object, or None for no body."""
        answer = self.copy_answer(thread_id)
        if answer.status >= 300:
            raise answer.error()
        return answer.json()

    def copy_answer(self, thread_id: str, *, content: bytes | None = None) -> Answer:
        """Copy a thread and return the answer itself, whatever it is; ``content`` is a body to send."""
        path = thread_path(thread_id, "copy")
        has_tag, made = self.has_made(thread_id), None
        try:
            answer = self._make(path, has_tag=has_tag, content=content)
        except (NotSent, TooLong):
            raise
        except NoAnswer as error:
            looked_for = ": it is looked for at the end of the run" if has_tag else ""
            raise NoAnswer(f"{error}, and what became of the copy is unknown{looked_for}") from error
        if answer.status < 300:
            with suppress(ApiError):  # what is no JSON names no thread
                made = answer.json()
            named: Any = made.get("thread_id") if isinstance(made, dict) else None
            # Where it names the source instead: that may not be ours to delete.
            is_another = is_id(named) and comparable(named) != comparable(thread_id)
            if is_another or has_tag:
                self._note(made if is_another else None, path)
        return answer

    def update(self, thread_id: str, *, metadata: Mapping[str, Any]) -> Json:
        """Merge ``metadata`` into that of a thread and return the thread."""
        self.refuse_foreign(thread_id)
        thread: Json = self._call("PATCH", thread_path(thread_id), {"metadata": metadata})
        return thread

    def search(
        self,
        *,
        metadata: Mapping[str, Any] | None = None,
        status: str | None = None,
        limit: int = 10,
        offset: int = 0,
    ) -> list[Json]:
        """Return the threads that have this metadata and this status, one page of them."""
        body = given(metadata=metadata, status=status, limit=limit, offset=offset)
        check = a_list(a_thread, "threads")
        threads: list[Json] = self._call("POST", "/threads/search", body, repeatable=True, check=check)
        return threads

    def get_state(self, thread_id: str, *, checkpoint_id: str | None = None, subgraphs: bool = False) -> Json:
        """Return the state of a thread: the current one, or that of one checkpoint."""
        path = thread_path(thread_id, "state", *([checkpoint_id] if checkpoint_id else []))
        params = {"subgraphs": "true"} if subgraphs else None
        state: Json = self._call("GET", path, params=params, check=a_state)
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
        self.refuse_foreign(thread_id)
        body = {"values": values, **given(as_node=as_node, checkpoint=checkpoint)}
        answer: Json = self._call("POST", thread_path(thread_id, "state"), body)
        return answer

    def get_history(self, thread_id: str, *, limit: int = 10) -> list[Json]:
        """Return one page of a thread's history, newest first; `history` reads the whole."""
        check = a_list(a_state, "thread states")
        page: list[Json] = self._call(
            "GET", thread_path(thread_id, "history"), params={"limit": limit}, check=check
        )
        return page

    def history(self, thread_id: str, *, checkpoint_ns: str = "") -> ThreadHistory:
        """Return the whole history of a thread, or of one checkpoint namespace of it, to be read by pages."""
        return ThreadHistory(self._transport, thread_id, checkpoint_ns, self.dialect)
