"""The threads that a client made: noted, written down, found again by their tag, and deleted."""

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
from pytest_threadcopy.wire.transport import (
    Answer,
    ApiError,
    DeploymentError,
    NoAnswer,
    NotSent,
    TooLong,
    Transport,
)

_PAGE_SIZES = (100, 10)
_MOST_PAGES = 1000
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 4.0
_ENOUGH = 2
"""After how many deletions in a row that nobody answered no more are tried."""
_LONGER = 2.5
"""How many times as long as a request was waited for its thread is looked for."""
# What a proxy answers when it no longer waits, and the deployment may still be at work.
_MAY_BE_AT_WORK = {408, 499, 502, 503, 504, 598, 599, *range(520, 531)}


@dataclass(frozen=True)
class LostThread:
    """A request that made a thread whose id was not told, or may have made one that nobody knows of.

    ``since`` is when it began and ``until`` how long its thread is looked for, in seconds of the clock;
    ``begun`` is what it is called in a journal.
    """

    path: str
    since: float
    until: float
    begun: str = ""


class OwnedThreads(Routes):
    """Makes and deletes threads, and knows which of those it made are left.

    ``made`` are their ids. ``lost`` are the requests that may have made a thread, and were not
    answered with its id: it may appear late, carrying ``tag``, and `find_lost` looks for it, until
    ``search_until`` in any case (seconds of the clock). ``is_searching`` is true meanwhile.

    Args:
        transport: Where requests go.
        tag: Metadata that every thread made here carries.
        foreign: Ids that are another's, whatever the deployment says.
        ours: The ids of all threads, gone or not, that were made here; clients of one deployment share them.
        write_entry: Told what is made and deleted, as `Journal` is.
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
        """Send what makes a thread; where it ``has_tag``, remember whether nobody knows what became of it."""
        if not has_tag:
            return self._transport.send("POST", path, **body)
        begun, since, timeout = secrets.token_hex(8), time.time(), self._transport.limits.timeout
        if_killed = LostThread(path, since, since + (1 + _LONGER) * timeout, begun)
        self._write_entry(**asdict(if_killed))
        is_known = False
        try:
            answer = self._transport.send("POST", path, **body)
            is_known = answer.status not in _MAY_BE_AT_WORK
        except TooLong:
            is_known = True  # it was answered: what was made is there to be found
            self._note(None, path)
            raise
        except NotSent:
            is_known = True
            raise
        finally:
            if is_known:
                self._write_entry(ended=begun)
            else:
                now = time.time()
                waited = min(now - since, timeout)  # not what it waited for its turn
                self._add_lost(LostThread(path, since, now + max(timeout, _LONGER * waited), begun))
        return answer

    def has_made(self, thread_id: str) -> bool:
        """Whether a thread was made here, or by another client of the deployment, be it gone or not."""
        return comparable(thread_id) in self._ours

    def _note(self, thread: Any, path: str) -> None:
        """Note a thread that was made, as a path answered; where that names none, it is there to be found."""
        if isinstance(thread, dict) and is_id(thread.get("thread_id")):
            self.own(thread["thread_id"])
        else:
            now = time.time()
            self._add_lost(LostThread(path, now, now, secrets.token_hex(8)))

    def _add_lost(self, left: LostThread) -> None:
        self.lost.append(left)
        self._write_entry(**asdict(left))

    def own(self, thread_id: str) -> None:
        """Take a thread for one that was made here, so that it is deleted; but never one of another's."""
        if comparable(thread_id) not in self._foreign:
            self.made[thread_id] = None
            self._ours.add(comparable(thread_id))
            self._write_entry(made=thread_id)

    def refuse_foreign(self, thread_id: str) -> None:
        """Refuse to change a thread that is another's.

        Raises:
            DeploymentError: It is.
        """
        if comparable(thread_id) in self._foreign:
            raise DeploymentError(f"thread {thread_id} is the user's own: it is read and copied, not changed")

    def delete(self, thread_id: str) -> None:
        """Delete a thread."""
        self.refuse_foreign(thread_id)
        answer = self._transport.send("DELETE", thread_path(thread_id), repeatable=True)
        if answer.status < 300 or answer.status == 404:
            self.made.pop(thread_id, None)
            self._ours.add(comparable(thread_id))
            self._write_entry(deleted=thread_id)
        # To delete twice is to delete: the first try may have been heard, and its answer lost.
        if answer.status >= 300 and not (answer.status == 404 and answer.is_second_try):
            raise answer.error()

    def delete_made(self) -> list[str]:
        """Delete every thread that is left of those made here; return the ids that would not go.

        Where two in a row are not answered, but by a proxy or with 429 however long we waited, nobody is
        there to ask for the others.
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
            if silent == _ENOUGH:
                break
        return list(self.made)

    def find_lost(self) -> bool:
        """Note threads that carry the tag and were made elsewhere, or by a request that was not answered.

        Where there are such requests it is looked again, until there are as many new threads, or no more
        time. Whoever was not found stays in ``lost``. Who cannot be asked now may answer later.

        Returns:
            Whether somebody answered in the end.
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
        """Look no longer for the threads of the requests to a path: somebody else found them."""
        self._forget([one for one in self.lost if one.path == path])

    def _forget(self, found: Iterable[LostThread]) -> None:
        for one in found:
            self.lost.remove(one)
            self._write_entry(ended=one.begun)

    def own_tagged(self) -> int | None:
        """Find threads that carry the tag, so that they are deleted too.

        Returns:
            How many are new, made or deleted by no client of the deployment. None where that has no search:
            then `made` is all there is.

        Raises:
            NoAnswer: Nobody is there to ask.
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


def comparable(thread_id: str) -> str:
    """Return an id as ids are compared: a UUID is the same however it is written."""
    try:
        return str(UUID(thread_id))
    except ValueError:
        return thread_id.casefold()


def is_tagged(thread: Any, tag: Mapping[str, str]) -> bool:
    """Whether this is a thread with these entries in its metadata."""
    if not isinstance(thread, dict) or not is_id(thread.get("thread_id")):
        return False
    metadata = thread.get("metadata")
    return isinstance(metadata, dict) and metadata.items() >= tag.items()
