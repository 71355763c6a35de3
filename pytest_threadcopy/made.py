"""The threads that a client made: noted, written down, found again by their tag, and deleted."""

import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from pytest_threadcopy.journal import WriteDown, nothing
from pytest_threadcopy.routes import Routes, thread_path
from pytest_threadcopy.shapes import a_list, anything, is_id
from pytest_threadcopy.wire.transport import Answer, ApiError, DeploymentError, NoAnswer, TooLong, Transport

_PAGE_SIZES = (100, 10)
_MOST_PAGES = 1000
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 4.0
_LONGER = 2.5
"""How many times as long as a request was waited for its thread is looked for."""
# What a proxy answers when it no longer waits, and the deployment may still be at work.
_MAY_BE_AT_WORK = {408, 499, 502, 503, 504, 598, 599, *range(520, 531)}


@dataclass(frozen=True)
class Unanswered:
    """A request that may have made a thread, and of which nobody knows whether it did.

    ``since`` is when it began and ``until`` how long its thread is looked for, in seconds of the clock.
    """

    path: str
    since: float
    until: float


class MadeThreads(Routes):
    """Makes and deletes threads, and knows which of those it made are left.

    ``made`` are their ids. ``unanswered`` are the requests that may have made a thread, and were not
    answered: it may appear late, carrying ``tag``, and `find_left` looks for it. ``is_looking`` is true
    meanwhile.

    Args:
        transport: Where requests go.
        tag: Metadata that every thread made here carries.
        never_ours: Ids that are another's, whatever the deployment says.
        write_down: Told what is made and deleted, as `Journal` is.
    """

    def __init__(
        self,
        transport: Transport,
        tag: Mapping[str, str],
        *,
        never_ours: Iterable[str] = (),
        write_down: WriteDown = nothing,
    ) -> None:
        super().__init__(transport)
        self.tag = dict(tag)
        self.made: dict[str, None] = {}
        self.unanswered: list[Unanswered] = []
        self.is_looking = False
        self._never_ours = frozenset(never_ours)
        self._write_down = write_down

    def _make(self, path: str, *, has_tag: bool, **body: Any) -> Answer:
        """Send what makes a thread; where it ``has_tag``, remember whether nobody knows what became of it."""
        if not has_tag:
            return self._transport.send("POST", path, **body)
        request, since, timeout = secrets.token_hex(8), time.time(), self._transport.limits.timeout
        if_killed = Unanswered(path, since, since + (1 + _LONGER) * timeout)
        self._write_down(begun=request, **asdict(if_killed))
        is_known = False
        try:
            answer = self._transport.send("POST", path, **body)
            is_known = answer.status not in _MAY_BE_AT_WORK
        except TooLong:
            is_known = True  # it was answered: what was made is there to be found
            raise
        finally:
            if is_known:
                self._write_down(ended=request)
            else:
                now = time.time()
                left = Unanswered(path, since, now + max(timeout, _LONGER * (now - since)))
                self.unanswered.append(left)
                self._write_down(begun=request, **asdict(left))
        return answer

    def _note(self, thread: Any) -> None:
        if isinstance(thread, dict) and is_id(thread.get("thread_id")):
            self.keep(thread["thread_id"])

    def keep(self, thread_id: str) -> None:
        """Take a thread for one that was made here, so that it is deleted; but never one of another's."""
        if thread_id not in self._never_ours:
            self.made[thread_id] = None
            self._write_down(made=thread_id)

    def refuse_anothers(self, thread_id: str) -> None:
        """Refuse to change a thread that is another's.

        Raises:
            DeploymentError: It is.
        """
        if thread_id in self._never_ours:
            raise DeploymentError(f"thread {thread_id} is the user's own: it is read and copied, not changed")

    def delete(self, thread_id: str) -> None:
        """Delete a thread."""
        self.refuse_anothers(thread_id)
        # To delete twice is to delete.
        answer = self._transport.send("DELETE", thread_path(thread_id), repeatable=True)
        if answer.status < 300 or answer.status == 404:
            self.made.pop(thread_id, None)
            self._write_down(deleted=thread_id)
        if answer.status >= 300:
            raise answer.error()

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

    def find_left(self) -> None:
        """Note threads that carry the tag and were made elsewhere, or by a request that was not answered.

        Where there are such requests it is looked again, until there are as many new threads, or no more
        time. Whoever was not found stays in ``unanswered``. Who cannot be asked now may answer later.
        """
        self.is_looking = True
        pause = _FIRST_PAUSE
        try:
            while True:
                known, has_search = len(self.made), True
                with suppress(NoAnswer):
                    has_search = self.note_tagged() is not None
                del self.unanswered[: len(self.made) - known]
                ends_at = max((one.until for one in self.unanswered), default=0.0)
                is_over = time.monotonic() >= self._transport.limits.ends_at
                if not has_search or is_over or time.time() >= ends_at:
                    return
                time.sleep(max(0.0, min(pause, ends_at - time.time())))
                pause = min(_LONGEST_PAUSE, pause * 1.5)
        finally:
            self.is_looking = False

    def note_tagged(self) -> int | None:
        """Find threads that carry the tag, so that they are deleted too.

        Returns:
            How many are new, or None where the deployment has no search: then `made` is all there is.

        Raises:
            NoAnswer: Nobody is there to ask.
        """
        known = len(self.made)
        try:
            for thread in self.tagged(self.tag):
                if thread["thread_id"] not in self.made:
                    self._note(thread)
        except ApiError as error:
            if error.is_about_the_thread and error.status < 500:
                return None
        return len(self.made) - known

    def tagged(self, tag: Mapping[str, str]) -> Iterator[dict[str, Any]]:
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
            new = [thread for thread in page if is_tagged(thread, tag) and thread["thread_id"] not in seen]
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


def is_tagged(thread: Any, tag: Mapping[str, str]) -> bool:
    """Whether this is a thread with these entries in its metadata."""
    if not isinstance(thread, dict) or not is_id(thread.get("thread_id")):
        return False
    metadata = thread.get("metadata")
    return isinstance(metadata, dict) and metadata.items() >= tag.items()
