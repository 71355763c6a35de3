"""For any two histories: they are equal if and only if all but their structural thread ids is the same."""

import copy
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pytest_threadcopy import compare_histories
from pytest_threadcopy.histories.difference import show_path

SOURCE, COPY = "thread-of-the-source", "thread-of-the-copy"
OWN = object()
"""Stands in a template of a history for the id of its thread."""

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.sampled_from([SOURCE, COPY, f"see {SOURCE}"]),
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
namespaces = st.sampled_from(["", "inner:1", "inner:1|deep:2"])
ids = st.sampled_from(["c1", "c2", "c3"])


@st.composite
def checkpoints(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "thread_id": OWN,
        "checkpoint_id": draw(ids),
        "checkpoint_ns": draw(namespaces),
    }


@st.composite
def states(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    state = draw(
        st.fixed_dictionaries({"values": json_values, "next": st.lists(st.text(max_size=5), max_size=2)})
    )
    state["checkpoint"] = draw(checkpoints())
    state["parent_checkpoint"] = draw(st.none() | checkpoints())
    state["metadata"] = {"thread_id": OWN, "step": draw(st.integers(-1, 9)), "note": draw(json_values)}
    if draw(st.booleans()):
        state["parent_config"] = {"configurable": {"thread_id": OWN}}
    inner = st.none() | st.just({"configurable": {"thread_id": OWN, "checkpoint_ns": "inner:1"}})
    tasks = st.fixed_dictionaries(
        {
            "id": st.text(max_size=5),
            "result": json_values,
            "checkpoint": st.none() | checkpoints(),
            "state": inner | states(depth - 1) if depth else inner,
        }
    )
    state["tasks"] = draw(st.lists(tasks, max_size=2))
    return state


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A history whose checkpoints have different ids, like those of a real thread."""
    history = draw(st.lists(states(), min_size=1, max_size=4))
    for number, state in enumerate(history):
        state["checkpoint"]["checkpoint_id"] = f"checkpoint {number}"
    return history


def of_thread(template: Any, thread_id: str) -> Any:
    """Return the history of a thread, made from a template; it shares no object with the template."""
    if isinstance(template, dict):
        return {key: of_thread(value, thread_id) for key, value in template.items()}
    if isinstance(template, list):
        return [of_thread(value, thread_id) for value in template]
    return thread_id if template is OWN else template


def places(template: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of each value in a state that neither is nor contains a structural thread id."""
    pairs = list(template.items()) if isinstance(template, dict) else []
    pairs += list(enumerate(template)) if isinstance(template, list) else []
    here = [path] if path and not holds_own(template) else []
    return here + [inner for key, value in pairs for inner in places(value, (*path, key))]


def holds_own(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(holds_own, value.values()))
    return any(map(holds_own, value)) if isinstance(value, list) else value is OWN


def put(state: Any, path: tuple[str | int, ...], value: Any) -> None:
    for key in path[:-1]:
        state = state[key]
    state[path[-1]] = value


def at(state: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        state = state[key]
    return state


def strictly(value: Any) -> Any:
    """Return a value that Python compares with its types, as JSON needs it."""
    if isinstance(value, dict):
        return {key: strictly(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [strictly(inner) for inner in value]
    return (type(value).__name__, repr(value))


relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@relaxed
@given(histories())
def test_a_faithful_copy_is_equal_whatever_the_history(template: list[dict[str, Any]]) -> None:
    original, copied = of_thread(template, SOURCE), of_thread(template, COPY)
    before = copy.deepcopy((original, copied))
    assert compare_histories(original, copied), str(compare_histories(original, copied))
    assert strictly(before[0]) == strictly(original)
    assert strictly(before[1]) == strictly(copied)


@relaxed
@given(histories(), json_values, st.data())
def test_one_change_anywhere_is_found_and_its_path_is_named(
    template: list[dict[str, Any]], value: Any, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(template) - 1))
    path = data.draw(st.sampled_from(places(template[index])))
    assume(path != ("checkpoint", "checkpoint_id"))
    original, copied = of_thread(template, SOURCE), of_thread(template, COPY)
    assume(strictly(at(copied[index], path)) != strictly(value))
    put(copied[index], path, value)

    comparison = compare_histories(original, copied)
    assert not comparison
    assert all(each.where.startswith(f"history[{index}]") for each in comparison.differences)
    assert all(each.path.startswith(show_path(path)) for each in comparison.differences), (
        path,
        str(comparison),
    )


@relaxed
@given(histories(), st.data())
def test_a_checkpoint_that_is_missing_is_named(template: list[dict[str, Any]], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(template) - 1))
    original, copied = of_thread(template, SOURCE), of_thread(template, COPY)
    del copied[index]
    comparison = compare_histories(original, copied)
    assert [each.kind for each in comparison.differences] == ["length"]
    assert f"missing from the copy: history[{index}]: checkpoint checkpoint {index}" in str(comparison)


@relaxed
@given(histories(), st.data())
def test_another_threads_id_in_one_structural_position_is_found(
    template: list[dict[str, Any]], data: st.DataObject
) -> None:
    original, copied = of_thread(template, SOURCE), of_thread(template, COPY)
    index = data.draw(st.integers(0, len(template) - 1))
    path = data.draw(st.sampled_from([("checkpoint", "thread_id"), ("metadata", "thread_id")]))
    # A position of the newest state names the thread of the history; this position must not be the stray one.
    assume(index > 0 or template[0]["parent_checkpoint"] is not None)
    put(copied[index], path, SOURCE)
    comparison = compare_histories(original, copied)
    assert [(each.kind, each.path) for each in comparison.differences] == [("thread id", show_path(path))]
