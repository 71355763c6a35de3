"""The threads that a client made: it records them, finds them again by their tag, and deletes them."""

import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from pytest_threadcopy.api.journal import WriteEntry, write_nothing
from pytest_threadcopy.api.response_checks import a_list, anything, is_id
from pytest_threadcopy.api.routes import Routes, thread_path
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.response import ApiError, DeploymentError, NoAnswer, NotSent, TooLong
from pytest_threadcopy.wire.transport import Answer, Transport

_PAGE_SIZES = (100, 10)
_MOST_PAGES = 1000
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 4.0
_MOST_SILENT = 2
"""`OwnedThreads.delete_made` stops after this many deletions in a row without an answer."""
_SEARCH_FACTOR = 2.5
"""The search for a lost thread lasts this many times as long as the wait for its answer."""
# A proxy answers these when it no longer waits. The deployment may still be at work.
_MAY_BE_AT_WORK = {408, 499, 502, 503, 504, 598, 599, *range(520, 531)}


@dataclass(frozen=True)
class LostThread:
    """A thread that may exist although no answer names its id, known by the request that may have made it.

    The request went to ``path`` and began at ``since``; the search for the thread ends at ``until`` (both in
    seconds of the clock). ``begun`` is the request's id in a journal.
    """

    path: str
    since: float
    until: float
    begun: str = ""


