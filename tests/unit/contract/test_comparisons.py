"""Which comparisons of histories a test records for the report."""

from typing import Any

from pytest_threadcopy import compare_histories
from pytest_threadcopy.contract.steps.comparisons import MOST_COMPARISONS, Comparisons
from pytest_threadcopy.histories.outlines import LONGEST
from tests.lab.page_documents import chain, copied

Json = dict[str, Any]


def record(recorded: list[Json], original: list[Json], copy: list[Json]) -> None:
    Comparisons(recorded).keep(compare_histories(original, copy, outlined=True))


def test_a_comparison_is_recorded_with_the_names_and_the_thread_ids_of_its_histories() -> None:
    recorded: list[Json] = []
    record(recorded, chain("a thread", 3), copied(chain("a thread", 3), "its copy"))
    assert [(side["name"], side["thread_id"]) for side in recorded[0]["sides"]] == [
        ("source", "a thread"),
        ("copy", "its copy"),
    ]


def test_a_few_comparisons_are_recorded_those_that_differ_first_and_no_shape_twice() -> None:
    recorded: list[Json] = []
    for length in (2, 2, 3, 4, 5, 6):
        record(recorded, chain("source", length), copied(chain("source", length)))
    assert [len(comparison["sides"][0]["checkpoints"]) for comparison in recorded] == [2, 3, 4, 5]
    record(recorded, chain("source", 7), copied(chain("source", 7))[1:])
    assert [comparison["equal"] for comparison in recorded] == [False, True, True, True]
    assert len(recorded) == MOST_COMPARISONS


def test_there_is_room_until_all_recorded_comparisons_differ() -> None:
    recorded: list[Json] = []
    for length in range(2, 2 + MOST_COMPARISONS):
        record(recorded, chain("source", length), copied(chain("source", length)))
        assert Comparisons(recorded).has_room
    for length in range(2, 2 + MOST_COMPARISONS):
        assert Comparisons(recorded).has_room
        record(recorded, chain("source", length), copied(chain("source", length))[1:])
    assert not Comparisons(recorded).has_room


def test_a_single_state_is_recorded_only_if_it_differs() -> None:
    recorded: list[Json] = []
    state = chain("source", 1)
    record(recorded, state, copied(state))
    assert recorded == []
    record(recorded, state, [{**copied(state)[0], "values": None}])
    assert [row["mark"] for row in recorded[0]["sides"][0]["checkpoints"]] == ["differs"]


def test_a_history_beyond_the_limits_is_not_recorded() -> None:
    recorded: list[Json] = []
    states = chain("source", LONGEST + 1)
    record(recorded, states, copied(states))
    record(recorded, states, copied(states)[1:])
    assert recorded == []
