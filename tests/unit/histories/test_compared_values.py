"""Values of two checkpoints are equal if they are the same JSON, however deep or large."""

import copy
from typing import Any

import pytest

from pytest_threadcopy import assert_histories_equal, compare_histories
from tests.lab.servers.histories import with_value

JSON_VALUES: list[Any] = [
    1,
    1.0,
    True,
    None,
    0,
    False,
    "",
    "1",
    [],
    {},
    [1],
    [True],
    0.0,
    -0.0,
    float("nan"),
    2**70,
]


@pytest.mark.parametrize("left", range(len(JSON_VALUES)))
def test_each_json_value_equals_itself_alone(left: int) -> None:
    equal = []
    for right in range(len(JSON_VALUES)):
        original, _ = with_value(JSON_VALUES[left])
        _, copied = with_value(copy.deepcopy(JSON_VALUES[right]))
        if compare_histories(original, copied):
            equal.append(right)
    assert equal == [left]


def test_null_is_not_a_missing_key() -> None:
    original, copied = with_value(None)
    del copied[1]["values"]["data"]
    (difference,) = compare_histories(original, copied).differences
    assert (difference.original, difference.copy) == ("null", "(missing)")


def test_the_order_of_keys_is_not_compared() -> None:
    original, _ = with_value({"a": 1, "b": {"c": 1, "d": 2}})
    _, copied = with_value({"b": {"d": 2, "c": 1}, "a": 1})
    assert_histories_equal(original, [dict(reversed(state.items())) for state in copied])


def test_the_order_of_items_is_compared() -> None:
    original, _ = with_value([1, 2])
    _, copied = with_value([2, 1])
    assert not compare_histories(original, copied)


@pytest.mark.parametrize("value", ["\ud800", "\udfff lone", "é" * 3, "e\u0301", "👩‍👩‍👧", "\x00\u2028\x85"])
def test_text_is_compared_by_its_code_points(value: str) -> None:
    assert_histories_equal(*with_value(value))
    original, copied = with_value(value)
    copied[1]["values"]["data"] = value + "\ud800"
    message = str(compare_histories(original, copied))
    assert message.encode()


def test_text_is_not_normalised() -> None:
    original, _ = with_value("é")
    _, copied = with_value("e\u0301")
    assert not compare_histories(original, copied)


def nested(depth: int, innermost: Any) -> Any:
    for _ in range(depth):
        innermost = {"in": [innermost]}
    return innermost


@pytest.mark.parametrize("innermost", [1, None])
def test_no_value_is_nested_too_deep(innermost: Any) -> None:
    original, copied = with_value(nested(3000, 1))
    copied[1]["values"]["data"] = nested(3000, innermost)
    comparison = compare_histories(original, copied)
    assert comparison.equal == (innermost == 1)
    assert len(str(comparison)) < 2000


def test_a_deeply_nested_value_may_be_missing_altogether() -> None:
    original, copied = with_value(nested(3000, 1))
    copied[1]["values"]["data"] = None
    (difference,) = compare_histories(original, copied).differences
    assert difference.copy == "null"
    assert len(difference.original) < 200


def test_deeply_nested_values_do_not_hide_a_missing_checkpoint() -> None:
    original, copied = with_value(nested(3000, 1))
    (difference,) = compare_histories(original, copied[1:]).differences
    assert difference.where.startswith("missing from the copy: history[0]: checkpoint c2")


@pytest.mark.parametrize("value", [2**53 + 1, 10**400, 10**5000], ids=["2^53+1", "10^400", "10^5000"])
def test_integers_of_any_size_are_compared_exactly(value: int) -> None:
    assert_histories_equal(*with_value(value))
    original, copied = with_value(value)
    copied[1]["values"]["data"] = value + 1
    assert len(str(compare_histories(original, copied))) < 2000
