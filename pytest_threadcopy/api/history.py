"""A thread's history, page by page, in whatever way the deployment pages.

There is no one way (protocol, "History"): the longest page differs, and so does the form of ``before``,
and a deployment that does not know a form may answer with the first page again, or with nothing. So a form
is believed only once it was seen to move, and a page that does not move is an error, never an end.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pytest_threadcopy.api.response_checks import a_list, a_state
from pytest_threadcopy.api.routes import thread_path
from pytest_threadcopy.histories.thread_ids import State, checkpoint_id, parent_checkpoint_id, shows_parent
from pytest_threadcopy.text.secrets import printable
from pytest_threadcopy.wire.transport import ApiError, DeploymentError, Transport

Page = list[State]
Before = Callable[[str, str], Any]

_BEFORE: dict[str, tuple[str, Before]] = {
    "GET before=ID": ("GET", lambda checkpoint_id, _: checkpoint_id),
    'POST {"configurable": {"checkpoint_id": ID}}': (
        "POST",
        lambda checkpoint_id, ns: {"configurable": {"checkpoint_id": checkpoint_id, "checkpoint_ns": ns}},
    ),
    "POST ID": ("POST", lambda checkpoint_id, _: checkpoint_id),
    'POST {"checkpoint_id": ID}': ("POST", lambda checkpoint_id, _: {"checkpoint_id": checkpoint_id}),
}
_PAGE_SIZES = (100, 10)  # 100 is accepted by all servers known
_LONGER_PAGE = 1000  # asked for where a page leads no further
_FIRST_STEP = -1
_MOST_PAGES = 10_000
_MOST_CHECKPOINTS = 50_000
_check = a_list(a_state, "thread states")


class HistoryError(DeploymentError):
    """The history of a thread cannot be read whole."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


@dataclass
class HistoryDialect:
    """How one deployment pages, as far as it is known; reading a history finds out what is missing.

    ``first`` is the method and page size of a first page, ``before`` the form that moves, for the root
    namespace (False) and for a subgraph's (True). ``longest`` is the length of the longest page that
    a method gave: one that is shorter than that, and than what was asked for, was not cut.
    """

    first: dict[bool, tuple[str, int]] = field(default_factory=dict)
    before: dict[bool, str] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)


