"""The answers that show a failure: two that should be equal and are not, or one that is wrong alone."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, pairwise

from pytest_threadcopy.histories.thread_ids import structural_thread_ids
from pytest_threadcopy.reproduction.evidence.claim import Claim
from pytest_threadcopy.reproduction.evidence.exchange import Exchange
from pytest_threadcopy.reproduction.evidence.lineage import Lineage
from pytest_threadcopy.reproduction.evidence.views import Kind, View

_PAIRS = 2
_SINGLES = 3
_COPIES = 12
_RUNS: dict[str, Kind] = {"runs/wait": "values", "runs/stream": "stream"}
_UNCHANGED: dict[str, Kind] = {"history": "own", "state": "own", "": "metadata", **_RUNS}
_AFTER_CHANGES: dict[str, Kind] = {"history": "count", "state": "ending", **_RUNS}


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
    """Return what shows what a test's error claims: pairs that differ, else single answers."""
    in_time = [pair for pair in (*_in_time(lineage, test, claim), *_counted(test)) if pair.differs]
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
    about = {(one.thread_id, _key(one)): one for one in test if _is_about(one, claim)}
    singles = [one for one in about.values() if _names_another(one)] or list(about.values())
    singles.sort(key=lambda one: one.started)
    return [
        Evidence((one,), View(), _failed_copies(lineage, test, claim, one)) for one in singles[-_SINGLES:]
    ]


def _failed_copies(
    lineage: Lineage, test: Sequence[Exchange], claim: Claim, search: Exchange
) -> tuple[Exchange, ...]:
    """Return the last copies that failed before a search, which may show their threads; of other reads none.

    A copy that failed while its source was changed or deleted is none of them: a script does one after the
    other, so there the copy may succeed.
    """
    before = [one for one in test if one.ended <= search.started] if _is_search(search) else []
    failed = [one for one in before if one.is_copy and not one.succeeded and one.thread_id in claim.threads]
    certain = [one for one in failed if not lineage.changes(one.thread_id or "", one.started, search.started)]
    return tuple(certain[-_COPIES:])


def _is_search(exchange: Exchange) -> bool:
    return exchange.thread_id is None and exchange.is_read


def _names_another(exchange: Exchange) -> bool:
    """Whether an answer has the id of another thread at a structural position."""
    own = exchange.made or exchange.thread_id
    states = exchange.value if isinstance(exchange.value, list) else [exchange.value]
    objects = [one for one in states if isinstance(one, dict)] if exchange.thread_id else []
    return any(thread_id != own for one in objects for _, thread_id in structural_thread_ids(one))


def _is_about(exchange: Exchange, claim: Claim) -> bool:
    """Whether an answer alone may show what is wrong with the threads of a claim."""
    if _is_search(exchange):
        return not (isinstance(exchange.body, dict) and exchange.body.get("offset"))  # the first page
    return exchange.method != "DELETE" and not {exchange.thread_id, exchange.made}.isdisjoint(claim.threads)


def _key(exchange: Exchange) -> str:
    """Return a request as a text that is the same for every thread."""
    text = json.dumps([exchange.method, exchange.rest, dict(exchange.params), exchange.body], sort_keys=True)
    return text.replace(json.dumps(exchange.thread_id), '""')


def _by_kind(test: Sequence[Exchange], thread_id: str) -> dict[str, list[Exchange]]:
    """Return the exchanges about a thread, those with like requests together.

    A read of a history with the limit 1 is none of them: it finds out how pages are requested.
    """
    kinds: dict[str, list[Exchange]] = {}
    for one in test:
        options = {**one.params, **(one.body if isinstance(one.body, dict) else {})}
        if one.thread_id == thread_id and not (one.rest == "history" and options.get("limit") == 1):
            kinds.setdefault(_key(one), []).append(one)
    return kinds


def _across(lineage: Lineage, test: Sequence[Exchange], claim: Claim) -> Iterator[Evidence]:
    """Yield the pairs of the last like requests about two threads of one origin."""
    age = {thread: place for place, thread in enumerate(lineage.birth)}
    # An older thread shows what to expect of a newer one. Threads of the user are the oldest.
    threads = sorted(claim.threads, key=lambda thread: age.get(thread, -1))
    kinds = {thread: _by_kind(test, thread) for thread in threads}
    for first, second in combinations(threads, 2):
        parted = lineage.parted(first, second)
        if not parted:
            continue
        for key in kinds[first].keys() & kinds[second].keys():
            pair = kinds[first][key][-1], kinds[second][key][-1]
            changes = [
                lineage.changes(thread, since, one.started)
                for thread, since, one in zip((first, second), parted, pair, strict=True)
            ]
            view = _view(*pair, *map(len, changes))
            if view and not any(change.method == "DELETE" for change in chain(*changes)):
                yield Evidence(pair, view)
                if view.kind == "metadata" and claim.of_objects:
                    yield Evidence(pair, View("object"))


def _was_copied_at_work(lineage: Lineage, pair: Evidence) -> bool:
    """Whether a thread was copied while it was changed: then the copy has more or less of it each time."""
    births = [birth for one in pair.exchanges if (birth := lineage.birth.get(one.thread_id or ""))]
    return any(lineage.changes(birth.thread_id or "", birth.started, birth.ended) for birth in births)


def _view(one: Exchange, other: Exchange, ours: int, theirs: int) -> View | None:
    """Return the view in which two answers about two threads must be equal, or None where there is none.

    ``ours`` and ``theirs`` are how often each thread was changed since the two were one history.
    """
    if one.rest.startswith("state/") and one.is_read:
        return View("own")  # of an older checkpoint, which no change reaches
    nested = one.rest == "history" and isinstance(one.body, dict) and "checkpoint" in one.body
    if ours == theirs:
        kind = (_AFTER_CHANGES if ours else _UNCHANGED).get(one.rest)
        if kind and (one.is_read or one.is_run) and not (nested and ours):
            return View(kind)
        return View("status") if one.succeeded != other.succeeded else None
    older = one.value if theirs else other.value
    lists = isinstance(one.value, list) and isinstance(other.value, list)
    if one.rest == "history" and not nested and not (ours and theirs) and lists and older:
        return View("tail", len(older))
    return None


def _in_time(lineage: Lineage, test: Sequence[Exchange], claim: Claim) -> Iterator[Evidence]:
    """Yield the pairs of like reads of one thread, before and after another thread was changed."""
    for thread in claim.threads:
        for *earlier, last in _by_kind(test, thread).values():
            if not earlier or not last.is_read:
                continue
            first = earlier[0]
            unchanged = [one for one in earlier if not lineage.changes(thread, one.started, last.started)]
            states = first.value if last.rest == "history" and first not in unchanged else None
            if states and isinstance(states, list):
                yield Evidence((first, last), View("tail", len(states)))
            if unchanged:
                yield Evidence((unchanged[0], last), View())


def _counted(test: Sequence[Exchange]) -> Iterator[Evidence]:
    """Yield the last two counts of all threads with nothing but failed copies between them."""
    counts = [one for one in test if one.path == "/threads/count" and one.body == {"metadata": {}}]
    for before, after in reversed(list(pairwise(counts))):
        between = [one for one in test if before.ended <= one.started <= one.ended <= after.started]
        copies = [one for one in between if one.is_copy]
        if copies and not any(one.made for one in copies):
            yield Evidence((before, after), View(), tuple(copies))
            return
