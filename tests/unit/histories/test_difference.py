"""A difference of two histories in words: the checkpoint, the place in it and both values, in few words."""

from collections.abc import Callable
from typing import Any

import pytest

from pytest_threadcopy import Comparison, HistoriesDiffer, assert_histories_equal, compare_histories
from pytest_threadcopy.histories.difference import StrictEquality, differences, show_path
from tests.lab.servers.histories import State, history

A_FEW_KB = 4000
Change = Callable[[list[State]], Any]


def compare(change: Change, length: int = 4) -> Comparison:
    """Compare a history with the history of its copy, which ``change`` changes in place."""
    copied = history("copy", length)
    change(copied)
    return compare_histories(history("source", length), copied)


def messages(comparison: Comparison) -> list[tuple[str, str]]:
    return [(difference.kind, difference.where.partition(",")[0]) for difference in comparison.differences]


def test_a_changed_value_is_reported_with_its_checkpoint_its_path_and_both_values() -> None:
    def change(states: list[State]) -> None:
        states[1]["values"]["messages"][1] = "another"

    assert str(compare(change)).splitlines() == [
        "the histories differ in 1 place (original: 4 checkpoints, copy: 4; newest first)",
        'history[1]: checkpoint c2, step 1, source "loop", next ["count"]',
        "  values.messages[1]",
        '    original: "message 1"',
        '    copy:     "another"',
    ]


def test_the_assertion_carries_the_comparison() -> None:
    with pytest.raises(HistoriesDiffer) as raised:
        assert_histories_equal(history("source", 2), history("copy", 1))
    assert isinstance(raised.value, AssertionError)
    assert raised.value.comparison.lengths == (2, 1)
    assert str(raised.value) == str(raised.value.comparison)


@pytest.mark.parametrize(
    ("index", "name"), [(0, "c3"), (1, "c2"), (3, "c0")], ids=["newest", "middle", "oldest"]
)
def test_a_missing_checkpoint_is_reported_as_missing(index: int, name: str) -> None:
    comparison = compare(lambda states: states.pop(index))
    assert messages(comparison) == [("length", f"missing from the copy: history[{index}]: checkpoint {name}")]
    assert comparison.lengths == (4, 3)


@pytest.mark.parametrize("index", [0, 2, 4], ids=["newest", "middle", "oldest"])
def test_an_added_checkpoint_is_reported_as_added(index: int) -> None:
    def change(states: list[State]) -> None:
        states.insert(index, {**states[0], "checkpoint": {"thread_id": "copy", "checkpoint_id": "new"}})

    assert messages(compare(change)) == [("length", f"only in the copy: history[{index}]: checkpoint new")]


def test_a_truncated_copy_is_reported_with_the_number_of_missing_checkpoints() -> None:
    comparison = compare(lambda states: states.__delitem__(slice(100, None)), length=130)
    assert (len(comparison.differences), comparison.more) == (5, 25)
    assert (
        str(comparison)
        .splitlines()[0]
        .endswith("in 30 places (original: 130 checkpoints, copy: 100; newest first)")
    )
    assert str(comparison).splitlines()[-1] == "... and 25 more"


def test_another_order_is_reported_as_another_order() -> None:
    comparison = compare(list.reverse)
    assert messages(comparison) == [("order", "the order differs from history[0]: checkpoint c3")]
    assert (comparison.differences[0].original, comparison.differences[0].copy) == ('"c3"', '"c0"')


def test_another_order_does_not_hide_a_changed_checkpoint() -> None:
    def change(states: list[State]) -> None:
        states[0]["values"]["counter"] = -1
        states.reverse()

    assert [difference.kind for difference in compare(change).differences] == ["order", "checkpoint"]


@pytest.mark.parametrize("at", [1, 2, 4])
def test_a_repeated_checkpoint_is_reported_as_repeated(at: int) -> None:
    comparison = compare(lambda states: states.insert(at, states[0]))
    assert messages(comparison) == [("repeated", "checkpoint c3 is 2 times in the copy")]


def test_a_checkpoint_repeated_in_place_of_another_is_reported_beside_the_missing_one() -> None:
    def change(states: list[State]) -> None:
        states[3] = states[2]

    assert messages(compare(change)) == [
        ("length", "missing from the copy: history[3]: checkpoint c0"),
        ("repeated", "checkpoint c1 is 2 times in the copy"),
    ]


def test_a_repeat_after_the_first_difference_is_reported() -> None:
    def change(states: list[State]) -> None:
        states.append(states[2])
        states.pop(0)

    assert messages(compare(change)) == [
        ("length", "missing from the copy: history[0]: checkpoint c3"),
        ("repeated", "checkpoint c1 is 2 times in the copy"),
    ]


def test_new_checkpoint_ids_are_reported_checkpoint_by_checkpoint() -> None:
    def change(states: list[State]) -> None:
        for state in states:
            state["checkpoint"]["checkpoint_id"] += "-new"

    comparison = compare(change)
    assert {(difference.kind, difference.path) for difference in comparison.differences} == {
        ("checkpoint", "checkpoint.checkpoint_id")
    }
    assert (comparison.differences[0].original, comparison.differences[0].copy) == ('"c3"', '"c3-new"')


