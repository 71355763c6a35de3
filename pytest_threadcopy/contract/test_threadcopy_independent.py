"""INDEP: neither the source nor the copy affects the other."""

from collections.abc import Callable

import pytest

from pytest_threadcopy.contract.busy import MidRun, busy_run, copy_mid_run
from pytest_threadcopy.contract.reading import Json, assert_same, together
from pytest_threadcopy.contract.steps import Steps
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.sources import Source, Sources
from pytest_threadcopy.structural import checkpoint_id

requirement = pytest.mark.threadcopy


def _apart(steps: Steps, source_id: str, change: Callable[[str], object], what: str) -> None:
    """Assert that a change of a copy leaves its source as it was, and the other way round.

    The copy that must stay as it was is one that nothing has changed: some are made only when they change.
    """
    copy_id, untouched_id = steps.copy(source_id), steps.copy(source_id)
    for changed, other, name in ((copy_id, source_id, "copy"), (source_id, untouched_id, "source")):
        before = steps.portrait(other)
        change(changed)
        steps.unaffected(other, before, f"{what} on the {name}, {changed}")


@requirement("INDEP-01", "MUST")
def test_indep_01_copying_leaves_the_source(steps: Steps, readable: Source) -> None:
    """Copying leaves the source as it was: history, state, thread object, runs.

    Source: guide, "do not affect the original thread".
    """
    before = steps.portrait(readable.thread_id)
    copy_id = steps.copy(readable.thread_id)
    steps.unaffected(readable.thread_id, before, f"copying it to {copy_id}")


@requirement("INDEP-02", "MUST")
def test_indep_02_update_state(steps: Steps, plain: Source) -> None:
    """POST state on either side leaves the other side as it was.

    Source: guide, "independent".
    """

    def update(thread_id: str) -> None:
        steps.write(thread_id, plain.role.input)

    _apart(steps, plain.thread_id, update, "POST state")


@requirement("INDEP-03", "MUST")
def test_indep_03_run(steps: Steps, sources: Sources) -> None:
    """A run on either side leaves the other side as it was.

    Source: guide, "do not affect the original thread".
    """
    role = sources.runnable()
    source = sources.plain()
    _apart(steps, source.thread_id, lambda thread: steps.run(thread, role, input=role.input), "a run")


@requirement("INDEP-04", "MUST")
def test_indep_04_resume(steps: Steps, interrupted: Source) -> None:
    """Resuming either side leaves the other's interrupt pending, and it still resumes.

    Source: guide, "independent".
    """
    role = interrupted.role
    copy_id, twin_id = steps.copy(interrupted.thread_id), steps.copy(interrupted.thread_id)
    before = steps.portrait(interrupted.thread_id)
    if not (before.get("state") or {}).get("next"):
        raise Untestable(f"assistant {role.assistant_id} leaves no node to resume")
    twin = steps.portrait(twin_id)
    first = steps.run(copy_id, role, command={"resume": role.resume})
    steps.unaffected(interrupted.thread_id, before, f"resuming its copy {copy_id}")
    second = steps.run(interrupted.thread_id, role, command={"resume": role.resume})
    assert_same(first, second, "the source, resumed after its copy, ends otherwise than the copy did")
    steps.unaffected(twin_id, twin, f"resuming its source {interrupted.thread_id}")
    third = steps.run(twin_id, role, command={"resume": role.resume})
    assert_same(second, third, "a copy, resumed after its source, ends otherwise than the source did")


@requirement("INDEP-05", "MUST")
def test_indep_05_deleting_the_source(steps: Steps, sources: Sources) -> None:
    """Deleting the source leaves the copy whole and usable.

    Source: guide, "independent".
    """
    source = sources.plain()
    copy_id = steps.copy(source.thread_id)
    _delete_one_of_two(steps, sources, delete=source.thread_id, keep=copy_id)


@requirement("INDEP-06", "MUST")
def test_indep_06_deleting_the_copy(steps: Steps, sources: Sources) -> None:
    """Deleting the copy leaves the source whole and usable.

    Source: guide, "do not affect the original thread".
    """
    source = sources.plain()
    copy_id = steps.copy(source.thread_id)
    _delete_one_of_two(steps, sources, delete=copy_id, keep=source.thread_id)


