"""CONT: runs continue on the copy. Each test does the same to source and copy, and compares the results.

Each test copies before anything reads the source: on some servers, that read hides what a copy lacks.
"""

import pytest

from pytest_threadcopy.contract.steps.copies_mid_run import (
    assert_at_rest,
    copy_mid_run,
    long_turn,
    run_on_copy_of_busy,
)
from pytest_threadcopy.contract.steps.forks import (
    assert_alike_after_write,
    assert_parent,
    run_from_before_a_subgraph,
    update_from_an_older_checkpoint,
)
from pytest_threadcopy.contract.steps.reading import interrupts_of, together
from pytest_threadcopy.contract.steps.steps import Steps, steered
from pytest_threadcopy.contract.steps.streams import Streams
from pytest_threadcopy.deployment.sources import Source, Sources
from pytest_threadcopy.reproduction.violation import expect
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json

requirement = pytest.mark.threadcopy


@requirement("CONT-01", "MUST")
def test_cont_01_update_adds_one_checkpoint_on_top(steps: Steps, plain: Source) -> None:
    """POST state on the copy adds one checkpoint on top, whose parent is the copied head.

    Source: guide, "continue executing runs".
    """
    source_id, role = plain.thread_id, plain.role
    copy_id = steps.copy(source_id)
    original = steps.source_history(source_id)
    if not original:
        raise Untestable("the source shows no checkpoint to write on")
    steps.write(copy_id, role.input)
    on_copy = steps.history(copy_id)
    expect(on_copy, f"the history of copy {copy_id} is empty, after an update too", copy_id)
    below = on_copy[-len(original) :]
    steps.equal(original, below, again=lambda: steps.source_history(source_id))
    steps.write(source_id, role.input)
    expected: Json = next(iter(steps.source_history(source_id)), {})
    assert_parent(
        expected,
        on_copy[0],
        original[0],
        "the parent of the new checkpoint is {}, and not the copied head {}",
    )
    # The source shows how many checkpoints there must be. Where parents are hidden, the values show them.
    assert_alike_after_write(steps, plain, copy_id, "an update")


@requirement("CONT-02", "MUST")
def test_cont_02_run_on_the_copy(steps: Steps, sources: Sources) -> None:
    """A run on the copy ends as the same run on the source does: same values, as many new checkpoints.

    Source: guide, "continue executing runs".
    """
    role = sources.runnable()
    source = sources.plain()
    copy_id, untouched_id = steps.copy(source.thread_id), steps.copy(source.thread_id)
    turn = {"input": role.input}
    steps.run_both(source.thread_id, copy_id, role, **turn)
    with steps.where_shown("the comparison of the checkpoints before the run"):
        older = steps.history(untouched_id)
        steps.run_builds_on(source.thread_id, copy_id, older, repeat=steps.turns(role, turn), role=role)
    steps.second_turn(source.thread_id, copy_id, role, turn)


@requirement("CONT-03", "MUST")
def test_cont_03_copy_of_a_thread_that_never_ran_can_run(steps: Steps, sources: Sources) -> None:
    """The copy of a thread that never ran can run.

    Source: guide, "continue executing runs".
    """
    role = sources.runnable()
    source = sources.never_ran(role)
    copy_id = steps.copy(source.thread_id)
    steps.run_both(source.thread_id, copy_id, role, input=role.input)


@requirement("CONT-04", "MUST")
def test_cont_04_interrupted_copy_resumes(steps: Steps, interrupted: Source) -> None:
    """An interrupted copy resumes to what the source resumes to.

    Source: guide, "continue executing runs".
    """
    copy_id, role = steps.copy(interrupted.thread_id), interrupted.role
    result = steps.resume_both(interrupted, copy_id)
    if result["interrupts"]:
        raise Untestable(f"assistant {role.assistant_id} still waits at an interrupt once it was resumed")
    resume = {"command": {"resume": role.resume}}
    steps.second_turn(interrupted.thread_id, copy_id, role, {"input": role.input}, resume)


@requirement("CONT-05", "MUST")
def test_cont_05_copy_interrupted_in_a_subgraph_resumes(steps: Steps, nested: Source) -> None:
    """A copy interrupted inside a subgraph resumes, and its next turn enters the subgraph again.

    Source: guide, "continue executing runs".
    """
    copy_id = steps.copy(nested.thread_id)
    role = nested.role
    steps.resume_both(nested, copy_id)
    turn = {"input": role.input}
    earlier = [turn, {"command": {"resume": role.resume}}]
    result = steps.run_both(nested.thread_id, copy_id, role, earlier=earlier, **turn)
    if not result["next"]:
        raise Untestable(f"assistant {role.assistant_id} does not interrupt in its second turn")


