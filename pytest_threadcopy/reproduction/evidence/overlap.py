"""A run that was under way while its thread was copied: a script, too, lets it go on meanwhile."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

from pytest_threadcopy.reproduction.evidence.exchange import Exchange


@dataclass(frozen=True)
class GoingOn:
    """A run, and what was asked first when it was over, if anything was."""

    run: Exchange
    next: Exchange | None


def run_that_goes_on(exchanges: Sequence[Exchange], shown: Collection[int]) -> GoingOn | None:
    """Return the first run that was under way while its thread was copied.

    Args:
        exchanges: What is done again, in order.
        shown: The `id` of those whose answers are shown: a script has none of what it lets go on.
    """
    for place, run in enumerate(exchanges):
        later = exchanges[place + 1 :]
        copies = [one for one in later if one.is_copy and one.thread_id == run.thread_id]
        after = next((one for one in later if one.started >= run.ended), None)
        if run.is_run and id(run) not in shown and copies and copies[0].started < run.ended:
            return GoingOn(run, after)
    return None


def is_told_in_order(exchanges: Sequence[Exchange], going_on: GoingOn | None) -> bool:
    """Whether no copy was made while something else was done, other than the run that a script lets go on."""
    changes = [
        one for one in exchanges if not one.is_read and one is not (going_on.run if going_on else None)
    ]
    return not any(
        one.ended > other.started and (one.is_copy or other.is_copy)
        for one, other in combinations(changes, 2)
    )
