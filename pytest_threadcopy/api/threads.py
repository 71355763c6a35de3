"""The routes of threads."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from pytest_threadcopy.api.history import HistoryDialect, ThreadHistory
from pytest_threadcopy.api.owned_threads import OwnedThreads, comparable, is_tagged
from pytest_threadcopy.api.response_checks import THREAD_STATES, a_list, a_state, a_thread, anything, is_id
from pytest_threadcopy.api.routes import checked_json, thread_path, without_none
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import Answer, ApiError, NoAnswer, NotSent, TooLong


class ThreadsClient(OwnedThreads):
    """The routes of threads.

    `create` and `copy` add each thread that they make to ``made``, until it is deleted. Its metadata carries
    ``tag``. So every thread of ours is deleted at the end, and no other thread.
    """

    @cached_property
    def dialect(self) -> HistoryDialect:
        """How this deployment pages histories, as far as it is known."""
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
        body = without_none(
            metadata=tagged, thread_id=thread_id, if_exists=if_exists, supersteps=supersteps, ttl=ttl
        )
        answer = self._make("/threads", has_tag=True, json=body)
        thread = _json_or_none(answer)
        # With `if_exists`, a thread without the tag may have existed before.
        if answer.status < 300 and (if_exists is None or thread is None or is_tagged(thread, self.tag)):
            self._note_made(thread, "/threads")
        return checked_json(answer, a_thread)

    def get(self, thread_id: str) -> Json:
        """Return the thread object of a thread."""
        return self._call("GET", thread_path(thread_id), check=a_thread)

    def copy(self, thread_id: str) -> Any:
        """Copy a thread and return the JSON of the answer: a thread object, or None for an empty body."""
        return checked_json(self.copy_answer(thread_id), anything)

    def copy_answer(self, thread_id: str, *, content: bytes | None = None) -> Answer:
        """Copy a thread and return the answer, even if it is an error; ``content`` is a body to send."""
        path = thread_path(thread_id, "copy")
        has_tag = self.has_made(thread_id)
        try:
            answer = self._make(path, has_tag=has_tag, content=content)
        except (NotSent, TooLong):
            raise
        except NoAnswer as error:
            search = ": the run searches for it at its end" if has_tag else ""
            raise NoAnswer(f"{error}, and whether a copy was made is unknown{search}") from error
        if answer.status < 300:
            copy = _json_or_none(answer)
            named: Any = copy.get("thread_id") if isinstance(copy, dict) else None
            # An answer may name the source, which may not be ours to delete.
            is_another = is_id(named) and comparable(named) != comparable(thread_id)
            if is_another or has_tag:
                self._note_made(copy if is_another else None, path)
        return answer

    def update(self, thread_id: str, *, metadata: Mapping[str, Any]) -> Json:
        """Merge ``metadata`` into the metadata of a thread and return the thread."""
        self.refuse_foreign(thread_id)
        return self._call("PATCH", thread_path(thread_id), {"metadata": metadata})

    def search(
        self,
        *,
        metadata: Mapping[str, Any] | None = None,
        status: str | None = None,
        limit: int = 10,
        offset: int = 0,
    ) -> list[Json]:
        """Return one page of the threads that have this metadata and this status."""
        body = without_none(metadata=metadata, status=status, limit=limit, offset=offset)
        check = a_list(a_thread, "threads")
        return self._call("POST", "/threads/search", body, repeatable=True, check=check)

    def get_state(self, thread_id: str, *, checkpoint_id: str | None = None, subgraphs: bool = False) -> Json:
        """Return the current state of a thread, or its state at one checkpoint."""
        path = thread_path(thread_id, "state", *([checkpoint_id] if checkpoint_id else []))
        params = {"subgraphs": "true"} if subgraphs else None
        return self._call("GET", path, params=params, check=a_state)

    def update_state(
        self,
        thread_id: str,
        values: Any,
        *,
        as_node: str | None = None,
        checkpoint: Mapping[str, Any] | None = None,
    ) -> Json:
        """Write ``values`` to a thread's current state, or to ``checkpoint``; return the new checkpoint."""
        self.refuse_foreign(thread_id)
        body = {"values": values, **without_none(as_node=as_node, checkpoint=checkpoint)}
        return self._call("POST", thread_path(thread_id, "state"), body)

    def get_history(self, thread_id: str, *, limit: int = 10) -> list[Json]:
        """Return one page of a thread's history, newest first; `history` reads all of it."""
        path = thread_path(thread_id, "history")
        return self._call("GET", path, params={"limit": limit}, check=THREAD_STATES)

    def history(self, thread_id: str, *, checkpoint_ns: str = "") -> ThreadHistory:
        """Return the history of a thread, or of one of its checkpoint namespaces, to be read page by page."""
        return ThreadHistory(self._transport, thread_id, checkpoint_ns, self.dialect)


def _json_or_none(answer: Answer) -> Any:
    try:
        return answer.json()
    except ApiError:
        return None
