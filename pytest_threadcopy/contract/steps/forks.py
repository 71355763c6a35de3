"""Writes and runs on top of an older checkpoint: which parent they have, and what they result in."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from pytest_threadcopy.contract.steps.reading import state_to_fork_from, together
from pytest_threadcopy.contract.steps.run_results import EndedRun
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.sources import Source
from pytest_threadcopy.histories.thread_ids import checkpoint_id, parent_checkpoint_id
from pytest_threadcopy.reproduction.violation import Compared, expect
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json


def update_from_an_older_checkpoint(steps: Steps, plain: Source) -> None:
    """Assert that POST state to an older checkpoint of a copy forks there, as on its source."""
    source_id, role = plain.thread_id, plain.role
    copy_id = steps.copy(source_id)
    original, before = steps.both(source_id, copy_id, steps.history)
    older_on_source = state_to_fork_from(original)
    problem = f"copy {copy_id} has {len(before)} checkpoints, but its source {source_id} has {len(original)}"
    expect(len(before) == len(original), problem, copy_id)
    older = before[-2]
    steps.write(copy_id, role.input, at=older)
    after = steps.history(copy_id)
    expect(after, f"the history of copy {copy_id} is empty after a fork", copy_id)

    def common(history: list[Json], counterpart: list[Json]) -> list[Json]:
        ids = {checkpoint_id(state) for state in counterpart}
        return [state for state in history if checkpoint_id(state) in ids]

    steps.alike(
        common(after, before),
        common(before, after),
        f"a fork on copy {copy_id} changed the checkpoints that it had before",
        Compared(copy_id, copy_id, {"history": "own"}, length=len(before)),
        again=lambda: common(steps.history(copy_id), before),
    )
    steps.write(source_id, role.input, at=older_on_source)
    expected = steps.source_history(source_id)
    if not expected or parent_checkpoint_id(expected[0]) == checkpoint_id(original[0]):
        raise Untestable("POST state to an older checkpoint of the source does not fork there")
    assert_parent(expected[0], after[0], older, "the parent of the fork is {}, but it was forked from {}")
    assert_alike_after_write(steps, plain, copy_id, "a fork")


def run_from_before_a_subgraph(steps: Steps, nested: Source) -> None:
    """Assert that a run from before a subgraph has the same result on a copy as on its source."""
    source_id, role = nested.thread_id, nested.role
    copy_id = steps.copy(source_id)

    def run_from_the_oldest(thread_id: str, history: list[Any]) -> EndedRun:
        oldest = {"checkpoint_id": checkpoint_id(history[-1]), "checkpoint_ns": ""}
        return steps.run(thread_id, role, input=None, checkpoint=oldest)

    def repeat(thread_id: str) -> EndedRun:
        steps.run(thread_id, role, input=role.input)
        return run_from_the_oldest(thread_id, steps.source_history(thread_id))

    history = steps.source_history(source_id)
    if not history or checkpoint_id(history[-1]) is None:
        raise Untestable("the history of the source shows no checkpoint to fork from")
    on_source, on_copy = together(
        partial(run_from_the_oldest, source_id, history), partial(run_from_the_oldest, copy_id, history)
    )
    what, like = f"the run on copy {copy_id}", "the same run on the source"
    steps.same_result(on_source, on_copy, role, what=what, like=like, repeat=repeat)
    problem = f"after a fork from before a subgraph, copy {copy_id} has another state of the subgraph"
    values = steps.same_effect(source_id, copy_id, steps.subgraph_values, problem, repeat=repeat, role=role)
    if not values["subgraphs"]:
        raise Untestable(
            f"assistant {role.assistant_id} shows no subgraph after a run from its first checkpoint"
        )


def assert_parent(expected: Json, seen: Json, parent: Mapping[str, Any], problem: str) -> None:
    """Assert that ``seen``, a checkpoint of the copy, has this parent.

    ``expected`` is the checkpoint of the source: if it does not show the parent, the copy need not either.
    """
    parent_id = checkpoint_id(parent)
    if parent_id and parent_checkpoint_id(expected) == parent_id:
        seen_id = parent_checkpoint_id(seen)
        expect(seen_id == parent_id, problem.format(seen_id, parent_id))


def assert_alike_after_write(steps: Steps, source: Source, copy_id: str, what: str) -> None:
    """Assert that source and copy, after the same write, have the same values, steps and parents."""
    for read, parts in ((steps.lineage, "steps or parents"), (steps.values, "values")):
        steps.same_effect(
            source.thread_id,
            copy_id,
            read,
            f"{what} gives other {parts} on copy {copy_id} than on the source",
            repeat=partial(steps.write, values=source.role.input),
            role=source.role,
        )