def _delete_one_of_two(steps: Steps, sources: Sources, *, delete: str, keep: str) -> None:
    before = steps.portrait(keep)
    steps.threads.delete(delete)
    steps.unaffected(keep, before, f"deleting thread {delete}")
    role = sources.role("plain")
    steps.write(keep, role.input)
    if role.may_run:
        steps.client.runs.wait(keep, role.assistant_id, input=role.input)
    assert len(steps.history(keep)) > len(before["history"]), f"thread {keep} cannot be written any more"


@requirement("INDEP-07", "MUST")
def test_indep_07_metadata(steps: Steps, plain: Source) -> None:
    """Patching metadata on either side leaves the other's as it was.

    Source: guide, "independent".
    """

    def patch(thread_id: str) -> None:
        steps.threads.update(
            thread_id, metadata={"threadcopy_note": thread_id, "nested": {"of": [thread_id]}}
        )

    _apart(steps, plain.thread_id, patch, "a metadata patch")


@requirement("INDEP-08", "MUST")
def test_indep_08_siblings(steps: Steps, sources: Sources) -> None:
    """Sibling copies of one source do not affect each other.

    Source: guide, "independent".
    """
    source = sources.plain()
    role = source.role
    first, second, third = (steps.copy(source.thread_id) for _ in range(3))
    before = steps.portrait(third)

    def change(thread_id: str) -> None:
        steps.write(thread_id, role.input)
        if role.may_run:
            steps.client.runs.wait(thread_id, role.assistant_id, input=role.input)

    together(lambda: change(first), lambda: change(second))
    steps.unaffected(third, before, f"writing to its siblings {first} and {second}")
    values = [steps.threads.get_state(thread).get("values") for thread in (first, second)]
    assert_same(values[0], values[1], "two siblings, written alike at once, differ")


@requirement("INDEP-09", "MUST")
def test_indep_09_copying_while_the_source_runs(steps: Steps, sources: Sources) -> None:
    """Copied while it runs, the source ends as it would have; the copy is a part of it that does not change.

    Source: guide, "do not affect the original thread".
    """
    role = sources.runnable("slow")
    source, other = sources.never_ran(role), sources.never_ran(role)
    taken: MidRun[Json]
    taken, undisturbed = together(
        lambda: copy_mid_run(steps, source, steps.portrait), lambda: busy_run(steps, other)
    )
    copy_id, portrait = taken.copy_id, taken.meanwhile
    what = f"the run on source {source.thread_id}, which was copied meanwhile,"
    steps.same_ending(undisturbed, taken.ending, role, what, "the same run on a thread that nobody copied")
    steps.unaffected(copy_id, portrait, f"the rest of the run on its source {source.thread_id}")
    copied = portrait.get("history") or []
    assert len(copied) >= taken.seen, (
        f"copy {copy_id} has {len(copied)} checkpoints, where its source had {taken.seen} when it was copied"
    )
    older = steps.history(source.thread_id)[-len(copied) :]
    # What was still to be done in the copy's newest checkpoint was done in the source's later.
    unfinished: Json = {"tasks": [], "interrupts": []}
    steps.equal([{**older[0], **unfinished}, *older[1:]], [{**copied[0], **unfinished}, *copied[1:]])


@requirement("INDEP-10", "MUST")
def test_indep_10_fork_at_a_shared_checkpoint(steps: Steps, plain: Source) -> None:
    """A fork on the copy, from a checkpoint whose id source and copy share, writes to the copy alone.

    Source: guide, "do not affect the original thread".
    """
    source_id, role = plain.thread_id, plain.role
    copy_id = steps.copy(source_id)
    before = steps.portrait(source_id)
    history = before.get("history") or []
    if len(history) < 3:
        raise Untestable(f"the source shows {len(history)} checkpoints: too few to fork from an older one")
    shared = history[-2]
    steps.write(copy_id, role.input, at=shared)
    steps.unaffected(source_id, before, f"POST state at its checkpoint {checkpoint_id(shared)} on {copy_id}")
    if role.may_run:
        checkpoint = {"checkpoint_id": checkpoint_id(shared), "checkpoint_ns": ""}
        steps.run(copy_id, role, input=role.input, checkpoint=checkpoint)
        steps.unaffected(source_id, before, f"a run from its checkpoint {checkpoint_id(shared)} on {copy_id}")
    grown = len(steps.history(copy_id))
    assert grown > len(history), f"copy {copy_id} has {grown} checkpoints after the fork, as many as before"
