"""INDEP: neither the source nor the copy affects the other."""

from collections.abc import Callable
from functools import partial

import pytest

from pytest_threadcopy.contract.steps.copies_mid_run import CopyMidRun, copy_mid_run, long_turn
from pytest_threadcopy.contract.steps.deletions import delete_one, delete_one_of_each_role
from pytest_threadcopy.contract.steps.observations import Observation
from pytest_threadcopy.contract.steps.reading import state_to_fork_from, together
from pytest_threadcopy.contract.steps.run_results import EndedRun, at_rest, skeleton_of
from pytest_threadcopy.contract.steps.source_kinds import make_each, source_kinds
from pytest_threadcopy.contract.steps.steps import Steps, has_grown
from pytest_threadcopy.deployment.sources import Source, Sources
from pytest_threadcopy.histories.thread_ids import checkpoint_id
from pytest_threadcopy.reproduction.violation import expect
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json

requirement = pytest.mark.threadcopy


def _each_leaves_the_other(steps: Steps, source_id: str, change: Callable[[str], object], what: str) -> None:
    """Assert that a change of a copy leaves its source as it was, and the other way round.

    The copy that must not change is not the one that is changed: some deployments make a copy only when it
    first changes.
    """
    copy_id, untouched_id = steps.copy(source_id), steps.copy(source_id)
    for changed, unchanged, name in ((copy_id, source_id, "copy"), (source_id, untouched_id, "source")):
        before = steps.observation(unchanged)
        change(changed)
        steps.unaffected(unchanged, before, f"{what} on the {name},", changed)


@requirement("INDEP-01", "MUST")
def test_indep_01_copying_leaves_the_source(steps: Steps, readable: Source, sources: Sources) -> None:
    """Copying leaves the source as it was: history, state, thread object, runs.

    Source: guide, "do not affect the original thread".
    """

    def left_as_it_was(source_id: str, like: Callable[[], str] | None = None) -> None:
        before = steps.observation(source_id)
        copy_id = steps.copy(source_id)
        steps.unaffected(source_id, before, "copying it to", copy_id, like=like)

    def of_kind(kind: str, source: Source) -> None:
        with steps.where_shown(kind):
            left_as_it_was(source.thread_id, like=lambda: kinds[kind]().thread_id)

    kinds = source_kinds(steps, sources)
    made = make_each(steps, kinds)
    together(lambda: left_as_it_was(readable.thread_id), *(partial(of_kind, *each) for each in made.items()))


@requirement("INDEP-02", "MUST")
def test_indep_02_update_state(steps: Steps, plain: Source) -> None:
    """POST state on either side leaves the other side as it was.

    Source: guide, "independent".
    """

    def update(thread_id: str) -> None:
        steps.write(thread_id, plain.role.input)

    _each_leaves_the_other(steps, plain.thread_id, update, "POST state")


@requirement("INDEP-03", "MUST")
def test_indep_03_run(steps: Steps, sources: Sources) -> None:
    """A run on either side leaves the other side as it was.

    Source: guide, "do not affect the original thread".
    """
    role = sources.runnable()
    source = sources.plain()
    failed: list[EndedRun] = []

    def run(thread_id: str) -> None:
        ended = steps.run(thread_id, role, input=role.input)
        if ended.failure is not None:
            failed.append(ended)

    _each_leaves_the_other(steps, source.thread_id, run, "a run")
    if failed:
        raise Untestable(f"a run on thread {failed[0].thread_id} fails: {failed[0].failure}")


@requirement("INDEP-04", "MUST")
def test_indep_04_resume(steps: Steps, interrupted: Source) -> None:
    """Resuming either side leaves the other's interrupt pending, and it still resumes.

    Source: guide, "independent".
    """
    role = interrupted.role
    copy_id, twin_id = steps.copy(interrupted.thread_id), steps.copy(interrupted.thread_id)
    before = steps.observation(interrupted.thread_id)
    steps.must_wait(interrupted)
    twin = steps.observation(twin_id)
    resume = {"command": {"resume": role.resume}}
    first = steps.run(copy_id, role, **resume)
    steps.unaffected(interrupted.thread_id, before, "resuming its copy", copy_id)
    second = steps.run(interrupted.thread_id, role, **resume)
    turns = steps.turns(role, {"input": role.input}, resume)
    what, like = f"source {interrupted.thread_id}, resumed after its copy,", f"copy {copy_id}, resumed first,"
    steps.same_result(first, second, role, what=what, like=like, repeat=turns)
    steps.unaffected(twin_id, twin, "resuming its source", interrupted.thread_id)
    third = steps.run(twin_id, role, **resume)
    what, like = f"copy {twin_id}, resumed after its source,", "the source"
    steps.same_result(second, third, role, what=what, like=like, repeat=turns)


@requirement("INDEP-05", "MUST")
def test_indep_05_deleting_the_source(steps: Steps, sources: Sources) -> None:
    """Deleting the source leaves the copy whole and usable.

    Source: guide, "independent".
    """
    source = sources.plain()
    copy_id, used_id = steps.copy(source.thread_id), steps.copy(source.thread_id)
    of_copy_id = steps.copy(copy_id)
    if source.role.may_run:  # only then does the copy have a run of its own
        steps.run(used_id, source.role, input=source.role.input)
    deletion = delete_one(steps, source.thread_id, keep=[copy_id, used_id, of_copy_id])
    with steps.where_shown(f"copying copy {copy_id} after {deletion}"):
        steps.same_history(copy_id, steps.copy(copy_id))
    delete_one_of_each_role(steps, sources, "source")
    steps.usable(copy_id, source.role, deletion, source.thread_id)