class OwnedThreads(Routes):
    """Makes and deletes threads, and knows which of them still exist.

    ``made`` holds the ids of the threads that this client made and has not deleted. ``lost`` holds the
    threads whose id no answer named. A lost thread may appear late, carrying ``tag``: `find_lost` searches
    for it. If no thread is lost, it searches until ``search_until`` (seconds of the clock). ``is_searching``
    is true meanwhile.

    Args:
        tag: Metadata that every thread made here carries.
        foreign: Ids of the user's own threads. They are never changed, even if an answer names one of them.
        ours: The ids of all threads that were ever made here; the clients of one deployment share them.
        write_entry: Writes an entry of the `Journal` when a thread is made or deleted.
    """

    def __init__(
        self,
        transport: Transport,
        tag: Mapping[str, str],
        *,
        foreign: Iterable[str] = (),
        ours: set[str] | None = None,
        write_entry: WriteEntry = write_nothing,
    ) -> None:
        super().__init__(transport)
        self.tag = dict(tag)
        self.made: dict[str, None] = {}
        self.lost: list[LostThread] = []
        self.search_until = 0.0
        self.is_searching = False
        self._foreign = frozenset(map(comparable, foreign))
        self._ours = set[str]() if ours is None else ours
        self._write_entry = write_entry

    def _make(self, path: str, *, has_tag: bool, **body: Any) -> Answer:
        """Send a request that makes a thread. If its outcome is unknown, and it ``has_tag``, it is lost."""
        if not has_tag:
            return self._transport.send("POST", path, **body)
        begun, since, timeout = secrets.token_hex(8), time.time(), self._transport.limits.timeout
        # If this process is killed now, the journal tells another process what to search for.
        if_killed = LostThread(path, since, since + (1 + _SEARCH_FACTOR) * timeout, begun)
        self._write_entry(**asdict(if_killed))
        is_known = False
        try:
            answer = self._transport.send("POST", path, **body)
            is_known = answer.status not in _MAY_BE_AT_WORK
        except (NotSent, TooLong) as error:
            is_known = True
            if isinstance(error, TooLong):  # the deployment answered, so the thread exists already
                self._note_made(None, path)
            raise
        finally:
            if is_known:
                self._write_entry(ended=begun)
            else:
                now = time.time()
                waited = min(now - since, timeout)  # without the time in which the request waited for a slot
                self._add_lost(LostThread(path, since, now + max(timeout, _SEARCH_FACTOR * waited), begun))
        return answer

    def has_made(self, thread_id: str) -> bool:
        """Whether a client of this deployment made the thread, even if it has been deleted."""
        return comparable(thread_id) in self._ours

    def _note_made(self, thread: Any, path: str) -> None:
        """Own the thread that an answer shows. If the answer names no id, the thread exists but is lost."""
        if isinstance(thread, dict) and is_id(thread.get("thread_id")):
            self.own(thread["thread_id"])
        else:
            now = time.time()
            self._add_lost(LostThread(path, now, now, secrets.token_hex(8)))

    def _add_lost(self, thread: LostThread) -> None:
        self.lost.append(thread)
        self._write_entry(**asdict(thread))

    def own(self, thread_id: str) -> None:
        """Treat a thread as made here, so that it is deleted at the end. A foreign thread is never owned."""
        if comparable(thread_id) not in self._foreign:
            self.made[thread_id] = None
            self._ours.add(comparable(thread_id))
            self._write_entry(made=thread_id)

    def refuse_foreign(self, thread_id: str) -> None:
        """Raise `DeploymentError` if a thread is foreign: it must not be changed."""
        if comparable(thread_id) in self._foreign:
            raise DeploymentError(f"thread {thread_id} is the user's own: it is read and copied, not changed")

    def delete(self, thread_id: str) -> None:
        """Delete a thread; raise `ApiError` if the deployment refuses, or the thread did not exist."""
        self.refuse_foreign(thread_id)
        answer = self._transport.send("DELETE", thread_path(thread_id), repeatable=True)
        if answer.status < 300 or answer.status == 404:
            self.made.pop(thread_id, None)
            self._ours.add(comparable(thread_id))
            self._write_entry(deleted=thread_id)
        # A 404 to the second try is a success: the first try may have deleted the thread, its answer lost.
        if answer.status >= 300 and not (answer.status == 404 and answer.is_second_try):
            raise answer.error()

    def delete_made(self) -> list[str]:
        """Delete every thread in ``made``; return the ids of those that could not be deleted.

        Stops after two deletions in a row without an answer of the deployment itself: it would not delete
        the others either. The error of a proxy, or a 429 to the last try, does not count as one.
        """
        silent = 0
        for thread_id in list(self.made):
            try:
                self.delete(thread_id)
                silent = 0
            except NoAnswer:
                silent += 1
            except ApiError as error:
                silent = silent + 1 if error.status == 429 or error.status in _MAY_BE_AT_WORK else 0
            if silent == _MOST_SILENT:
                break
        return list(self.made)

    def find_lost(self) -> bool:
        """Search for threads that carry the tag but are not in ``made``, and own them.

        While threads are lost, the search repeats until it finds as many new threads, or the time is over; a
        search without an answer is repeated too. A thread that was not found stays in ``lost``. Return
        whether the deployment answered the last search.
        """
        self.is_searching = True
        pause = _FIRST_PAUSE
        try:
            while True:
                known, has_search, is_answered = len(self._ours), True, False
                with suppress(NoAnswer):
                    has_search = self.own_tagged() is not None
                    is_answered = True
                self._forget(self.lost[: len(self._ours) - known])
                ends_at = max((one.until for one in self.lost), default=self.search_until)
                is_over = time.monotonic() >= self._transport.limits.ends_at
                if not has_search or is_over or time.time() >= ends_at:
                    return is_answered
                time.sleep(max(0.0, min(pause, ends_at - time.time())))
                pause = min(_LONGEST_PAUSE, pause * 1.5)
        finally:
            self.is_searching = False

    def forget_lost(self, path: str) -> None:
        """End the search for the threads of the requests to a path: the caller found them itself."""
        self._forget([thread for thread in self.lost if thread.path == path])

    def _forget(self, threads: Iterable[LostThread]) -> None:
        for thread in threads:
            self.lost.remove(thread)
            self._write_entry(ended=thread.begun)

    def own_tagged(self) -> int | None:
        """Search once for threads that carry the tag, and own them, so that they are deleted too.

        Return how many of them were unknown to all clients of this deployment, None if the deployment has no
        search. Raise `NoAnswer` if it does not answer.
        """
        known = len(self._ours)
        try:
            for thread in self.tagged(self.tag):
                if thread["thread_id"] not in self.made:
                    self.own(thread["thread_id"])
        except ApiError as error:
            if error.is_about_the_thread and error.status < 500:
                return None
        return len(self._ours) - known

    def tagged(self, tag: Mapping[str, str]) -> Iterator[Json]:
        """Yield each thread that the search finds and whose metadata has these entries.

        A search may ignore its filter or its offset, or refuse long pages. So each thread is checked, and the
        first page without a new thread is the last. Raise `ApiError` or `NoAnswer` if there is no search.
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
        """Return a page of a search, its items unchecked."""
        check = a_list(anything, "threads")
        for size in _PAGE_SIZES:
            body = {"metadata": metadata, "limit": size, "offset": offset}
            try:
                return self._call("POST", "/threads/search", body, repeatable=True, check=check)
            except (ApiError, TooLong):  # the page is too long for the deployment, or for us
                if size == _PAGE_SIZES[-1]:
                    raise
        return []


def comparable(thread_id: str) -> str:
    """Return the form of an id in which two ids are compared: a UUID has several spellings."""
    try:
        return str(UUID(thread_id))
    except ValueError:
        return thread_id.casefold()


def is_tagged(thread: Any, tag: Mapping[str, str]) -> bool:
    """Whether a value is a thread whose metadata has these entries."""
    if not isinstance(thread, dict) or not is_id(thread.get("thread_id")):
        return False
    metadata = thread.get("metadata")
    return isinstance(metadata, dict) and metadata.items() >= tag.items()
