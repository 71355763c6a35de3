"""Two histories are equal if only their structural thread ids differ, and if they are not empty."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_threadcopy import HistoriesDiffer, assert_histories_equal, compare_histories
from tests.lab.servers.histories import State, history, with_value


class Paged:
    """A history in pages."""

    def __init__(self, thread_id: str, states: list[State], size: int = 2) -> None:
        self.thread_id = thread_id
        self.states = states
        self.size = size

    def pages(self) -> Iterator[list[State]]:
        for start in range(0, len(self.states), self.size):
            yield self.states[start : start + self.size]


def test_a_faithful_copy_is_equal() -> None:
    comparison = compare_histories(history("source", 4), history("copy", 4))
    assert comparison
    assert comparison.equal
    assert comparison.lengths == (4, 4)
    assert str(comparison) == "the histories are equal: 4 checkpoints compared"


def test_two_empty_histories_prove_nothing() -> None:
    with pytest.raises(HistoriesDiffer, match="both histories are empty"):
        assert_histories_equal([], [])


def test_two_empty_histories_are_equal_when_empty_is_expected() -> None:
    assert_histories_equal([], [], expect_empty=True)


def test_two_equal_histories_differ_when_empty_is_expected() -> None:
    with pytest.raises(HistoriesDiffer, match="should be empty, and have 2 checkpoints"):
        assert_histories_equal(history("source", 2), history("copy", 2), expect_empty=True)


@pytest.mark.parametrize(("of_source", "of_copy"), [(0, 3), (3, 0)])
@pytest.mark.parametrize("expect_empty", [True, False])
def test_an_empty_history_differs_from_one_that_is_not(
    of_source: int, of_copy: int, expect_empty: bool
) -> None:
    comparison = compare_histories(
        history("source", of_source), history("copy", of_copy), expect_empty=expect_empty
    )
    assert comparison.lengths == (of_source, of_copy)
    assert {difference.kind for difference in comparison.differences} == {"length"}


def test_the_history_of_the_source_is_not_that_of_its_copy() -> None:
    with pytest.raises(HistoriesDiffer, match="histories of one thread, source"):
        assert_histories_equal(history("source", 2), history("source", 2))


def test_two_reads_of_one_thread_are_equal_with_same_thread() -> None:
    assert_histories_equal(history("source", 2), history("source", 2), same_thread=True)


def test_two_threads_are_not_one_thread() -> None:
    with pytest.raises(HistoriesDiffer, match="histories of two threads, source and copy"):
        assert_histories_equal(history("source", 2), history("copy", 2), same_thread=True)


def test_user_data_that_quotes_a_thread_id_is_compared_verbatim() -> None:
    quoting = {"thread_id": "source", "note": "see thread source", "configurable": {"thread_id": "source"}}
    assert_histories_equal(*with_value(quoting))


def test_user_data_in_which_the_copy_rewrote_a_thread_id_differs() -> None:
    original, copied = with_value({"thread_id": "source"})
    copied[1]["values"]["data"] = {"thread_id": "copy"}
    (difference,) = compare_histories(original, copied).differences
    assert difference.path == "values.data.thread_id"
    assert (difference.original, difference.copy) == ('"source"', '"copy"')


def rename_in_result(states: list[State]) -> None:
    states[1]["tasks"][0]["result"] = {"thread_id": "renamed"}


def rename_in_interrupt(states: list[State]) -> None:
    states[1]["tasks"][0]["interrupts"] = [{"id": "i1", "value": {"thread_id": "renamed"}}]


def rename_in_user_metadata(states: list[State]) -> None:
    states[1]["metadata"]["about"] = {"thread_id": "renamed"}


@pytest.mark.parametrize("change", [rename_in_result, rename_in_interrupt, rename_in_user_metadata])
def test_task_results_interrupts_and_user_metadata_are_user_data(
    change: Callable[[list[State]], None],
) -> None:
    copied = history("copy", 3)
    change(copied)
    assert not compare_histories(history("source", 3), copied)


def test_neither_argument_is_changed() -> None:
    original, copied = history("source", 3), history("copy", 2)
    copied[1]["tasks"][0]["state"] = {"configurable": {"thread_id": "source"}}
    before = copy.deepcopy((original, copied))
    compare_histories(original, copied)
    assert (original, copied) == before


def test_generators_are_histories() -> None:
    assert_histories_equal(iter(history("source", 3)), (state for state in history("copy", 3)))


def test_paged_histories_need_not_have_the_same_pages() -> None:
    assert_histories_equal(Paged("source", history("source", 5), 2), Paged("copy", history("copy", 5), 3))


def test_a_paged_history_can_be_compared_with_a_list() -> None:
    assert_histories_equal(history("source", 5), Paged("copy", history("copy", 5)))


def test_a_paged_history_must_be_of_the_thread_that_it_names() -> None:
    comparison = compare_histories(history("source", 2), Paged("another", history("copy", 2)))
    assert {difference.kind for difference in comparison.differences} == {"thread id"}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"detail": "Not Found", "status": 404}, "not dict with the keys detail, status"),
        ("[]", "not str"),
        (b"[]", "not bytes"),
        (None, "not NoneType"),
        (7, "not int"),
    ],
)
def test_a_value_that_is_no_history_is_refused(value: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"the copy history must be a list of thread states, {message}"):
        compare_histories(history("source", 1), value)


@pytest.mark.parametrize(("item", "kind"), [("c1", "str"), (None, "NoneType"), ([], "list")])
def test_an_item_that_is_no_thread_state_is_refused(item: Any, kind: str) -> None:
    with pytest.raises(TypeError, match=f"item 1 of the original history is no thread state but {kind}"):
        compare_histories([history("source", 1)[0], item], history("copy", 2))


def hide(states: list[State], *keys: str) -> list[State]:
    return [{key: value for key, value in state.items() if key not in keys} for state in states]


@pytest.mark.parametrize(
    ("keys", "hidden"),
    [
        (["parent_checkpoint"], ("parent links",)),
        (["checkpoint"], ("checkpoint ids",)),
        (["checkpoint", "parent_checkpoint"], ("checkpoint ids", "parent links")),
    ],
)
def test_positions_that_a_deployment_hides_are_not_compared(keys: list[str], hidden: tuple[str, ...]) -> None:
    comparison = compare_histories(hide(history("source", 3), *keys), hide(history("copy", 3), *keys))
    assert comparison
    assert comparison.hidden == hidden
    assert f"(the deployment hides {', '.join(hidden)})" in str(comparison)


def test_a_position_that_the_copy_alone_hides_is_a_difference() -> None:
    comparison = compare_histories(history("source", 3), hide(history("copy", 3), "parent_checkpoint"))
    assert [difference.path for difference in comparison.differences] == ["parent_checkpoint"] * 3


def test_without_ids_a_missing_checkpoint_is_still_reported() -> None:
    thin = [hide(history(thread, 3), "checkpoint", "parent_checkpoint") for thread in ("source", "copy")]
    assert not compare_histories(thin[0], thin[1][:2])
