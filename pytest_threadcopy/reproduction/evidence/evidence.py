"""The answers that show a failure: two that should be equal and are not, or one that is wrong alone."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pytest_threadcopy.reproduction.evidence.claim import Claim
from pytest_threadcopy.reproduction.evidence.exchange import Exchange
from pytest_threadcopy.reproduction.evidence.lineage import Lineage
from pytest_threadcopy.reproduction.evidence.views import View
from pytest_threadcopy.reproduction.violation import Compared

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


def find_evidence(lineage: Lineage, test: Sequence[Exchange], claim: Claim) -> list[Evidence]:
    """Return what shows what a test's error claims: pairs that differ, else single answers."""
    pairs = [pair for each in claim.compared for pair in _pairs(test, each)]
    pairs = pairs or list(_pairs_before_changes(lineage, test, claim.threads))
    if claim.wrong:
        blamed = [pair for pair in pairs if not set(claim.wrong).isdisjoint(pair.exchanges)]
        pairs = blamed or list(_pairs_by_status(lineage, test, claim.wrong))
    evidence = sorted(pairs, key=_end)[-_PAIRS:] or sorted(_singles(test, claim), key=_end)[-_SINGLES:]
    return [Evidence(one.exchanges, one.view, _between(lineage, test, claim, one)) for one in evidence]


def _end(evidence: Evidence) -> float:
    return evidence.exchanges[-1].started


def _pairs(test: Iterable[Exchange], compared: Compared) -> Iterator[Evidence]:
    """Yield the pairs of like requests about what was compared whose answers differ."""
    expected: dict[str, Exchange] = {}
    is_one = compared.expected == compared.seen
    for one in test:
        if one.thread_id == compared.expected and one.started >= compared.since:
            expected[_key(one)] = expected.get(_key(one), one) if is_one else one
    for key, last in {_key(one): one for one in test if one.thread_id == compared.seen}.items():
        pair = (expected.get(key, last), last)
        view = _view(pair, compared)
        if view and view.of(pair[0]) != view.of(last):
            yield Evidence(pair, view)


def _view(pair: tuple[Exchange, Exchange], compared: Compared) -> View | None:
    """Return the view in which a pair was compared, or None if it was not."""
    last = pair[-1]
    if compared.parts is None:
        return View() if last.is_read else None
    if last.is_run:
        return View("stream" if last.streamed else "values")
    kind = compared.parts.get("state/" if last.rest.startswith("state/") else last.rest)
    if not kind or not last.is_read:
        return None
    is_longer = any(isinstance(one.value, list) and len(one.value) > compared.length for one in pair)
    return View("tail", compared.length) if compared.length and is_longer else View(kind)


def _pairs_before_changes(
    lineage: Lineage, test: Sequence[Exchange], threads: Iterable[str]
) -> Iterator[Evidence]:
    """Yield the pairs of the threads and their sources, read before either was changed after the copy."""
    for thread in threads:
        birth = lineage.birth.get(thread)
        if birth and birth.thread_id:
            unchanged = [
                one for one in test if not lineage.changes(one.thread_id or "", birth.started, one.started)
            ]
            yield from _pairs(unchanged, Compared(birth.thread_id, thread))


def _pairs_by_status(
    lineage: Lineage, test: Sequence[Exchange], wrong: Iterable[Exchange]
) -> Iterator[Evidence]:
    """Yield each wrong answer about a copy with the like answer about its source, if one of both refuses."""
    for one in wrong:
        birth = lineage.birth.get(one.thread_id or "")
        about_source = [like for like in test if birth and like.thread_id == birth.thread_id]
        like = [like for like in about_source if _key(like) == _key(one) and like.succeeded != one.succeeded]
        if like:
            yield Evidence((like[-1], one), View("status"))


def _singles(test: Sequence[Exchange], claim: Claim) -> list[Evidence]:
    """Return single answers that show the fault."""
    about = {(one.thread_id, _key(one)): one for one in test if _is_about(one, claim)}
    return [Evidence((one,), View()) for one in claim.wrong or about.values()]


def _is_about(exchange: Exchange, claim: Claim) -> bool:
    """Whether an answer alone may show what is wrong with the threads of a claim."""
    if _is_search(exchange):
        return not (isinstance(exchange.body, dict) and exchange.body.get("offset"))  # the first page
    return exchange.method != "DELETE" and not {exchange.thread_id, exchange.made}.isdisjoint(claim.threads)


def _is_search(exchange: Exchange) -> bool:
    return exchange.thread_id is None and exchange.is_read


def _between(
    lineage: Lineage, test: Sequence[Exchange], claim: Claim, evidence: Evidence
) -> tuple[Exchange, ...]:
    """Return the last copies that failed before a search or between two, which may show their threads.

    A copy that failed while its source was changed or deleted is none of them: a script does one after the
    other, so there the copy may succeed.
    """
    first, last = evidence.exchanges[0], evidence.exchanges[-1]
    since = first.ended if evidence.is_pair else 0.0
    if not _is_search(last):
        return ()
    failed = [one for one in test if one.is_copy and not one.succeeded and one.thread_id in claim.threads]
    before = [one for one in failed if since <= one.started and one.ended <= last.started]
    certain = [one for one in before if not lineage.changes(one.thread_id or "", one.started, last.started)]
    return tuple(certain[-_COPIES:])


def _key(exchange: Exchange) -> str:
    """Return a request as a text that is the same for every thread."""
    text = json.dumps([exchange.method, exchange.rest, dict(exchange.params), exchange.body], sort_keys=True)
    return text.replace(json.dumps(exchange.thread_id), '""') if exchange.thread_id else exchange.who + text