def test_one_new_checkpoint_id_is_reported_as_one_lost_and_one_added() -> None:
    def change(states: list[State]) -> None:
        states[1]["checkpoint"]["checkpoint_id"] = "new"

    assert messages(compare(change)) == [
        ("length", "missing from the copy: history[1]: checkpoint c2"),
        ("length", "only in the copy: history[1]: checkpoint new"),
    ]


def test_a_lost_parent_link_is_reported() -> None:
    def change(states: list[State]) -> None:
        states[1]["parent_checkpoint"] = None

    (difference,) = compare(change).differences
    assert (difference.path, difference.copy) == ("parent_checkpoint", "null")


def test_a_changed_checkpoint_far_past_a_missing_one_is_reported() -> None:
    def change(states: list[State]) -> None:
        states[280]["values"]["counter"] = True
        states.pop(0)

    comparison = compare(change, length=300)
    assert messages(comparison) == [
        ("length", "missing from the copy: history[0]: checkpoint c299"),
        ("checkpoint", "history[280]: checkpoint c19"),
    ]
    assert comparison.differences[1].path == "values.counter"


def test_a_changed_checkpoint_far_from_its_counterpart_is_reported_without_its_values() -> None:
    def change(states: list[State]) -> None:
        states[250]["values"]["counter"] = True
        states[:] = states[110:] + states[:110]

    assert messages(compare(change, length=300)) == [
        ("order", "the order differs from history[0]: checkpoint c299"),
        ("checkpoint", "differs: history[250]: checkpoint c49"),
    ]


def test_the_first_few_differences_are_reported_and_the_rest_are_counted() -> None:
    def change(states: list[State]) -> None:
        for state in states:
            state["values"] = {f"key {i}": i for i in range(2000)}

    comparison = compare(change)
    assert len(comparison.differences) == 5
    assert comparison.more == 4 * 2002 - 5
    assert len(str(comparison)) < A_FEW_KB


def test_two_long_texts_are_cut_around_their_first_difference() -> None:
    left, right = "x" * 1_000_000, "x" * 700_000 + "y" + "x" * 299_999
    comparison = compare_histories([{"values": left}], [{"values": right}])
    assert len(str(comparison)) < 1000
    (difference,) = comparison.differences
    assert "y" in difference.copy
    assert difference.copy.startswith("…xxx")
    assert difference.copy.endswith("more characters)")


@pytest.mark.parametrize(
    "change",
    [
        lambda states: states[0].update(values="x" * 1_000_000),
        lambda states: states[0].update(values=list(range(100_000))),
        lambda states: states[0].update(values={"k" * 1_000_000: 1}),
        lambda states: states[0]["metadata"].update(source="s" * 1_000_000),
        lambda states: states[0].update(next=["n" * 1_000_000]),
        lambda states: states[0]["metadata"].update(thread_id="t" * 1_000_000),
    ],
    ids=["value", "list", "key", "source", "next", "thread id"],
)
def test_no_message_is_long(change: Change) -> None:
    comparison = compare(change)
    assert not comparison
    assert len(str(comparison)) < A_FEW_KB


def test_a_message_has_no_escape_sequence() -> None:
    def change(states: list[State]) -> None:
        states[0]["values"] = {"\x1b[2J": "\x1b[31mred"}
        states[0]["metadata"]["source"] = "\x1b]0;title\x07"

    message = str(compare(change))
    assert all(line.isprintable() for line in message.splitlines())
    assert '"\\u001b[31mred"' in message


def test_text_in_any_script_is_shown_as_it_is() -> None:
    message = str(compare(lambda states: states[0].update(values="Привет, 世界 🙂")))
    assert '"Привет, 世界 🙂"' in message


def test_lists_of_two_lengths_are_reported_by_length_and_then_by_item() -> None:
    items = [(show_path(path), repr(a), repr(b)) for path, a, b in differences({"a": [1, 2]}, {"a": [True]})]
    assert items == [("a", "2 items", "1 items"), ("a[0]", "1", "True")]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("values", "messages", 3, "content"), "values.messages[3].content"),
        (("values", "content type"), 'values["content type"]'),
        (("values", ""), 'values[""]'),
        (("values", "0"), 'values["0"]'),
        (("tasks", 0, "состояние"), "tasks[0].состояние"),
    ],
)
def test_a_path_reads_as_in_python_or_jq(path: tuple[str | int, ...], text: str) -> None:
    assert show_path(path) == text


@pytest.mark.parametrize("equal", [StrictEquality()], ids=["one instance"])
def test_values_that_share_objects_equal_those_that_do_not(equal: StrictEquality) -> None:
    shared = ["a long text, the same object"] * 2
    apart = ["".join(["a long text, ", "the same object"]) for _ in range(2)]
    for left, right in [(shared, apart), (apart, shared), (shared, shared), (apart, apart)]:
        assert equal(left, right)
    assert not equal(shared, [*apart, 1])