@requirement("INDEP-06", "MUST")
def test_indep_06_deleting_the_copy(steps: Steps, sources: Sources) -> None:
    """Deleting the copy leaves the source whole and usable.

    Source: guide, "do not affect the original thread".
    """
    source = sources.plain()
    copy_id = steps.copy(source.thread_id)
    deletion = delete_one(steps, copy_id, keep=[source.thread_id])
    delete_one_of_each_role(steps, sources, "copy")
    steps.usable(source.thread_id, source.role, deletion, copy_id)


@requirement("INDEP-07", "MUST")
def test_indep_07_metadata(steps: Steps, plain: Source) -> None:
    """Patching metadata on either side leaves the other's as it was.

    Source: guide, "independent".
    """
    # A copy can share with its source only nested metadata that are there before the copy is made.
    steps.annotate(plain.thread_id, {"threadcopy_note": "shared", "nested": {"of": ["both"], "kept": 1}})

    def patch(thread_id: str) -> None:
        changed = {"threadcopy_note": thread_id, "nested": {"of": [thread_id]}}
        steps.threads.update(thread_id, metadata=changed)

    _each_leaves_the_other(steps, plain.thread_id, patch, "a metadata patch")


@requirement("INDEP-08", "MUST")
def test_indep_08_siblings(steps: Steps, sources: Sources) -> None:
    """Sibling copies of one source do not affect each other.

    Source: guide, "independent".
    """
    source = sources.plain()
    role = source.role
    first, second, third = (steps.copy(source.thread_id) for _ in range(3))
    before = steps.observation(third)

    def change(thread_id: str) -> None:
        steps.usable(thread_id, role, "three copies of its source")

    together(lambda: change(first), lambda: change(second))
    steps.unaffected(third, before, "writing to its siblings", first, second)
    problem = f"siblings {first} and {second} differ, after the same was done to both at once"
    steps.same_effect(
        first, second, steps.run_result, problem, repeat=change, role=role, skeleton=skeleton_of
    )
    with steps.where_shown("deleting a sibling"):
        before = steps.observation(second)
        steps.delete(first)
        steps.unaffected(second, before, "deleting its sibling", first)
        change(second)


@requirement("INDEP-09", "MUST")
def test_indep_09_copying_while_the_source_runs(steps: Steps, sources: Sources) -> None:
    """Copied while it runs, the source ends as it would have; the copy is a part of it that does not change.

    Source: guide, "do not affect the original thread".
    """
    role = sources.runnable("slow")
    source, other = sources.never_ran(role), sources.never_ran(role)
    turns = steps.turns(role, long_turn(role))
    copy: CopyMidRun[Observation]
    copy, undisturbed = together(
        lambda: copy_mid_run(steps, source, steps.observation), lambda: turns(other.thread_id)
    )
    copy_id, observation = copy.copy_id, copy.meanwhile
    steps.same_result(
        undisturbed,
        copy.source_run,
        role,
        what=f"the run on source {source.thread_id}, which was copied meanwhile,",
        like="the same run on a thread that nobody copied",
        repeat=turns,
    )
    steps.unaffected(copy_id, observation, "the rest of the run on its source", source.thread_id)
    copied = observation.get("history") or []
    expect(
        len(copied) >= copy.source_length,
        f"copy {copy_id} has {len(copied)} checkpoints, but its source had {copy.source_length} before that",
        copy_id,
    )

    def as_it_was() -> list[Json]:
        # At the copy's newest checkpoint, nodes are still to run. The source ran them later.
        return at_rest(steps.source_history(source.thread_id)[-len(copied) :])

    steps.equal(as_it_was(), at_rest(copied), again=as_it_was)


@requirement("INDEP-10", "MUST")
def test_indep_10_fork_at_a_shared_checkpoint(steps: Steps, plain: Source) -> None:
    """A fork on the copy, from a checkpoint whose id source and copy share, writes to the copy alone.

    Source: guide, "do not affect the original thread".
    """
    source_id, role = plain.thread_id, plain.role
    copy_id = steps.copy(source_id)
    before = steps.observation(source_id)
    history = before.get("history") or []
    shared = state_to_fork_from(history)
    steps.write(copy_id, role.input, at=shared)
    steps.unaffected(source_id, before, f"POST state at its checkpoint {checkpoint_id(shared)} on", copy_id)
    if role.may_run:
        checkpoint = {"checkpoint_id": checkpoint_id(shared), "checkpoint_ns": ""}
        steps.run(copy_id, role, input=role.input, checkpoint=checkpoint)
        steps.unaffected(source_id, before, f"a run from its checkpoint {checkpoint_id(shared)} on", copy_id)
    forked = steps.history(copy_id)
    expect(
        has_grown(history, forked),
        f"the fork adds no checkpoint to copy {copy_id}, which has {len(forked)} checkpoints",
        copy_id,
    )
