"""The answers that show a failure: two that should be equal and are not, or one that is wrong alone."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from pytest_threadcopy.histories.thread_ids import structural_thread_ids
from pytest_threadcopy.reproduction.evidence.claim import Claim
from pytest_threadcopy.reproduction.evidence.exchange import Exchange
from pytest_threadcopy.reproduction.evidence.lineage import Lineage
from pytest_threadcopy.reproduction.evidence.views import View

_PAIRS = 2
_SINGLES = 3
_COPIES = 12


@dataclass(frozen=True)
class Evidence:
    """One or two exchanges, and the view of their answers. Of two, the first shows what to expect.

    ``between`` are copies that failed, and may have changed what the view shows.
    """

    exchanges: tuple[Exchange, ...]
    view: View
    between: tuple[Exchange, ...] = ()

    @property
    def is_pair(self) -> bool:
        """Whether two answers are compared."""
        return len(self.exchanges) > 1

    @property
    def differs(self) -> bool:
        """Whether two answers differ in the view."""
        return self.is_pair and len({self.view.of(one) for one in self.exchanges}) > 1


def find_evidence(lineage: Lineage, test: Sequence[Exchange], claim: Claim) -> list[Evidence]:
    """Return what shows the failure of a test: pairs that differ, else single answers.

    Args:
        lineage: The threads of the record.
        test: The exchanges of the test.
        claim: What the error of the test is about.
    """
    in_time = [pair for pair in (*_in_time(lineage, test, claim.threads), *_counted(test)) if pair.differs]
    across = [pair for pair in _across(lineage, test, claim) if pair.differs]
    if in_time:
        across = [pair for pair in across if not _was_copied_at_work(lineage, pair)]
    pairs = sorted([*across, *in_time], key=lambda pair: pair.exchanges[-1].started)
    if claim.wrong:
        pairs = [pair for pair in pairs if any(one in claim.wrong for one in pair.exchanges)]
    return pairs[-_PAIRS:] or _singles(lineage, test, claim)


def _singles(lineage: Lineage, test: Sequence[Exchange], claim: Claim) -> list[Evidence]:
    """Return the answers that show by themselves what is wrong."""
    if claim.wrong:
        return [Evidence((one,), View()) for one in claim.wrong[-_SINGLES:]]
    about = {(one.thread_id, _key(one)): one for one in test if _is_about(one, set(claim.threads))}
    telling = [one for one in about.values() if _names_another(one)] or list(about.values())
    telling.sort(key=lambda one: one.started)
    return [
        Evidence((one,), View(), _failed_copies(lineage, test, claim.threads, one) if _is_search(one) else ())
        for one in telling[-_SINGLES:]
    ]


def _is_search(exchange: Exchange) -> bool:
    return exchange.thread_id is None and exchange.is_read


def _failed_copies(
    lineage: Lineage, test: Sequence[Exchange], threads: Iterable[str], search: Exchange
) -> tuple[Exchange, ...]:
    """Return the last copies of these threads that failed before a search: the search may show their threads.

    A copy that failed while its source was changed or deleted is none of them: a script does one after the
    other, so there the copy may succeed.
    """
    failed = [
        one
        for thread in threads
        for one in test
        if one.is_copy and one.thread_id == thread and not one.succeeded and one.ended <= search.started
        if not lineage.changes(thread, one.started, search.started)
    ]
    return tuple(failed[-_COPIES:])


def _names_another(exchange: Exchange) -> bool:
    """Whether an answer has the id of another thread at a structural position."""
    own = exchange.made or exchange.thread_id
    states = exchange.value if isinstance(exchange.value, list) else [exchange.value]
    objects = [one for one in states if isinstance(one, dict)] if exchange.thread_id else []
    return any(thread_id != own for one in objects for _, thread_id in structural_thread_ids(one))


def _is_about(exchange: Exchange, threads: set[str]) -> bool:
    """Whether an answer alone may show what is wrong with these threads."""
    is_later_page = _is_search(exchange) and isinstance(exchange.body, dict) and exchange.body.get("offset")
    if exchange.method == "DELETE" or is_later_page:
        return False
    return _is_search(exchange) or exchange.thread_id in threads or exchange.made in threads


def _key(exchange: Exchange) -> str:
    """Return a request as a text that is the same for every thread."""
    text = json.dumps([exchange.method, exchange.rest, dict(exchange.params), exchange.body], sort_keys=True)
    return text.replace(json.dumps(exchange.thread_id), '""')


def _last(test: Sequence[Exchange], thread_id: str) -> dict[str, Exchange]:
    """Return the last exchange of each kind of request about a thread."""
    return {_key(one): one for one in test if one.thread_id == thread_id and not _is_probe(one)}


def _is_probe(exchange: Exchange) -> bool:
    """Whether a read of a history had the limit 1, to find out how its pages are requested."""
    asked = {**exchange.params, **(exchange.body if isinstance(exchange.body, dict) else {})}
    return exchange.rest == "history" and asked.get("limit") == 1


def _across(lineage: Lineage, test: Sequence[Exchange], claim: Claim) -> Iterator[Evidence]:
    """Yield the pairs of like requests about two threads of one origin."""
    oldest_first = [thread for thread in lineage.birth if thread in claim.threads]
    of_the_user = [thread for thread in claim.threads if thread not in lineage.birth]
    for first, second in combinations([*of_the_user, *oldest_first], 2):
        parted = lineage.parted(first, second)
        if parted is None:
            continue
        of_first, of_second = _last(test, first), _last(test, second)
        for key in of_first.keys() & of_second.keys():
            one, other = of_first[key], of_second[key]
            done = [
                lineage.changes(asked.thread_id or "", since, asked.started)
                for asked, since in zip((one, other), parted, strict=True)
            ]
            view = _view(one, other, *map(len, done))
            if view and not any(change.method == "DELETE" for changes in done for change in changes):
                yield Evidence((one, other), view)
                if view.kind == "metadata" and claim.of_objects:
                    yield Evidence((one, other), View("object"))


def _was_copied_at_work(lineage: Lineage, pair: Evidence) -> bool:
    """Whether a thread was copied while it was changed: then the copy has more or less of it each time."""
    births = [birth for one in pair.exchanges if (birth := lineage.birth.get(one.thread_id or ""))]
    return any(lineage.changes(birth.thread_id or "", birth.started, birth.ended) for birth in births)


def _view(one: Exchange, other: Exchange, ours: int, theirs: int) -> View | None:
    """Return the view in which two answers about two threads must be equal, or None where there is none.

    ``ours`` and ``theirs`` are how often each thread was changed since the two were one history.
    """
    lists = isinstance(one.value, list) and isinstance(other.value, list)
    length = len(one.value if theirs else other.value) if lists else 0
    nested = isinstance(one.body, dict) and "checkpoint" in one.body
    view: View | None = None
    match one.rest:
        case "history" if not ours and not theirs:
            view = View("own")
        case "history" if ours and theirs:
            view = View("count") if ours == theirs and not nested else None
        case "history":
            view = View("tail", length) if length and not nested else None
        case "state" if ours or theirs:
            view = View("ending") if ours == theirs else None
        case "" if one.method == "GET":
            view = None if ours or theirs else View("metadata")
        case "runs/wait" if ours == theirs:
            view = View("values")
        case "runs/stream" if ours == theirs:
            view = View("stream")
        case rest if rest.startswith("state") and one.is_read:
            view = View("own")
    if view is None and one.succeeded != other.succeeded and ours == theirs:
        view = View("status")
    return view


def _in_time(lineage: Lineage, test: Sequence[Exchange], threads: Iterable[str]) -> Iterator[Evidence]:
    """Yield the pairs of like reads of one thread, before and after another thread was changed."""
    for thread in threads:
        for key, last in _last(test, thread).items():
            if not last.is_read:
                continue
            alike = [one for one in test if one.thread_id == thread and _key(one) == key and one is not last]
            if not alike:
                continue
            first = alike[0]
            changed = bool(lineage.changes(thread, first.started, last.started))
            still = [one for one in alike if not lineage.changes(thread, one.started, last.started)]
            if changed and last.rest == "history" and isinstance(first.value, list) and first.value:
                yield Evidence((first, last), View("tail", len(first.value)))
            if still:
                yield Evidence((still[0], last), View())


def _counted(test: Sequence[Exchange]) -> Iterator[Evidence]:
    """Yield the last two counts of all threads with nothing but failed copies between them."""
    counts = [one for one in test if one.path == "/threads/count" and one.body == {"metadata": {}}]
    for before, after in reversed(list(pairwise(counts))):
        copies = [
            one for one in test if one.is_copy and before.ended <= one.started and one.ended <= after.started
        ]
        if copies and not any(one.made for one in copies):
            yield Evidence((before, after), View(), tuple(copies))
            return
