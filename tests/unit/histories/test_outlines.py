"""The outlines of two compared histories: they have marks, and no values."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_threadcopy import assert_valid, compare_histories
from pytest_threadcopy.histories.outlines import LONGEST, outline, rows_of
from pytest_threadcopy.report.document import as_json
from tests.lab.page_documents import branched, chain, checkpoint, compared, copied
from tests.lab.sample_reports import sample_deployment, sample_report

Json = dict[str, Any]


class Paged:
    """A history in pages, which counts its reads."""

    def __init__(self, thread_id: str, states: list[Json]) -> None:
        self.thread_id = thread_id
        self.states = states
        self.reads = 0

    def pages(self) -> Iterator[list[Json]]:
        self.reads += 1
        for start in range(0, len(self.states), 100):
            yield self.states[start : start + 100]


def marks(pair: Any, side: int) -> list[str]:
    return [row["mark"] for row in pair["sides"][side]["checkpoints"]]


def test_a_checkpoint_is_outlined_without_its_values() -> None:
    state = branched("source")[3]
    state["values"] = {"secret": "hunter2"}
    row = outline(state)
    assert (row["step"], row["source"], row["next"]) == (4, "loop", ["ask", "count"])
    assert (row["interrupts"], row["subgraph"], row["error"]) == (1, True, False)
    assert row["parent"] == outline(branched("source")[4])["id"]
    assert "hunter2" not in json.dumps(row)


@pytest.mark.parametrize("odd", [None, 7, "text", [], {}, [None], {"thread_id": 3}])
def test_an_odd_state_is_outlined_as_far_as_possible(odd: Any) -> None:
    keys = ("metadata", "tasks", "next", "checkpoint", "parent_checkpoint", "interrupts")
    row = outline(dict.fromkeys(keys, odd))
    pair = {
        "equal": True,
        "checkpoint_ns": "",
        "sides": [{"name": name, "thread_id": None, "checkpoints": [row]} for name in ("source", "copy")],
    }
    report = sample_report(sample_deployment(outcomes={"SAME-01": {"comparisons": [pair]}}))
    assert_valid(as_json(report), "report")


def test_equal_histories_are_outlined_while_they_are_compared() -> None:
    original, copy = Paged("source", chain("source", 130)), Paged("copy", copied(chain("source", 130)))
    comparison = compare_histories(original, copy, outlined=True)
    assert (original.reads, copy.reads) == (1, 1)
    assert comparison.thread_ids == ("source", "copy")
    assert comparison.outlines
    assert [row["mark"] for row in comparison.outlines[1]] == ["same"] * 130


def test_histories_that_differ_are_not_read_again_to_be_outlined() -> None:
    original, copy = Paged("source", chain("source", 130)), Paged("copy", copied(chain("source", 130))[1:])
    comparison = compare_histories(original, copy, outlined=True)
    assert (original.reads, copy.reads) == (1, 1)
    assert comparison.outlines
    assert [row["mark"] for row in comparison.outlines[0]] == ["alone"] + ["same"] * 129


BOTH, LEFT, RIGHT = (True, True), (True, False), (False, True)


@pytest.mark.parametrize(
    ("pairs", "lengths", "rows"),
    [
        ([], (0, 0), []),
        ([(0, 0), (1, 1)], (2, 2), [BOTH, BOTH]),
        ([(0, 0), (2, 1)], (3, 2), [BOTH, LEFT, BOTH]),
        ([(0, 1)], (1, 2), [RIGHT, BOTH]),
        ([(0, 0)], (3, 1), [BOTH, LEFT, LEFT]),
        ([(0, 1), (1, 2), (2, 0)], (3, 3), [RIGHT, BOTH, BOTH, LEFT]),
    ],
    ids=["empty", "equal", "missing", "added", "missing at the end", "moved"],
)
def test_a_checkpoint_stands_beside_its_counterpart_or_a_gap(
    pairs: list[tuple[int, int]], lengths: tuple[int, int], rows: list[tuple[bool, bool]]
) -> None:
    assert rows_of(pairs, lengths) == rows


def test_checkpoints_with_new_ids_stand_in_the_rows_of_the_old_ones() -> None:
    copy = copied(chain("source", 3))
    for state in copy:
        state["checkpoint"]["checkpoint_id"] += "-new"
    assert compare_histories(chain("source", 3), copy, outlined=True).rows == [BOTH] * 3


def test_histories_are_outlined_only_on_request() -> None:
    assert compare_histories(chain("source", 2), copied(chain("source", 2))).outlines is None


def test_a_checkpoint_that_is_missing_is_alone() -> None:
    copy = copied(branched("source"))
    pair = compared(branched("source"), [*copy[:3], *copy[5:]])
    assert not pair["equal"]
    assert marks(pair, 0) == ["same"] * 3 + ["alone"] * 2 + ["same"] * 4
    assert marks(pair, 1) == ["same"] * 7


def test_a_checkpoint_that_differs_says_where() -> None:
    copy = copied(chain("source", 5))
    copy[1]["values"]["counter"] = 99
    pair = compared(chain("source", 5), copy)
    assert marks(pair, 0) == marks(pair, 1) == ["same", "differs", "same", "same", "same"]
    assert pair["sides"][1]["checkpoints"][1]["differs"] == ["values.counter"]


def test_a_place_that_holds_the_sources_id_differs() -> None:
    copy = copied(chain("source", 3))
    copy[1]["checkpoint"]["thread_id"] = "source"
    pair = compared(chain("source", 3), copy)
    assert pair["sides"][1]["checkpoints"][1]["differs"] == ["checkpoint.thread_id"]


def test_checkpoints_whose_ids_are_all_new_differ_in_them() -> None:
    copy = copied(chain("source", 3))
    for state in copy:
        state["checkpoint"]["checkpoint_id"] += "-new"
    pair = compared(chain("source", 3), copy)
    assert marks(pair, 0) == marks(pair, 1) == ["differs"] * 3
    assert pair["sides"][0]["checkpoints"][0]["differs"][-1] == "checkpoint.checkpoint_id"


def test_checkpoints_in_another_order_are_marked_where_it_begins() -> None:
    copy = copied(chain("source", 4))
    copy[1], copy[2] = copy[2], copy[1]
    pair = compared(chain("source", 4), copy)
    assert marks(pair, 0) == ["same", "differs", "same", "same"]
    assert marks(pair, 1) == ["same", "differs", "same", "same"]


def test_a_checkpoint_that_is_there_twice_is_alone_once() -> None:
    copy = copied(chain("source", 3))
    assert marks(compared(chain("source", 3), [copy[0], *copy]), 1) == ["same", "alone", "same", "same"]


def test_hidden_ids_are_matched_by_place() -> None:
    both = chain("source", 3), copied(chain("source", 3))
    for state in (*both[0], *both[1]):
        del state["checkpoint"]["checkpoint_id"]
    both[1][2]["values"]["counter"] = 99
    assert marks(compared(*both), 0) == ["same", "same", "differs"]


def test_a_state_that_waits_for_long_is_compared_by_a_digest() -> None:
    copy = copied(chain("source", 400))
    copy[-1]["values"]["counter"] = 99
    pair = compared(chain("source", 400), [*(checkpoint("copy", 900 - i) for i in range(150)), *copy])
    assert marks(pair, 0) == ["same"] * 399 + ["differs"]
    assert marks(pair, 1) == ["alone"] * 150 + ["same"] * 399 + ["differs"]


def test_places_that_change_at_each_read_do_not_differ() -> None:
    copy = copied(chain("source", 3))
    copy[0]["values"]["counter"] = copy[1]["created_at"] = "another"
    comparison = compare_histories(chain("source", 3), copy, unstable={"created_at"}, outlined=True)
    assert comparison.outlines
    assert [row["mark"] for row in comparison.outlines[1]] == ["differs", "same", "same"]


def test_a_history_beyond_the_limits_is_not_outlined() -> None:
    states = chain("source", LONGEST + 1)
    for copy in (copied(states), copied(states)[1:]):
        assert compare_histories(states, copy, outlined=True).outlines is None
