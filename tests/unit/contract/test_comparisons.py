"""Which comparisons of histories a test keeps for the report."""

from typing import Any

from pytest_threadcopy import compare_histories
from pytest_threadcopy.contract.steps.comparisons import MOST_COMPARISONS, Comparisons
from pytest_threadcopy.histories.outlines import LONGEST
from tests.lab.page_documents import chain, copied

Json = dict[str, Any]


def keep(kept: list[Json], original: list[Json], copy: list[Json]) -> None:
    Comparisons(kept).keep(compare_histories(original, copy, outlined=True))


def test_a_comparison_is_kept_with_the_names_and_the_thread_ids_of_its_histories() -> None:
    kept: list[Json] = []
    keep(kept, chain("a thread", 3), copied(chain("a thread", 3), "its copy"))
    assert [(side["name"], side["thread_id"]) for side in kept[0]["sides"]] == [
        ("source", "a thread"),
        ("copy", "its copy"),
    ]


def test_a_few_comparisons_are_kept_those_that_differ_first_and_no_shape_twice() -> None:
    kept: list[Json] = []
    for length in (2, 2, 3, 4, 5, 6):
        keep(kept, chain("source", length), copied(chain("source", length)))
    assert [len(one["sides"][0]["checkpoints"]) for one in kept] == [2, 3, 4, 5]
    keep(kept, chain("source", 7), copied(chain("source", 7))[1:])
    assert [one["equal"] for one in kept] == [False, True, True, True]
    assert len(kept) == MOST_COMPARISONS


def test_there_is_room_until_the_most_that_are_kept_differ() -> None:
    kept: list[Json] = []
    for length in range(2, 2 + MOST_COMPARISONS):
        keep(kept, chain("source", length), copied(chain("source", length)))
        assert Comparisons(kept).has_room
    for length in range(2, 2 + MOST_COMPARISONS):
        assert Comparisons(kept).has_room
        keep(kept, chain("source", length), copied(chain("source", length))[1:])
    assert not Comparisons(kept).has_room


def test_a_single_state_is_kept_only_where_it_differs() -> None:
    kept: list[Json] = []
    state = chain("source", 1)
    keep(kept, state, copied(state))
    assert kept == []
    keep(kept, state, [{**copied(state)[0], "values": None}])
    assert [one["mark"] for one in kept[0]["sides"][0]["checkpoints"]] == ["differs"]


def test_a_history_beyond_all_bounds_is_not_kept() -> None:
    kept: list[Json] = []
    states = chain("source", LONGEST + 1)
    keep(kept, states, copied(states))
    keep(kept, states, copied(states)[1:])
    assert kept == []
