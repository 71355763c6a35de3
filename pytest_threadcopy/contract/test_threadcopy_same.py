"""SAME: the copy's history is the source's history."""

from collections import Counter
from typing import Any

import pytest

from pytest_threadcopy.contract.steps import Steps, assert_same, interrupts_of
from pytest_threadcopy.deployment import Deployment
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.sources import Source, Sources
from pytest_threadcopy.structural import checkpoint_id, parent_checkpoint_id, shows_parent

requirement = pytest.mark.threadcopy

VALUES: dict[str, Any] = {
    "scripts": "naïve Ελληνικά русский 漢字 عربى हिन्दी 👩‍👩‍👧 e\u0301 \u00e9",
    "controls": 'tab\t, newline\n, quote", backslash\\, \u0001, \u2028',
    "null": None,
    "empty": ["", [], {}, [[]], [{}], [None], {"nothing": None}],
    "deep": [[[[[[[[[[{"a": {"b": {"c": {"d": "e"}}}}]]]]]]]]]],
    "integers": [0, -1, 2**31, 2**53 - 1, 2**53 + 1, -(2**53) - 1, 2**63 - 1],
    "floats": [1.0, 0.5, 1e-7, 1.7976931348623157e308, -2.5],
    "booleans": [True, False, 1, 0],
    "long": "0123456789abcdef" * 65_536,
    "thread_id": "not a thread",
    "checkpoint": {"thread_id": "nor this", "checkpoint_id": None},
}
"""What a deployment may be tempted to change: every script, lone nulls, numbers, size, keys like its own."""


@requirement("SAME-01", "MUST")
def test_same_01_whole_history(steps: Steps, plain: Source) -> None:
    """The whole history is equal, newest to oldest, but for structural thread ids.

    Source: guide, "with the same history as the existing thread".
    """
    copy_id = steps.copy(plain.thread_id)
    steps.same_history(plain.thread_id, copy_id)


@requirement("SAME-02", "MUST")
def test_same_02_past_the_first_page(steps: Steps, sources: Sources, deployment: Deployment) -> None:
    """A long history is copied whole, every checkpoint past the first page too.

    Source: guide, "the same history".
    """
    wanted = deployment.settings.checkpoints
    source = sources.plain(checkpoints=wanted)
    copy_id = steps.copy(source.thread_id)
    steps.same_history(source.thread_id, copy_id)
    length = sum(1 for _ in steps.threads.history(source.thread_id))
    if length < wanted:
        raise Untestable(f"the source has {length} checkpoints, where {wanted} were to be compared")


@requirement("SAME-03", "MUST")
def test_same_03_current_state(steps: Steps, plain: Source) -> None:
    """The current state is equal, with and without subgraphs.

    Source: docs, "identical to the original thread".
    """
    copy_id = steps.copy(plain.thread_id)
    for subgraphs in (False, True):
        state = steps.same_state(plain.thread_id, copy_id, subgraphs=subgraphs)
        assert state["values"], "the source's state has no values: nothing was compared"


@requirement("SAME-04", "MUST")
def test_same_04_branches(steps: Steps, plain: Source) -> None:
    """A branched history keeps every branch and every parent link.

    Source: guide, "the same history".
    """
    before = steps.history(plain.thread_id)
    older = before[-2]
    steps.threads.update_state(
        plain.thread_id, plain.role.input, as_node="__start__", checkpoint=older["checkpoint"]
    )
    copy_id = steps.copy(plain.thread_id)
    steps.same_history(plain.thread_id, copy_id)
    original = steps.history(plain.thread_id)
    children = Counter(parent_checkpoint_id(state) for state in original if parent_checkpoint_id(state))
    if any(map(shows_parent, original)) and 2 not in children.values():
        raise Untestable("writing to an older checkpoint makes no branch here")


@requirement("SAME-05", "MUST")
def test_same_05_interrupts(steps: Steps, shared_interrupted: Source) -> None:
    """The copy of an interrupted thread has its next nodes, pending tasks and interrupts, ids and values.

    Source: docs, "identical to the original thread".
    """
    source_id = shared_interrupted.thread_id
    copy_id = steps.copy(source_id)
    state = steps.same_state(source_id, copy_id)
    assert interrupts_of(state), "the source shows no interrupt: nothing was compared"
    steps.same_history(source_id, copy_id)


@requirement("SAME-06", "MUST")
def test_same_06_finished_task_beside_an_interrupt(steps: Steps, shared_parallel: Source) -> None:
    """A task that finished, with several writes, while another is interrupted keeps its whole result.

    Source: docs, "identical to the original thread".
    """
    source_id = shared_parallel.thread_id
    copy_id = steps.copy(source_id)
    state = steps.same_state(source_id, copy_id)
    steps.same_history(source_id, copy_id)
    if not any(task.get("result") for task in state["tasks"]):
        raise Untestable("the state shows no result of a finished task; CONT-07 tells by resuming")


