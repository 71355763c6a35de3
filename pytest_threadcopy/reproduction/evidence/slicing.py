"""The exchanges that a failure depends on: all that made or changed the threads that show it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from pytest_threadcopy.reproduction.evidence.claim import claim_of
from pytest_threadcopy.reproduction.evidence.evidence import Evidence, find_evidence
from pytest_threadcopy.reproduction.evidence.exchange import Exchange
from pytest_threadcopy.reproduction.evidence.lineage import Lineage
from pytest_threadcopy.reproduction.evidence.provenance import origins

_ALIKE = 12
"""How many requests of one kind on one thread are kept: of more, only the first and the last."""


@dataclass(frozen=True)
class GoingOn:
    """A run that was under way while its thread was copied, and the first request after it, if any."""

    run: Exchange
    next: Exchange | None


@dataclass(frozen=True)
class Slice:
    """The exchanges that a failure depends on, in order, the evidence, and in words what is left out.

    ``going_on`` is a run that a script must not wait for.
    """

    exchanges: list[Exchange]
    evidence: list[Evidence]
    left_out: list[str] = field(default_factory=list)
    going_on: GoingOn | None = None


def slice_of(lasting: Sequence[Exchange], test: Sequence[Exchange], error: BaseException | None) -> Slice:
    """Return the exchanges that an error of a test depends on.

    Args:
        lasting: The exchanges of earlier tests that made or changed threads.
        test: The exchanges of the test.
        error: The error.
    """
    ordered = sorted([*lasting, *test], key=lambda one: one.started)
    test = sorted(test, key=lambda one: one.started)
    lineage = Lineage(ordered)
    claim = claim_of(error, lineage, test)
    evidence = find_evidence(lineage, test, claim)
    shown = [one for item in evidence for one in item.exchanges]
    if not shown:
        return Slice([], [])
    end = max(one.started for one in shown)
    between = [one for item in evidence for one in item.between]
    threads = {thread for one in (*shown, *between) for thread in (one.thread_id, one.made) if thread}
    threads |= {thread for thread in claim.named if thread in lineage.birth}
    needed = {id(one): one for one in lineage.needed(threads, end)}
    needed |= {id(one): one for one in (*shown, *between)}
    needed |= {id(one): one for one in origins(list(needed.values()), ordered)}
    exchanges = sorted(needed.values(), key=lambda one: one.started)
    exchanges, repeated = _without_repetition(exchanges, {id(one) for one in shown})
    going_on = _run_that_goes_on(exchanges, {id(one) for one in shown})
    left_out = [*repeated, *_copies_left_out(exchanges, test)]
    if not _is_in_order(exchanges, going_on):
        left_out.append("that a copy was made while something else went on: scripts do one after another")
    return Slice(exchanges, evidence, left_out, going_on)


def _without_repetition(exchanges: Sequence[Exchange], shown: set[int]) -> tuple[list[Exchange], list[str]]:
    """Leave out the middle of long rows of like changes of one thread, and say in words what went."""
    rows: dict[tuple[str | None, str, str], list[Exchange]] = {}
    for one in exchanges:
        if one.thread_id and not one.is_copy and id(one) not in shown:
            rows.setdefault((one.thread_id, one.method, one.rest), []).append(one)
    left = {id(one) for row in rows.values() if len(row) > _ALIKE for one in row[_ALIKE // 2 : -_ALIKE // 2]}
    counts = [
        f"{len(row) - _ALIKE} more requests {method} {rest} on thread {thread}"
        for (thread, method, rest), row in rows.items()
        if len(row) > _ALIKE
    ]
    return [one for one in exchanges if id(one) not in left], counts


def _copies_left_out(exchanges: Sequence[Exchange], test: Sequence[Exchange]) -> list[str]:
    """Return in words how many more copies the test made of the threads that are kept."""
    ids = {id(one) for one in exchanges}
    threads = {thread for one in exchanges for thread in (one.thread_id, one.made) if thread}
    others = [one for one in test if one.is_copy and id(one) not in ids and one.thread_id in threads]
    return [
        f"{len(own)} more {'copy' if len(own) == 1 else 'copies'} of {thread}"
        for thread in sorted(threads)
        if (own := [one for one in others if one.thread_id == thread])
    ]


def _run_that_goes_on(exchanges: Sequence[Exchange], shown: Collection[int]) -> GoingOn | None:
    """Return the first run during which its thread was copied.

    A run whose `id` is in ``shown`` does not count: a script shows its answer, so the script waits for it.
    """
    for place, run in enumerate(exchanges):
        later = exchanges[place + 1 :]
        copies = [one for one in later if one.is_copy and one.thread_id == run.thread_id]
        after = next((one for one in later if one.started >= run.ended), None)
        if run.is_run and id(run) not in shown and copies and copies[0].started < run.ended:
            return GoingOn(run, after)
    return None


def _is_in_order(exchanges: Sequence[Exchange], going_on: GoingOn | None) -> bool:
    """Whether nothing but the run that goes on changed a thread while a copy was made."""
    changes = [
        one for one in exchanges if not one.is_read and one is not (going_on.run if going_on else None)
    ]
    return not any(
        one.ended > other.started and (one.is_copy or other.is_copy)
        for one, other in combinations(changes, 2)
    )
