"""A thread's history, page by page, in each way in which deployments page.

Deployments page in different ways (protocol, "History"): the longest page differs, and so does the form of
``before``. A deployment that does not know a form may answer with the first page again, or with nothing. So a
form is trusted only once it has moved, and a page that does not move is an error, never an end.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from pytest_threadcopy.api.response_checks import THREAD_STATES
from pytest_threadcopy.api.routes import checked_json, thread_path
from pytest_threadcopy.histories.thread_ids import State, checkpoint_id, parent_checkpoint_id, shows_parent
from pytest_threadcopy.text.terminal import one_line
from pytest_threadcopy.wire.response import ApiError, DeploymentError, suppress_refusal
from pytest_threadcopy.wire.transport import Transport

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
_PAGE_SIZES = (100, 10)  # all known servers accept 100
_LONGER_PAGE = 1000  # for a deployment on which no form of `before` moves
_FIRST_STEP = -1
_MOST_PAGES = 10_000
_MOST_CHECKPOINTS = 50_000
_NO_FORM_MOVES = f"no form of `before` moves (tried {', '.join(_BEFORE)})"


class HistoryError(DeploymentError):
    """The history of a thread, ``thread_id``, cannot be read to its end."""

    def __init__(self, message: str, thread_id: str = "") -> None:
        super().__init__(one_line(message))
        self.thread_id = thread_id


@dataclass
class HistoryDialect:
    """How one deployment pages, as far as this is known. Reading a history adds to it.

    ``first_page`` holds the method and size that work for a first page, ``before`` the form that moves; each
    for the root namespace (False) and for a subgraph's (True). ``longest_page`` holds the length of the
    longest page by each method: a page that is shorter than that, and than its limit, was not cut.
    """

    first_page: dict[bool, tuple[str, int]] = field(default_factory=dict)
    before: dict[bool, str] = field(default_factory=dict)
    longest_page: dict[str, int] = field(default_factory=dict)


class ThreadHistory:
    """The history of a thread, or of one of its checkpoint namespaces, newest checkpoint first.

    Holds no page: each call of `pages`, and each iteration over the states, reads the history anew.

    Raises:
        HistoryError: On reading: no form leads to the next page, a page repeats, or the history has no end.
        ApiError: On reading: the deployment refuses the first page.
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
        page, method, size = self._first_page()
        count, length, landmark = 0, 0, set[str]()
        while page:
            yield page
            length += len(page)
            if len(page) < size and _ends_in_root(page):
                return  # the next page would be empty
            # The landmark is the 1st, 2nd, 4th, 8th ... page. Pages that go in a circle come back to it. So
            # any circle is found, and the ids of a long history need not be held.
            ids = set(filter(None, map(checkpoint_id, page)))
            count += 1
            if count == _MOST_PAGES or length >= _MOST_CHECKPOINTS:
                raise self._error(f"has no end: {length} checkpoints on {count} pages were read")
            if count.bit_count() == 1:
                landmark = ids
            form, is_oldest = self._find_form(page)
            if form is None:
                if not (is_oldest and _is_alone(page)):
                    yield from self._rest(page, method, size)
                return
            last = str(checkpoint_id(page[-1]))
            del page  # two pages at once would take twice the memory
            page = self._fetch_before(form, last)
            repeated = next((i for i in map(checkpoint_id, page) if i in ids or i in landmark), None)
            if repeated:
                raise self._error(f"repeats itself: checkpoint {repeated} is on a second page ({form})")

    def find_before(self, page: Page) -> None:
        """Find out, on the first page, which form of ``before`` moves; raise `HistoryError` if none does."""
        if self._find_form(page)[0] is None:
            raise HistoryError(_NO_FORM_MOVES, self.thread_id)

    def _first_page(self) -> tuple[Page, str, int]:
        """Return the first page, and the method and the size with which it was requested."""
        known = self._dialect.first_page.get(self._nested)
        if known:
            return self._fetch(*known), *known
        refusals = []
        for size, method in product(_PAGE_SIZES, ("POST",) if self._nested else ("GET", "POST")):
            try:
                page = self._fetch(method, size)
            except ApiError as error:
                if not error.is_about_the_thread:
                    raise
                refusals.append(error)
            else:
                self._dialect.first_page[self._nested] = method, size
                return page, method, size
        raise refusals[0]

    def _rest(self, page: Page, method: str, size: int) -> Iterator[Page]:
        """If no form of ``before`` moves, request a longer page, and yield its states after the first page.

        Raise `HistoryError` if neither page shows that it holds the whole history.
        """
        if self._is_whole(page, method, size):
            return
        longer: Page = []
        if size < _LONGER_PAGE:
            with suppress_refusal():
                longer = self._fetch(method, _LONGER_PAGE)
        ids, same_ids = (list(map(checkpoint_id, states)) for states in (page, longer[: len(page)]))
        if ids != same_ids or not self._is_whole(longer, method, _LONGER_PAGE):
            if ids[-1]:
                raise self._error(f"cannot be read past checkpoint {ids[-1]}: {_NO_FORM_MOVES}")
            problem = "there is no way to ask for what comes after its first"
            raise self._error(f"shows no checkpoint ids: {problem} {len(page)} checkpoints")
        self._dialect.first_page[self._nested] = method, _LONGER_PAGE
        if longer[len(page) :]:
            yield longer[len(page) :]

    def _error(self, problem: str) -> HistoryError:
        return HistoryError(f"the history of thread {self.thread_id} {problem}", self.thread_id)

    def _is_whole(self, page: Page, method: str, size: int) -> bool:
        """Whether a first page shows that it is the whole history; ``size`` is the limit of its request."""
        ends = _ends_in_root(page) or _ends_in_first_step(page) or (_is_alone(page) and shows_parent(page[0]))
        return ends or len(page) < min(size, self._dialect.longest_page[method])

    def _find_form(self, page: Page) -> tuple[str | None, bool]:
        """Return the form of ``before`` that moves on a page, or None if none does.

        Return also whether a form finds nothing before the newest checkpoint.
        """
        if checkpoint_id(page[-1]) is None:
            return None, False
        known = self._dialect.before.get(self._nested)
        if known:
            return known, False
        is_oldest = False
        start, expected = checkpoint_id(page[0]), checkpoint_id(page[1]) if len(page) > 1 else None
        for form, (method, _) in _BEFORE.items():
            if self._nested and method == "GET":
                continue
            with suppress_refusal():
                next_page = self._fetch_before(form, start or "", limit=1)
                is_oldest = is_oldest or not next_page
                following = checkpoint_id(next_page[0]) if next_page else None
                if following and (following == expected or (expected is None and following != start)):
                    self._dialect.before[self._nested] = form
                    return form, False
        return None, is_oldest

    def _fetch_before(self, form: str, checkpoint_id: str, *, limit: int | None = None) -> Page:
        method, make = _BEFORE[form]
        size = limit or self._dialect.first_page[self._nested][1]
        return self._fetch(method, size, make(checkpoint_id, self._ns))

    def _fetch(self, method: str, limit: int, before: Any = None) -> Page:
        query = {"limit": limit} | ({"before": before} if before is not None else {})
        path = thread_path(self.thread_id, "history")
        if method == "GET":
            answer = self._transport.send("GET", path, params=query)
        else:
            body = query | ({"checkpoint": {"checkpoint_ns": self._ns}} if self._nested else {})
            answer = self._transport.send("POST", path, json=body, repeatable=True)
        page: Page = checked_json(answer, THREAD_STATES)
        self._dialect.longest_page[method] = max(self._dialect.longest_page.get(method, 0), len(page))
        return page


def _ends_in_root(page: Page) -> bool:
    """Whether the last checkpoint shows that it has no parent, on a page where another shows its parent."""
    last = page[-1]
    return shows_parent(last) and parent_checkpoint_id(last) is None and any(map(parent_checkpoint_id, page))


def _ends_in_first_step(page: Page) -> bool:
    """Whether the last checkpoint has the first step in its metadata, and shows no parent."""
    is_first = (page[-1].get("metadata") or {}).get("step") == _FIRST_STEP
    return is_first and parent_checkpoint_id(page[-1]) is None


def _is_alone(page: Page) -> bool:
    """Whether the page holds one checkpoint, which shows no parent."""
    return len(page) == 1 and parent_checkpoint_id(page[0]) is None