@requirement("SAME-07", "MUST")
def test_same_07_subgraphs(steps: Steps, shared_nested: Source) -> None:
    """The history of each subgraph, and the state of a task that is one, are copied.

    Source: guide, "the same history".
    """
    source_id = shared_nested.thread_id
    copy_id = steps.copy(source_id)
    state = steps.same_state(source_id, copy_id, subgraphs=True)
    tasks = [task for state in [state, *steps.history(source_id)] for task in state["tasks"]]
    holders = [task.get("checkpoint") or (task.get("state") or {}).get("checkpoint") or {} for task in tasks]
    namespaces = {holder["checkpoint_ns"] for holder in holders if holder.get("checkpoint_ns")}
    if not namespaces:
        raise Untestable("no task of the source shows a checkpoint namespace; CONT-05 tells by resuming")
    for checkpoint_ns in namespaces:
        steps.same_history(source_id, copy_id, checkpoint_ns=checkpoint_ns)


@requirement("SAME-08", "MUST")
def test_same_08_values_verbatim(steps: Steps, sources: Sources) -> None:
    """Values survive verbatim: every script, nulls, empty containers, numbers, a 1 MB string, keys like ids.

    Source: guide, "the same history".
    """
    source = sources.plain(values={"data": VALUES})
    copy_id = steps.copy(source.thread_id)
    state = steps.same_state(source.thread_id, copy_id)
    steps.same_history(source.thread_id, copy_id)
    if "data" not in state["values"]:
        raise Untestable("the assistant keeps no free data: deploy the scenario kit's plain graph")


@requirement("SAME-10", "MUST")
def test_same_10_each_checkpoint_by_its_id(steps: Steps, plain: Source) -> None:
    """Each checkpoint of the copy can be read by its id, and equals the source's.

    Source: guide, "the same history".
    """
    copy_id = steps.copy(plain.thread_id)
    ids = [known for known in map(checkpoint_id, steps.history(plain.thread_id)) if known]
    if not ids:
        raise Untestable("the history shows no checkpoint ids")
    for known in ids:
        steps.same_state(plain.thread_id, copy_id, checkpoint_id=known)


@requirement("SAME-11", "MUST")
def test_same_11_thread_that_never_ran(steps: Steps, sources: Sources) -> None:
    """The copy of a thread that never ran has an empty history, and can be read.

    Source: guide, "the same history".
    """
    source = sources.never_ran(sources.role("plain"))
    copy_id = steps.copy(source.thread_id)
    steps.same_history(source.thread_id, copy_id, expect_empty=True)
    for what in ("values", "next", "tasks"):
        seen, expected = (steps.threads.get_state(thread)[what] for thread in (copy_id, source.thread_id))
        assert_same(expected, seen, f"the {what} of a copy that never ran differ from its source's")


@requirement("SAME-12", "MUST")
def test_same_12_thread_in_error(steps: Steps, shared_failed: Source) -> None:
    """The copy of a thread whose run failed has the error of the task.

    Source: docs, "identical to the original thread".
    """
    source_id = shared_failed.thread_id
    copy_id = steps.copy(source_id)
    state = steps.same_state(source_id, copy_id)
    steps.same_history(source_id, copy_id)
    if not any(task.get("error") for task in state["tasks"]):
        raise Untestable("the state of the source shows no error")


@requirement("SAME-13", "MUST")
def test_same_13_written_without_a_run(steps: Steps, sources: Sources) -> None:
    """A thread written only through POST state, and one written only through supersteps, copy whole.

    Source: guide, "the same history".
    """
    role = sources.role("plain")
    steps_to_write = [role.input] * 3
    for write in (sources.by_updates, sources.by_supersteps):
        source_id = write(role, steps_to_write)
        copy_id = steps.copy(source_id)
        steps.same_history(source_id, copy_id)


@requirement("SAME-14", "MUST")
def test_same_14_copy_of_a_copy_of_a_copy(steps: Steps, shared_interrupted: Source) -> None:
    """A copy of a copy of a copy equals the first source, and shows no ancestor's id.

    Source: guide, "the same history".
    """
    copy_id = shared_interrupted.thread_id
    for _ in range(3):
        copy_id = steps.copy(copy_id)
    steps.same_history(shared_interrupted.thread_id, copy_id)
    steps.same_state(shared_interrupted.thread_id, copy_id, subgraphs=True)


@requirement("SAME-16", "MUST")
def test_same_16_checkpoint_metadata(steps: Steps, shared_interrupted: Source) -> None:
    """The metadata of each checkpoint is the source's, with no key added, lost or changed.

    Source: guide, "the same history".
    """
    source_id = shared_interrupted.thread_id
    copy_id = steps.copy(source_id)
    original, copied = (
        {
            checkpoint_id(state): {**(state.get("metadata") or {}), "thread_id": None}
            for state in steps.history(thread)
        }
        for thread in (source_id, copy_id)
    )
    assert any(original.values()), "the source's checkpoints show no metadata"
    assert_same(original, copied, "the metadata of checkpoints differs (checkpoint id, then key)")
