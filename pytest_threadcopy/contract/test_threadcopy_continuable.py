"""CONT: runs go on, on the copy. The oracle is the source: the same is done to both, and compared.

Each test copies before anything has read the source, since on some servers a read hides what a copy lacks.
"""

import pytest

from pytest_threadcopy.contract.busy import copy_mid_run
from pytest_threadcopy.contract.reading import Json, assert_same, interrupts_of, together
from pytest_threadcopy.contract.steps import Steps, steered
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.sources import Source, Sources
from pytest_threadcopy.structural import checkpoint_id, parent_checkpoint_id, shows_parent
from pytest_threadcopy.wire.transport import ApiError, NoAnswer

requirement = pytest.mark.threadcopy


@requirement("CONT-01", "MUST")
def test_cont_01_update_adds_one_checkpoint_on_top(steps: Steps, plain: Source) -> None:
    """POST state on the copy adds one checkpoint on top, whose parent is the copied head.

    Source: guide, "continue executing runs".
    """
    copy_id = steps.copy(plain.thread_id)
    original = steps.history(plain.thread_id)
    on_copy = steps.values_after(copy_id, plain.role.input)
    head, *rest = steps.history(copy_id)
    steps.equal(original, rest, again=lambda: steps.threads.history(plain.thread_id))
    if shows_parent(head):
        seen, expected = parent_checkpoint_id(head), checkpoint_id(original[0])
        assert seen == expected, f"the parent of the new checkpoint is {seen}, not the copied head {expected}"
    # Where parents are hidden, the values tell on what the update stands.
    on_source = steps.values_after(plain.thread_id, plain.role.input)
    assert_same(on_source, on_copy, "an update gives other values on the copy than on the source")


@requirement("CONT-02", "MUST")
def test_cont_02_run_on_the_copy(steps: Steps, sources: Sources) -> None:
    """A run on the copy ends as the same run on the source does: same values, as many new checkpoints.

    Source: guide, "continue executing runs".
    """
    role = sources.runnable()
    source = sources.plain()
    copy_id = steps.copy(source.thread_id)
    steps.run_both(source.thread_id, copy_id, role, input=role.input)


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
    ending = steps.resume_both(interrupted, steps.copy(interrupted.thread_id))
    if ending["interrupts"]:
        raise Untestable(
            f"resumed, assistant {interrupted.role.assistant_id} is interrupted still, also on the source"
        )


@requirement("CONT-05", "MUST")
def test_cont_05_copy_interrupted_in_a_subgraph_resumes(steps: Steps, nested: Source) -> None:
    """A copy interrupted inside a subgraph resumes, and its next turn enters the subgraph again.

    Source: guide, "continue executing runs".
    """
    copy_id = steps.copy(nested.thread_id)
    role = nested.role
    steps.resume_both(nested, copy_id)
    ending = steps.run_both(nested.thread_id, copy_id, role, input=role.input)
    if not ending["next"]:
        raise Untestable(f"assistant {role.assistant_id} does not interrupt in its second turn")


@requirement("CONT-06", "MUST")
def test_cont_06_run_from_an_older_checkpoint_forks_there(
    steps: Steps, plain: Source, sources: Sources
) -> None:
    """A run or update from an older checkpoint of the copy forks there, also from before a subgraph.

    Source: guide, "continue executing runs".
    """
    copy_id = steps.copy(plain.thread_id)
    original, before = steps.both(plain.thread_id, copy_id, steps.history)
    if len(original) < 2:
        raise Untestable(f"the history of the source shows {len(original)} checkpoints: none to fork from")
    assert len(before) == len(original), (
        f"copy {copy_id} has {len(before)} checkpoints, and its source {len(original)}"
    )
    older = before[-2]
    on_copy = steps.values_after(copy_id, plain.role.input, at=older)
    head, *rest = steps.history(copy_id)
    assert_same(before, rest, "a fork on the copy changed the checkpoints that were there")
    if shows_parent(head):
        seen, expected = parent_checkpoint_id(head), checkpoint_id(older)
        assert seen == expected, f"the copy was forked from {expected}, and the parent of the fork is {seen}"
    on_source = steps.values_after(plain.thread_id, plain.role.input, at=older)
    assert_same(on_source, on_copy, "a fork gives other values on the copy than on the source")

    nested = sources.take("nested")
    copy_id = steps.copy(nested.thread_id)
    role = nested.role
    root = checkpoint_id(steps.history(nested.thread_id)[-1])
    checkpoint = {"checkpoint_id": root, "checkpoint_ns": ""}
    steps.run_both(nested.thread_id, copy_id, role, input=None, checkpoint=checkpoint)
    on_source, on_copy = together(
        lambda: steps.subgraph_values(nested.thread_id), lambda: steps.subgraph_values(copy_id)
    )
    assert_same(on_source, on_copy, "after a fork from before a subgraph, the subgraph's state differs")


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

    def streamed(thread_id: str) -> Json | ApiError:
        try:
            return steps.stream(thread_id, role)
        except ApiError as error:
            return error

    on_source, on_copy = together(lambda: streamed(source.thread_id), lambda: streamed(copy_id))
    if isinstance(on_source, ApiError):
        raise Untestable(f"a streamed run on the source itself fails: {on_source}")
    if isinstance(on_copy, ApiError):
        raise on_copy
    if not on_source["values"]:
        raise Untestable("a streamed run on the source itself delivers no values")
    assert_same(on_source, on_copy, "the streamed run on the copy differs from the same on the source")
    state = steps.threads.get_state(copy_id)
    assert_same(state.get("values"), on_copy["values"], "the last streamed values are not the copy's state")


@requirement("CONT-09", "SHOULD")
def test_cont_09_copy_in_error_can_be_run_on(steps: Steps, failed: Source) -> None:
    """A copy in error can be run on, as its source can.

    Source: guide, "continue executing runs".
    """
    copy_id = steps.copy(failed.thread_id)
    steps.run_both(failed.thread_id, copy_id, failed.role, input=steered(failed.role, fails=False))


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
    # What was done on a copy is on its own copies: they are not made from the first source.
    steps.same_history(copy_id, steps.copy(copy_id))


@requirement("CONT-11", "MUST")
def test_cont_11_copy_of_a_busy_source_accepts_work(steps: Steps, sources: Sources) -> None:
    """A copy taken while its source is busy accepts work: run on, it ends as its source does.

    Source: guide, "continue executing runs".
    """
    role = sources.runnable("slow")

    def run_on(copy_id: str) -> Json:
        try:
            return steps.run(copy_id, role, input=None)
        except NoAnswer as error:
            if steps.threads.get(copy_id).get("status") != "busy":
                raise
            raise AssertionError(f"copy {copy_id} of a busy source is stuck in busy: {error}") from error

    taken = copy_mid_run(steps, sources.never_ran(role), run_on)
    what = f"copy {taken.copy_id} of a busy source, run on,"
    steps.same_ending(taken.ending, taken.meanwhile, role, what, "the source's run")


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
    on_copy = steps.threads.get_state(copy_id)
    on_source = steps.threads.get_state(source.thread_id)
    if not interrupts_of(on_source):
        raise Untestable(
            "the deployment keeps no run config on a thread: the state of the source itself, read without "
            "config, does not show the interrupt that the config makes"
        )
    assert interrupts_of(on_copy), (
        f"read without config, copy {copy_id} shows no interrupt and as next nodes {on_copy.get('next')}, "
        f"where its source waits at {on_source.get('next')}"
    )
    steps.equal([on_source], [on_copy])
    steps.resume_both(source, copy_id)