class ThreadHistory:
    """The history of a thread, or of one checkpoint namespace of it, newest checkpoint first.

    Holds no page: each call of `pages`, and each iteration over the states, reads the history anew.

    Raises:
        HistoryError: On reading, when the deployment gives no way to the next page, repeats one, or finds no
            end.
        ApiError: On reading, when the deployment refuses the first page.
    """

    def __init__(
        self, transport: Transport, thread_id: str, checkpoint_ns: str, dialect: HistoryDialect
    ) -> None:
        self.thread_id = thread_id
        self._transport = transport
        self._ns = checkpoint_ns
        self._nested = bool(checkpoint_ns)
        self._dialect = dialect

    def __iter__(self) -> Iterator[State]:
        for page in self.pages():
            yield from page

    def pages(self) -> Iterator[Page]:
        """Yield the pages, each a list of thread states, until the history ends."""
        page, asked = self._first()
        count, length, kept = 0, 0, set[str]()
        while page:
            yield page
            length += len(page)
            if len(page) < asked[1] and _ends_in_root(page):
                return  # to ask for more would be a request for nothing
            # A circle of pages comes back to the one that is kept, since that is replaced at the 1st, 2nd,
            # 4th, 8th ... page only: this finds any circle without keeping every id of a long history.
            seen = set(filter(None, map(checkpoint_id, page)))
            count += 1
            if count == _MOST_PAGES or length >= _MOST_CHECKPOINTS:
                raise HistoryError(
                    f"the history of thread {self.thread_id} has no end: {length} checkpoints on {count} "
                    "pages were read"
                )
            if count.bit_count() == 1:
                kept = seen
            form, nothing_before = self._form_after(page)
            if form is None:
                if not (nothing_before and _is_alone(page)):
                    yield from self._rest(page, *asked)
                return
            last = str(checkpoint_id(page[-1]))
            del page  # else it would be held beside the next one
            page = self._fetch_before(form, last)
            again = next((i for i in map(checkpoint_id, page) if i in seen or i in kept), None)
            if again:
                raise HistoryError(
                    f"the history of thread {self.thread_id} repeats itself: checkpoint {again} "
                    f"is on a second page ({self._dialect.before[self._nested]})"
                )

    def find_before(self, page: Page) -> None:
        """Find out, on the first page of this history, which form of ``before`` moves, and remember it.

        Raises:
            HistoryError: None does.
        """
        if self._nested not in self._dialect.before:
            form, _ = self._find_form(page)
            if not form:
                raise HistoryError(f"no form of `before` moves (tried {', '.join(_BEFORE)})")
            self._dialect.before[self._nested] = form

    def _first(self) -> tuple[Page, tuple[str, int]]:
        """Return the first page, and the method and page size by which it was asked for."""
        known = self._dialect.first.get(self._nested)
        if known:
            return self._fetch(*known), known
        methods = ("POST",) if self._nested else ("GET", "POST")
        refused: ApiError | None = None
        for size in _PAGE_SIZES:
            for method in methods:
                try:
                    page = self._fetch(method, size)
                except ApiError as error:
                    if not error.is_about_the_thread:
                        raise
                    refused = refused or error
                else:
                    self._dialect.first[self._nested] = asked = method, size
                    return page, asked
        assert refused is not None
        raise refused

    def _form_after(self, page: Page) -> tuple[str | None, bool]:
        """Return the form by which to ask for what comes after a page, as `_find_form` does."""
        if checkpoint_id(page[-1]) is None:
            return None, False
        known = self._dialect.before.get(self._nested)
        if known:
            return known, False
        form, nothing_before = self._find_form(page)
        if form:
            self._dialect.before[self._nested] = form
        return form, nothing_before

    def _rest(self, page: Page, method: str, size: int) -> Iterator[Page]:
        """Yield what is missing of a first page, after which nothing can be asked for: by a longer one.

        Raises:
            HistoryError: No page is seen to be whole.
        """
        if self._is_whole(page, method, size):
            return
        longer = self._longer(method) if size < _LONGER_PAGE else []
        ids, ids_again = (list(map(checkpoint_id, states)) for states in (page, longer[: len(page)]))
        if ids != ids_again or not self._is_whole(longer, method, _LONGER_PAGE):
            tried = f"no form of `before` moves (tried {', '.join(_BEFORE)})"
            problem = (
                f"cannot be read past checkpoint {ids[-1]}: {tried}"
                if ids[-1]
                else "shows no checkpoint ids: there is no way to ask for what comes after its first "
                f"{len(page)} checkpoints"
            )
            raise HistoryError(f"the history of thread {self.thread_id} {problem}")
        self._dialect.first[self._nested] = method, _LONGER_PAGE
        if longer[len(page) :]:
            yield longer[len(page) :]

    def _longer(self, method: str) -> Page:
        try:
            return self._fetch(method, _LONGER_PAGE)
        except ApiError as error:
            if not error.is_about_the_thread:
                raise
            return []

    def _is_whole(self, page: Page, method: str, size: int) -> bool:
        """Whether a page of which so many were asked for is seen to hold all there is."""
        ends = _ends_in_root(page) or _ends_in_first_step(page) or (_is_alone(page) and shows_parent(page[0]))
        return ends or len(page) < min(size, self._dialect.longest[method])

    def _find_form(self, page: Page) -> tuple[str | None, bool]:
        """Find a form of ``before`` that is seen to move, on checkpoints that are already known.

        Returns:
            The form, if one does, and whether any found nothing before the newest checkpoint.
        """
        nothing_before = False
        start, expected = checkpoint_id(page[0]), checkpoint_id(page[1]) if len(page) > 1 else None
        for form, (method, _) in _BEFORE.items():
            if self._nested and method == "GET":
                continue
            try:
                found = self._fetch_before(form, start or "", limit=1)
            except ApiError as error:
                if not error.is_about_the_thread:
                    raise
                continue
            nothing_before = nothing_before or not found
            head = checkpoint_id(found[0]) if found else None
            if head and (head == expected or (expected is None and head != start)):
                return form, False
        return None, nothing_before

    def _fetch_before(self, form: str, checkpoint_id: str, *, limit: int | None = None) -> Page:
        method, make = _BEFORE[form]
        size = limit or self._dialect.first[self._nested][1]
        return self._fetch(method, size, make(checkpoint_id, self._ns))

    def _fetch(self, method: str, limit: int, before: Any = None) -> Page:
        query = {"limit": limit} | ({"before": before} if before is not None else {})
        path = thread_path(self.thread_id, "history")
        if method == "GET":
            answer = self._transport.send("GET", path, params=query)
        else:
            body = query | ({"checkpoint": {"checkpoint_ns": self._ns}} if self._nested else {})
            answer = self._transport.send("POST", path, json=body, repeatable=True)
        if answer.status >= 300:
            raise answer.error()
        page: Page = answer.json()
        problem = _check(page)
        if problem:
            raise answer.error(f" with {problem}")
        self._dialect.longest[method] = max(self._dialect.longest.get(method, 0), len(page))
        return page


def _ends_in_root(page: Page) -> bool:
    """Whether the last checkpoint is seen to have no parent, on a page that shows that of another."""
    last = page[-1]
    return shows_parent(last) and parent_checkpoint_id(last) is None and any(map(parent_checkpoint_id, page))


def _ends_in_first_step(page: Page) -> bool:
    """Whether the last checkpoint is by its metadata the first of its thread, and shows no parent."""
    first = (page[-1].get("metadata") or {}).get("step") == _FIRST_STEP
    return first and parent_checkpoint_id(page[-1]) is None


def _is_alone(page: Page) -> bool:
    return len(page) == 1 and parent_checkpoint_id(page[0]) is None
