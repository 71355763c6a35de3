"""Writes and runs on top of an older checkpoint: where they stand, and what comes of them."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from pytest_threadcopy.contract.steps.reading import together
from pytest_threadcopy.contract.steps.run_results import EndedRun
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.sources import Source
from pytest_threadcopy.histories.thread_ids import checkpoint_id, parent_checkpoint_id
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json


def update_from_an_older_checkpoint(steps: Steps, plain: Source) -> None:
    """Assert that POST state to an older checkpoint of a copy forks there, as on its source."""
    source_id, role = plain.thread_id, plain.role
    copy_id = steps.copy(source_id)
    original, before = steps.both(source_id, copy_id, steps.history)
    if len(original) < 3:
        raise Untestable(f"the history of the source shows {len(original)} checkpoints: too few to fork from")
    assert len(before) == len(original), (
        f"copy {copy_id} has {len(before)} checkpoints, and its source {len(original)}"
    )
    older = before[-2]
    steps.write(copy_id, role.input, at=older)
    after = steps.history(copy_id)
    assert after, f"the history of copy {copy_id} is empty after a fork"

    def both_show(history: list[Json], other: list[Json]) -> list[Json]:
        shown = {checkpoint_id(state) for state in other}
        return [state for state in history if checkpoint_id(state) in shown]

    steps.alike(
        both_show(after, before),
        both_show(before, after),
        "a fork on the copy changed the checkpoints that were there",
        again=lambda: both_show(steps.history(copy_id), before),
    )
    steps.write(source_id, role.input, at=original[-2])
    expected = steps.source_history(source_id)
    if not expected or parent_checkpoint_id(expected[0]) == checkpoint_id(original[0]):
        raise Untestable("what is written to an older checkpoint of the source does not fork there")
    assert_parent(
        expected[0], after[0], older, "the parent of the fork is {}, and the copy was forked from {}"
    )
    assert_alike_after_write(steps, plain, copy_id, "a fork")


def run_from_before_a_subgraph(steps: Steps, nested: Source) -> None:
    """Assert that a run from a checkpoint before a subgraph ends on a copy as on its source."""
    source_id, role = nested.thread_id, nested.role
    copy_id = steps.copy(source_id)
    history = steps.source_history(source_id)
    root = checkpoint_id(history[-1]) if history else None
    if root is None:
        raise Untestable("the history of the source shows no checkpoint to fork from")
    turns = steps.turns(role, {"input": None, "checkpoint": {"checkpoint_id": root, "checkpoint_ns": ""}})

    def again(thread_id: str) -> EndedRun:
        steps.turns(role, {"input": role.input})(thread_id)
        first = {"checkpoint_id": checkpoint_id(steps.source_history(thread_id)[-1]), "checkpoint_ns": ""}
        return steps.run(thread_id, role, input=None, checkpoint=first)

    on_source, on_copy = together(partial(turns, source_id), partial(turns, copy_id))
    steps.same_ending(
        on_source,
        on_copy,
        role,
        what=f"the run on copy {copy_id}",
        like="the same run on the source",
        repeat=again,
    )
    shown = steps.same_became(
        source_id,
        copy_id,
        steps.subgraph_values,
        "after a fork from before a subgraph, the subgraph's state differs",
        repeat=again,
        role=role,
    )
    if not shown["subgraphs"]:
        raise Untestable(
            f"assistant {role.assistant_id} shows no subgraph after a run from its first checkpoint"
        )


def assert_parent(expected: Json, seen: Json, parent: Mapping[str, Any], problem: str) -> None:
    """Assert that a new checkpoint shows its parent, where that of the source, ``expected``, shows it."""
    wanted = checkpoint_id(parent)
    if wanted and parent_checkpoint_id(expected) == wanted:
        shown = parent_checkpoint_id(seen)
        assert shown == wanted, problem.format(shown, wanted)


def assert_alike_after_write(steps: Steps, source: Source, copy_id: str, what: str) -> None:
    """Assert that source and copy, written alike, have the same values, steps and parents."""
    wrong = f"{what} gives other {{}} on the copy than on the source"
    for read, words in ((steps.lineage, "steps or parents"), (steps.values, "values")):
        steps.same_became(
            source.thread_id,
            copy_id,
            read,
            wrong.format(words),
            repeat=partial(steps.write, values=source.role.input),
            role=source.role,
        )