@requirement("CONT-06", "MUST")
def test_cont_06_run_from_an_older_checkpoint_forks_there(
    steps: Steps, plain: Source, sources: Sources
) -> None:
    """A run or update from an older checkpoint of the copy forks there, also from before a subgraph.

    Source: guide, "continue executing runs".
    """
    update_from_an_older_checkpoint(steps, plain)
    run_from_before_a_subgraph(steps, sources.take("nested"))


@requirement("CONT-07", "MUST")
def test_cont_07_finished_task_is_neither_lost_nor_run_again(steps: Steps, parallel: Source) -> None:
    """Resumed beside a finished task, the copy ends as its source does: nothing is lost or run again.

    Source: guide, "continue executing runs".
    """
    steps.resume_both(parallel, steps.copy(parallel.thread_id))


@requirement("CONT-08", "MUST")
def test_cont_08_streamed_run(steps: Steps, sources: Sources) -> None:
    """A streamed run on the copy delivers its events and its final values.

    Source: guide, "continue executing runs".
    """
    role = sources.runnable()
    source = sources.plain()
    copy_id = steps.copy(source.thread_id)
    Streams(steps, role).run_both(source.thread_id, copy_id)


@requirement("CONT-09", "SHOULD")
def test_cont_09_copy_in_error_can_be_run_on(steps: Steps, failed: Source) -> None:
    """A copy in error can be run on, as its source can.

    Source: guide, "continue executing runs".
    """
    copy_id = steps.copy(failed.thread_id)
    role = failed.role
    turn = {"input": steered(role, fails=False)}
    steps.run_both(failed.thread_id, copy_id, role, earlier=[{"input": role.input}], **turn)


@requirement("CONT-10", "MUST")
def test_cont_10_copy_of_a_copy_runs_and_resumes(steps: Steps, sources: Sources, interrupted: Source) -> None:
    """A copy of a copy runs, and resumes from an interrupt, as the first source does.

    Source: guide, "continue executing runs".
    """
    role = sources.runnable()
    source = sources.plain()
    copy_id, resumed_id = (steps.copy(steps.copy(first.thread_id)) for first in (source, interrupted))
    together(
        lambda: steps.run_both(source.thread_id, copy_id, role, input=role.input),
        lambda: steps.resume_both(interrupted, resumed_id),
    )
    # A copy of a copy has what was done on that copy: it is not made from the first source.
    steps.same_history(copy_id, steps.copy(copy_id))


@requirement("CONT-11", "MUST")
def test_cont_11_copy_of_a_busy_source_accepts_work(steps: Steps, sources: Sources) -> None:
    """A copy taken while its source is busy accepts work: a run on the copy ends as the source's run does.

    Source: guide, "continue executing runs".
    """
    role = sources.runnable("slow")
    copy = copy_mid_run(steps, sources.never_ran(role), lambda _: None)
    steps.same_result(
        copy.source_run,
        run_on_copy_of_busy(steps, copy.copy_id, role),
        role,
        what=f"the run on copy {copy.copy_id} of a busy source",
        like="the source's run",
        repeat=steps.turns(role, long_turn(role)),
    )
    assert_at_rest(steps, copy.copy_id, copy.source_run.thread_id)


@requirement("CONT-12", "SHOULD")
def test_cont_12_copy_of_a_configured_source(steps: Steps, sources: Sources) -> None:
    """The copy of a source whose graph is built from its run config needs no config given again.

    Source: docs, "identical to the original thread".
    """
    role = sources.runnable("configured")
    source = sources.never_ran(role)
    config = {"configurable": {"gate": True}}
    steps.run_source(source.thread_id, role, input=role.input, config=config)
    copy_id = steps.copy(source.thread_id)
    on_source, on_copy = steps.both(source.thread_id, copy_id, steps.threads.get_state)
    if not interrupts_of(on_source):
        raise Untestable(
            "this takes a deployment that keeps the config of a run on its thread: read without config, the "
            "source itself does not show the interrupt that the config makes"
        )
    expect(
        interrupts_of(on_copy),
        f"read without config, copy {copy_id} shows no interrupt, and its next nodes are "
        f"{on_copy.get('next')}; its source waits at {on_source.get('next')}",
        copy_id,
    )
    steps.same_state(source.thread_id, copy_id)
    steps.resume_both(source, copy_id, config=config)
