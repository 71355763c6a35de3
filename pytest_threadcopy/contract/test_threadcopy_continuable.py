"""CONT: runs go on, on the copy. The oracle is the source: the same is done to both, and compared.

Each test copies before anything has read the source, since on some servers a read hides what a copy lacks.
"""

import pytest

from pytest_threadcopy.contract.steps import Steps, assert_same, together
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.sources import Source, Sources
from pytest_threadcopy.structural import checkpoint_id, parent_checkpoint_id, shows_parent

requirement = pytest.mark.threadcopy


@requirement("CONT-01", "MUST")
def test_cont_01_update_adds_one_checkpoint_on_top(steps: Steps, plain: Source) -> None:
    """POST state on the copy adds one checkpoint on top, whose parent is the copied head.

    Source: guide, "continue executing runs".
    """
    copy_id = steps.copy(plain.thread_id)
    original = steps.history(plain.thread_id)
    steps.threads.update_state(copy_id, plain.role.input, as_node="__start__")
    head, *rest = steps.history(copy_id)
    steps.equal(original, rest, again=lambda: steps.threads.history(plain.thread_id))
    if shows_parent(head):
        seen, expected = parent_checkpoint_id(head), checkpoint_id(original[0])
        assert seen == expected, f"the parent of the new checkpoint is {seen}, not the copied head {expected}"


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
    copy_id = steps.copy(interrupted.thread_id)
    role = interrupted.role
    ending = steps.run_both(interrupted.thread_id, copy_id, role, command={"resume": role.resume})
    assert not ending["interrupts"], "the copy was resumed, and is still interrupted"


@requirement("CONT-05", "MUST")
def test_cont_05_copy_interrupted_in_a_subgraph_resumes(steps: Steps, nested: Source) -> None:
    """A copy interrupted inside a subgraph resumes, and its next turn enters the subgraph again.

    Source: guide, "continue executing runs".
    """
    copy_id = steps.copy(nested.thread_id)
    role = nested.role
    steps.run_both(nested.thread_id, copy_id, role, command={"resume": role.resume})
    ending = steps.run_both(nested.thread_id, copy_id, role, input=role.input)
    if not ending["interrupts"]:
        raise Untestable(f"assistant {role.assistant_id} does not interrupt in its second turn")


@requirement("CONT-06", "MUST")
def test_cont_06_run_from_an_older_checkpoint_forks_there(
    steps: Steps, plain: Source, sources: Sources
) -> None:
    """A run or update from an older checkpoint of the copy forks there, also from before a subgraph.

    Source: guide, "continue executing runs".
    """
    copy_id = steps.copy(plain.thread_id)
    before = steps.history(copy_id)
    older = before[-2]
    steps.threads.update_state(copy_id, plain.role.input, as_node="__start__", checkpoint=older["checkpoint"])
    head, *rest = steps.history(copy_id)
    assert_same(before, rest, "a fork on the copy changed the checkpoints that were there")
    if shows_parent(head):
        seen, expected = parent_checkpoint_id(head), checkpoint_id(older)
        assert seen == expected, f"the copy was forked from {expected}, and the parent of the fork is {seen}"

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
    copy_id = steps.copy(parallel.thread_id)
    role = parallel.role
    steps.run_both(parallel.thread_id, copy_id, role, command={"resume": role.resume})


@requirement("CONT-08", "MUST")
def test_cont_08_streamed_run(steps: Steps, sources: Sources) -> None:
    """A streamed run on the copy delivers its events and its final values.

    Source: guide, "continue executing runs".
    """
    role = sources.runnable()
    source = sources.plain()
    copy_id = steps.copy(source.thread_id)
    on_source, on_copy = together(
        lambda: steps.stream(source.thread_id, role), lambda: steps.stream(copy_id, role)
    )
    if not on_source["values"]:
        raise Untestable("a streamed run on the source itself delivers no values")
    assert_same(on_source, on_copy, "the streamed run on the copy differs from the same on the source")
    state = steps.threads.get_state(copy_id)
    assert_same(state["values"], on_copy["values"], "the last streamed values are not the copy's state")
