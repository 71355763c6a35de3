"""The routes of threads, and what is known of the threads that were made by them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from pytest_threadcopy.history import HistoryDialect, ThreadHistory
from pytest_threadcopy.routes import Json, Routes, given, thread_path
from pytest_threadcopy.shapes import a_list, a_state, a_thread, anything, is_id
from pytest_threadcopy.wire.transport import Answer, ApiError, NoAnswer, TooLong, Transport

_PAGE_SIZES = (100, 10)
_MOST_PAGES = 1000
_POLL_SECONDS = 0.5
# What a proxy answers when it no longer waits, and the deployment may still be at work.
_MAY_BE_AT_WORK = {408, 502, 504, 520, 524}


class ThreadsClient(Routes):
    """The routes of threads.

    Every thread that it makes, by `create` or `copy`, is kept in ``made`` until it is deleted, and carries
    ``tag`` in its metadata, so that nothing stays behind and nothing else is touched. ``unanswered`` are the
    requests that may have made such a thread, and were not answered: it may appear late, and
    `find_unanswered` looks for it.
    """

    def __init__(self, transport: Transport, tag: Mapping[str, str]) -> None:
        super().__init__(transport)
        self.tag = dict(tag)
        self.made: dict[str, None] = {}
        self.unanswered: list[str] = []
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
        body = given(
            metadata=tagged, thread_id=thread_id, if_exists=if_exists, supersteps=supersteps, ttl=ttl
        )
        answer = self._make("/threads", has_tag=True, json=body)
        if answer.status >= 300:
            raise answer.error()
        thread: Json = answer.json()
        if if_exists is None or self._is_tagged(thread):  # else it may have been there before
            self._note(thread)
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
        answer = self._make(path, has_tag=thread_id in self.made, content=content)
        with suppress(ApiError):  # what is no JSON names no thread
            made = answer.json() if answer.status < 300 else None
            # Where it names the source instead: that may not be ours to delete.
            if isinstance(made, dict) and made.get("thread_id") != thread_id:
                self._note(made)
        return answer

    def _make(self, path: str, *, has_tag: bool, **body: Any) -> Answer:
        """Send what makes a thread; where it ``has_tag``, remember whether nobody knows what became of it."""
        answer = None
        try:
            answer = self._transport.send("POST", path, **body)
        except TooLong:
            has_tag = False  # it was answered: what was made is there to be found
            raise
        finally:
            if has_tag and (answer is None or answer.status in _MAY_BE_AT_WORK):
                self.unanswered.append(f"POST {path}")
        return answer

    def _note(self, thread: Any) -> None:
        if isinstance(thread, dict) and is_id(thread.get("thread_id")):
            self.made[thread["thread_id"]] = None

    def _is_tagged(self, thread: Any) -> bool:
        return _has(thread, self.tag)

    def update(self, thread_id: str, *, metadata: Mapping[str, Any]) -> Json:
        """Merge ``metadata`` into that of a thread and return the thread."""
        thread: Json = self._call("PATCH", thread_path(thread_id), {"metadata": metadata})
        return thread

    def delete(self, thread_id: str) -> None:
        """Delete a thread."""
        answer = self._transport.send("DELETE", thread_path(thread_id))
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

    def delete_made(self) -> list[str]:
        """Delete every thread that is left of those made here; return the ids that would not go.

        Several are deleted at once. Where none of these is answered, nobody is there to ask for the others.
        """
        silent: list[str] = []
        at_once = self._transport.limits.in_flight

        def remove(thread_id: str) -> None:
            if len(silent) >= at_once:
                return
            try:
                self.delete(thread_id)
                silent.clear()
            except NoAnswer:
                silent.append(thread_id)
            except ApiError:
                pass

        with ThreadPoolExecutor(at_once) as pool:
            try:
                for _ in pool.map(remove, list(self.made)):
                    pass
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)
                self._transport.abort()
                raise
        return list(self.made)

    def find_unanswered(self, seconds: float) -> None:
        """Look for threads whose making was not answered, so that they are deleted too; they may be late.

        Args:
            seconds: For how long to look, unless all are found before, or nobody can be asked.
        """
        until = time.monotonic() + seconds
        missing = len(self.unanswered)
        while missing > 0:
            found = self.note_tagged()
            if found is None or found >= missing or time.monotonic() > until:
                break
            missing -= found
            time.sleep(_POLL_SECONDS)
        self.unanswered.clear()

    def note_tagged(self) -> int | None:
        """Find threads that carry the tag but whose creation was cut short, so that they are deleted too.

        Returns:
            How many are new, or None where the deployment has no search: then `made` is all there is.

        Raises:
            NoAnswer: Nobody is there to ask.
        """
        known = len(self.made)
        try:
            for thread in self.tagged(self.tag):
                self._note(thread)
        except ApiError:
            return None
        return len(self.made) - known

    def tagged(self, tag: Mapping[str, str]) -> Iterator[Json]:
        """Yield each thread that has these entries in its metadata, as far as search finds it.

        A search may ignore its filter, refuse long pages, or not know where a page is to begin: only threads
        that have the entries are yielded, and the first page with none that is new is the last.

        Raises:
            ApiError, NoAnswer: There is no search.
        """
        seen = set[str]()
        offset = 0
        for _ in range(_MOST_PAGES):
            page = self._search_page(tag, offset)
            new = [thread for thread in page if _has(thread, tag) and thread["thread_id"] not in seen]
            if not new:
                return
            seen |= {thread["thread_id"] for thread in new}
            offset += len(page)
            yield from new

    def _search_page(self, metadata: Mapping[str, str], offset: int) -> list[Any]:
        """Return a page of a search, whatever its items are."""
        for size in _PAGE_SIZES:
            body = {"metadata": metadata, "limit": size, "offset": offset}
            try:
                page: list[Any] = self._call(
                    "POST", "/threads/search", body, repeatable=True, check=a_list(anything, "threads")
                )
            except (ApiError, TooLong):  # for it, or for us
                if size == _PAGE_SIZES[-1]:
                    raise
            else:
                return page
        return []


def _has(thread: Any, tag: Mapping[str, str]) -> bool:
    """Whether this is a thread with these entries in its metadata."""
    if not isinstance(thread, dict) or not is_id(thread.get("thread_id")):
        return False
    metadata = thread.get("metadata")
    return isinstance(metadata, dict) and metadata.items() >= tag.items()
