"""The picture of two histories: the place of each checkpoint, and what stands beside it."""

from typing import Any

from pytest_threadcopy.report.document import Side
from pytest_threadcopy.report.page.history_tree import MOST_LANES, MOST_ROWS, Tree, draw
from tests.lab.page_documents import branched, chain, checkpoint, compared, copied

Json = dict[str, Any]


def drawn(original: list[Json], copy: list[Json], *names: str) -> Tree:
    return draw(compared(original, copy, *names))


def lanes(tree: Tree, side: int = 0) -> list[int]:
    return [row.cells[side].lane for row in tree.rows]


def without(states: list[Json], *places: int) -> list[Json]:
    return [state for place, state in enumerate(states) if place not in places]


def test_a_chain_has_one_lane() -> None:
    tree = drawn(chain("source", 3), copied(chain("source", 3)))
    assert [row.mark for row in tree.rows] == ["same"] * 3
    assert lanes(tree) == [0, 0, 0]
    assert [(row.cells[0].up, row.cells[0].down) for row in tree.rows] == [
        (False, True),
        (True, True),
        (True, False),
    ]


def test_a_second_child_has_a_lane_of_its_own_and_joins_its_parent() -> None:
    tree = drawn(branched("source"), copied(branched("source")))
    assert lanes(tree) == [2, 2, 1, 0, 0, 0, 0, 0, 0]
    update = tree.rows[1].cells[0]
    assert update.fork_of == tree.rows[6].cells[0].checkpoint
    assert tree.rows[6].cells[0].joining == {2}
    assert tree.rows[4].cells[0].passing == {1, 2}


def test_a_missing_checkpoint_leaves_a_gap_in_its_lane_and_moves_no_other() -> None:
    tree = drawn(branched("source"), without(copied(branched("source")), 3, 4))
    gaps = [row for row in tree.rows if row.missing == 1]
    assert [row.mark for row in gaps] == ["alone", "alone"]
    assert lanes(tree, 0) == lanes(tree, 1)


def test_an_added_checkpoint_leaves_a_gap_on_the_other_side() -> None:
    grown = [checkpoint("thread", 10, 9), *copied(branched("source"), "thread")]
    tree = drawn(copied(branched("source"), "thread"), grown, "before", "after")
    assert [row.missing for row in tree.rows] == [0] + [None] * 9


def test_a_parent_that_the_history_lacks_is_marked() -> None:
    tree = drawn(chain("source", 4), copied(chain("source", 4))[:1])
    assert tree.rows[0].cells[1].lost == chain("source", 4)[1]["checkpoint"]["checkpoint_id"]
    assert tree.rows[-1].cells[0].lost is None


def test_hidden_parents_make_a_plain_chain() -> None:
    hidden = [{**state, "parent_checkpoint": None} for state in copied(branched("source"))]
    tree = drawn(branched("source"), hidden)
    assert tree.hidden == (False, True)
    assert lanes(tree, 1) == [0] * 9
    assert max(lanes(tree, 0)) == 2


def test_a_long_run_of_equal_checkpoints_is_one_row() -> None:
    tree = drawn(chain("source", 130), copied(chain("source", 130)))
    assert [row.count for row in tree.rows] == [1, 1, 126, 1, 1]


def test_a_checkpoint_that_stands_out_in_a_long_run_is_drawn() -> None:
    states = chain("source", 130)
    states[64]["tasks"] = [{"name": "ask", "interrupts": [{"value": 1}]}]
    tree = drawn(states, copied(states))
    assert [row.count for row in tree.rows] == [1, 1, 61, 1, 1, 1, 62, 1, 1]


def test_a_long_run_of_missing_checkpoints_is_shown_by_its_ends() -> None:
    tree = drawn(chain("source", 130), copied(chain("source", 130))[:1])
    assert [(row.mark, row.count) for row in tree.rows] == [
        ("same", 1),
        *[("alone", 1)] * 4,
        ("alone", 123),
        ("alone", 1),
        ("alone", 1),
    ]


def test_a_checkpoint_at_another_place_is_shown_at_both() -> None:
    copy = copied(chain("source", 6))
    copy.insert(4, copy.pop(1))
    tree = drawn(chain("source", 6), copy)
    assert [(row.mark, row.missing) for row in tree.rows if row.mark == "moved"] == [
        ("moved", 1),
        ("moved", 0),
    ]


def test_checkpoints_with_new_ids_stand_beside_the_old_ones() -> None:
    copy = copied(chain("source", 3))
    for state in copy:
        state["checkpoint"]["checkpoint_id"] += "-new"
    tree = drawn(chain("source", 3), copy)
    assert [(row.mark, row.missing) for row in tree.rows] == [("differs", None)] * 3


def test_checkpoints_that_get_new_ids_from_some_place_on_stand_beside_the_old_ones() -> None:
    copy = copied(chain("source", 4))
    for state in copy[2:]:
        state["checkpoint"]["checkpoint_id"] += "-new"
    tree = drawn(chain("source", 4), copy)
    assert [(row.mark, row.missing) for row in tree.rows] == [("same", None)] * 2 + [("differs", None)] * 2


def test_a_repeated_checkpoint_stands_beside_a_gap_the_second_time() -> None:
    copy = copied(chain("source", 3))
    tree = drawn(chain("source", 3), [copy[0], *copy])
    assert [(row.mark, row.missing) for row in tree.rows] == [
        ("same", None),
        ("alone", 0),
        ("same", None),
        ("same", None),
    ]


def test_two_checkpoints_that_changed_places_are_shown_as_one_that_moved() -> None:
    copy = copied(chain("source", 4))
    copy[1], copy[2] = copy[2], copy[1]
    tree = drawn(chain("source", 4), copy)
    assert [(row.mark, row.missing) for row in tree.rows] == [
        ("same", None),
        ("moved", 0),
        ("differs", None),
        ("moved", 1),
        ("same", None),
    ]


def test_a_checkpoint_that_holds_the_sources_id_on_the_copy_alone_is_drawn_as_differing() -> None:
    copy = copied(chain("source", 3))
    copy[1]["checkpoint"]["thread_id"] = "source"
    tree = drawn(chain("source", 3), copy)
    assert [(row.mark, row.differs) for row in tree.rows] == [
        ("same", []),
        ("differs", ["checkpoint.thread_id"]),
        ("same", []),
    ]


def test_parents_that_go_in_circles_are_drawn() -> None:
    states = chain("source", 3)
    states[2]["parent_checkpoint"] = states[0]["checkpoint"]
    states[1]["parent_checkpoint"] = states[1]["checkpoint"]
    assert len(drawn(states, copied(states)).rows) == 3


def test_endless_branches_share_the_last_lane_and_end_at_some_row() -> None:
    states = [checkpoint("source", number, 1) for number in range(400, 1, -1)]
    states = [*states, *chain("source", 1)]
    tree = drawn(states, copied(states))
    assert max(lanes(tree)) == MOST_LANES - 1
    assert len(tree.rows) == MOST_ROWS + 1
    assert (tree.rows[-1].mark, tree.rows[-1].count) == ("more", 400 - MOST_ROWS)


def test_two_empty_histories_have_no_rows() -> None:
    sides: list[Side] = [{"name": name, "thread_id": name, "checkpoints": []} for name in ("source", "copy")]
    assert draw({"equal": False, "checkpoint_ns": "", "sides": sides, "rows": []}).rows == []
