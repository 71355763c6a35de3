"""Histories where no form of ``before`` moves: they are read whole if that is certain, else an error."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from pytest_threadcopy.api.history import HistoryDialect, HistoryError, ThreadHistory
from pytest_threadcopy.wire.transport import Limits, Transport
from tests.lab.servers.dialects import Dialect, deployment
from tests.lab.servers.histories import history

Read = Callable[..., ThreadHistory]
NO_PARENTS = ("parent_checkpoint",)


@pytest.fixture
def read() -> Iterator[Read]:
    """Return a function that reads the history of thread "t" at a URL, with a dialect of its own."""
    with ExitStack() as stack:

        def make(url: str, dialect: HistoryDialect | None = None) -> ThreadHistory:
            transport = stack.enter_context(closing(Transport(url, limits=Limits(5))))
            return ThreadHistory(transport, "t", "", dialect or HistoryDialect())

        yield make


WITHOUT_IDS = ("checkpoint", "parent_checkpoint", "metadata")


@pytest.mark.parametrize("length", [4, 130])
@pytest.mark.parametrize("hidden", [NO_PARENTS, ("checkpoint", "parent_checkpoint")])
def test_without_before_a_history_is_whole_if_it_shows_its_first_step(
    read: Read, hidden: tuple[str, ...], length: int
) -> None:
    with deployment(Dialect(known=(), hides=hidden), history("t", length)) as (url, _):
        assert [state["values"]["counter"] for state in read(url)] == list(reversed(range(length)))


def test_two_histories_read_in_turn_are_both_whole(read: Read) -> None:
    dialect = HistoryDialect()
    with deployment(Dialect(known=(), hides=NO_PARENTS), history("t", 130)) as (url, _):
        assert all(left == right for left, right in zip(read(url, dialect), read(url, dialect), strict=True))


def test_a_page_is_whole_if_it_is_shorter_than_an_earlier_page(read: Read) -> None:
    dialect = HistoryDialect()
    hidden = Dialect(known=(), hides=WITHOUT_IDS)
    with deployment(hidden, history("t", 30)) as (url, _), pytest.raises(HistoryError):
        list(read(url, dialect))
    with deployment(hidden, history("t", 4)) as (url, _):
        assert len(list(read(url, dialect))) == 4


def test_a_page_as_long_as_the_longest_page_may_be_cut(read: Read) -> None:
    dialect = HistoryDialect()
    for _ in range(2):
        cut = Dialect(known=(), hides=WITHOUT_IDS, cap=10)
        with deployment(cut, history("t", 30)) as (url, _), pytest.raises(HistoryError):
            list(read(url, dialect))


def test_a_history_without_ids_cannot_be_known_to_end(read: Read) -> None:
    dialect = Dialect(hides=WITHOUT_IDS)
    with (
        deployment(dialect, history("t", 4)) as (url, _),
        pytest.raises(HistoryError, match=r"shows no checkpoint ids: .* after its first 4 checkpoints"),
    ):
        list(read(url))
