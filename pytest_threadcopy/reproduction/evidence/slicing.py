"""The exchanges that a failure depends on: all that made or changed the threads that show it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

from pytest_threadcopy.reproduction.evidence.claim import claim_of
from pytest_threadcopy.reproduction.evidence.evidence import Evidence, find_evidence
from pytest_threadcopy.reproduction.evidence.exchange import Exchange
from pytest_threadcopy.reproduction.evidence.lineage import Lineage
from pytest_threadcopy.reproduction.evidence.provenance import origins

_ALIKE = 12
"""At most this many like requests on one thread are kept: the first six and the last six."""


@dataclass(frozen=True)
class GoingOn:
    """A run that was under way while its thread was copied, and the first request after it, if any."""

    run: Exchange
    next: Exchange | None


@dataclass(frozen=True)
class Slice:
    """The exchanges that a failure depends on, in order; the evidence; a sentence about each part left out.

    ``going_on`` is a run that a script must not wait for.
    """

    exchanges: list[Exchange]
    evidence: list[Evidence]
    left_out: list[str] = field(default_factory=list)
    going_on: GoingOn | None = None


def slice_of(lasting: Sequence[Exchange], test: Sequence[Exchange], error: BaseException | None) -> Slice:
    """Return the exchanges that an error of a test depends on: those of ``test``, and ``lasting`` ones."""
    ordered = sorted([*lasting, *test], key=lambda one: one.started)
    test = sorted(test, key=lambda one: one.started)
    lineage = Lineage(ordered)
    claim = claim_of(error, lineage, test)
    evidence = find_evidence(lineage, test, claim)
    in_evidence = {one for item in evidence for one in item.exchanges}
    if not in_evidence:
        return Slice([], [])
    needed = in_evidence | {one for item in evidence for one in item.between}
    threads = {thread for one in needed for thread in (one.thread_id, one.made) if thread}
    threads |= {thread for thread in claim.named if thread in lineage.birth}
    needed |= lineage.needed(threads, until=max(one.started for one in in_evidence))
    needed |= origins(needed, ordered)
    exchanges, left_out = _without_repetition([one for one in ordered if one in needed], in_evidence)
    left_out += _copies_left_out(exchanges, test)
    going_on = _run_that_goes_on(exchanges, in_evidence)
    if not _is_in_order(exchanges, going_on):
        left_out.append("that a copy was made while something else went on: scripts do one after another")
    return Slice(exchanges, evidence, left_out, going_on)


def _without_repetition(
    exchanges: Sequence[Exchange], in_evidence: set[Exchange]
) -> tuple[list[Exchange], list[str]]:
    """Return the exchanges without the middle of each long row of like requests on one thread.

    Return also a sentence about each part that is left out.
    """
    rows: dict[tuple[str, str, str], list[Exchange]] = {}
    for one in exchanges:
        if one.thread_id and not one.is_copy and one not in in_evidence:
            rows.setdefault((one.method, one.rest, one.thread_id), []).append(one)
    middles = {kind: row[_ALIKE // 2 : -_ALIKE // 2] for kind, row in rows.items() if len(row) > _ALIKE}
    in_words = [
        f"{len(middle)} more requests {method} {rest} on thread {thread}"
        for (method, rest, thread), middle in middles.items()
    ]
    left_out = {one for middle in middles.values() for one in middle}
    return [one for one in exchanges if one not in left_out], in_words


def _copies_left_out(exchanges: Sequence[Exchange], test: Sequence[Exchange]) -> list[str]:
    """Return in words how many more copies the test made of the threads in ``exchanges``."""
    threads = {thread for one in exchanges for thread in (one.thread_id, one.made) if thread}
    copies = Counter(one.thread_id for one in test if one.is_copy and one not in exchanges)
    return [
        f"{copies[thread]} more {'copy' if copies[thread] == 1 else 'copies'} of {thread}"
        for thread in sorted(threads)
        if copies[thread]
    ]


def _run_that_goes_on(exchanges: Sequence[Exchange], in_evidence: set[Exchange]) -> GoingOn | None:
    """Return the first run during which its thread was copied.

    A run in ``in_evidence`` does not count: a script shows its answer, so the script waits for it.
    """
    for place, run in enumerate(exchanges):
        later = exchanges[place + 1 :]
        copy = next((one for one in later if one.is_copy and one.thread_id == run.thread_id), None)
        if run.is_run and run not in in_evidence and copy and copy.started < run.ended:
            return GoingOn(run, next((one for one in later if one.started >= run.ended), None))
    return None


def _is_in_order(exchanges: Sequence[Exchange], going_on: GoingOn | None) -> bool:
    """Whether no request but the run that goes on changed a thread while a copy was made."""
    goes_on = going_on.run if going_on else None
    changes = [one for one in exchanges if not one.is_read and one is not goes_on]
    return not any(
        one.ended > other.started and (one.is_copy or other.is_copy)
        for one, other in combinations(changes, 2)
    )
