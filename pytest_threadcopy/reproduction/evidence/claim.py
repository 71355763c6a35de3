"""What an error says is wrong: read from its fields and those of its causes, never from their texts."""

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_threadcopy.api.client import RunFailed
from pytest_threadcopy.api.history import HistoryError
from pytest_threadcopy.histories.comparison import HistoriesDiffer
from pytest_threadcopy.reproduction.evidence.exchange import Exchange
from pytest_threadcopy.reproduction.evidence.lineage import Lineage
from pytest_threadcopy.reproduction.violation import Compared, Violation
from pytest_threadcopy.wire.transport import Answer, ApiError


@dataclass(frozen=True)
class Claim:
    """What an error is about.

    ``compared`` is what the error compared. ``named`` are the threads that it names, ``threads`` those that
    may show it: the same, or all that the test copied, each before its source. ``wrong`` are the exchanges of
    the test whose answers the error blames.
    """

    compared: Sequence[Compared]
    named: Sequence[str]
    threads: Sequence[str]
    wrong: Sequence[Exchange]


def claim_of(error: BaseException | None, lineage: Lineage, test: Sequence[Exchange]) -> Claim:
    """Return what an error of a test claims. An error without fields is about all that the test copied."""
    compared: list[Compared] = []
    named: list[str] = []
    answers: list[Answer | ApiError] = []
    while error is not None:
        match error:
            case HistoriesDiffer(comparison=comparison) if all(comparison.thread_ids):
                compared.append(Compared(*comparison.thread_ids, length=max(comparison.lengths)))
            case RunFailed() | HistoryError():
                named.append(error.thread_id)
            case ApiError():
                answers.append(error)
            case Violation():
                compared += error.compared
                named += error.thread_ids
                answers += error.answers
        error = error.__cause__
    named += [thread for one in compared for thread in (one.expected, one.seen) if thread]
    blamed = {(one.method, one.target, one.status) for one in answers}
    wrong = [one for one in test if (one.method, one.target, one.status) in blamed]
    copied = [thread for one in test if one.is_copy for thread in (one.thread_id, one.made)]
    # A thread that no copy touches is there to compare with: it shows nothing of copies.
    named = [one for one in named if one in lineage.copied] or [one for one in named if one in lineage.known]
    threads = named or [one.thread_id for one in wrong if one.thread_id] or list(filter(None, copied))
    with_sources = [thread for one in threads for thread in lineage.ancestors(one)[:2]]
    return Claim(compared, named, list(dict.fromkeys(with_sources)), wrong)
