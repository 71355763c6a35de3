"""SAME, for each shape of the source's history: branched, interrupted, parallel, nested, failed, or none."""

from collections import Counter
from functools import partial

import pytest

from pytest_threadcopy.contract.steps.reading import (
    interrupts_of,
    namespaces_of,
    state_to_fork_from,
    tasks_of,
)
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.sources import Source, Sources
from pytest_threadcopy.histories.comparison import HistoriesDiffer
from pytest_threadcopy.histories.thread_ids import parent_checkpoint_id
from pytest_threadcopy.reproduction.violation import AFTER_THE_SAME, Compared, Violation
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import ApiError

requirement = pytest.mark.threadcopy


@requirement("SAME-04", "MUST")
def test_same_04_branches(steps: Steps, plain: Source) -> None:
    """A branched history keeps every branch and every parent link.

    Source: guide, "the same history".
    """
    source_id, more = plain.thread_id, plain.role.input
    before = steps.source_history(source_id)
    head, older = before[0], state_to_fork_from(before)
    steps.write(source_id, more, at=older)
    copy_id = steps.copy(source_id)
    steps.same_history(source_id, copy_id)
    original = steps.source_history(source_id)
    # Where parents are hidden, a write to the tip of each branch shows that the branch is there.
    tips = (head, original[0])
    on_source, on_copy = (
        [steps.values_after(thread, more, at=tip) for tip in tips] for thread in (source_id, copy_id)
    )
    steps.alike(
        on_source,
        on_copy,
        f"writing to the tip of each branch gives other values on copy {copy_id} than on the source",
        Compared(source_id, copy_id, AFTER_THE_SAME),
        again=lambda: [steps.values_after(source_id, more, at=tip) for tip in tips],
    )
    children = Counter(parent_checkpoint_id(state) for state in original if parent_checkpoint_id(state))
    if 2 not in children.values() and on_source[0] == on_source[1]:
        raise Untestable("writing to an older checkpoint makes no branch here")


@requirement("SAME-05", "MUST")
def test_same_05_interrupts(steps: Steps, shared_interrupted: Source, sources: Sources) -> None:
    """The copy of an interrupted thread has its next nodes, pending tasks and interrupts, ids and values.

    Source: docs, "identical to the original thread".
    """
    source_id = shared_interrupted.thread_id
    copy_id = steps.copy(source_id)
    state = steps.same_state(source_id, copy_id)
    steps.same_history(source_id, copy_id)
    if not interrupts_of(state):  # hidden: resuming shows whether it is there
        _resume_alike(steps, sources.take("interrupting"))


@requirement("SAME-06", "MUST")
def test_same_06_finished_task_beside_an_interrupt(
    steps: Steps, shared_parallel: Source, sources: Sources
) -> None:
    """A task that finished, with several writes, while another is interrupted keeps its whole result.

    Source: docs, "identical to the original thread".
    """
    source_id = shared_parallel.thread_id
    copy_id = steps.copy(source_id)
    state = steps.same_state(source_id, copy_id)
    steps.same_history(source_id, copy_id)
    if not any(task.get("result") for task in tasks_of(state)):  # hidden: resuming shows whether it is whole
        _resume_alike(steps, sources.take("parallel"))


@requirement("SAME-07", "MUST")
def test_same_07_subgraphs(steps: Steps, shared_nested: Source, nested: Source, sources: Sources) -> None:
    """The history of each subgraph, and the state of a task that is one, are copied.

    Source: guide, "the same history".
    """
    source_id = shared_nested.thread_id
    copy_id = steps.copy(source_id)
    states = [steps.same_state(source_id, copy_id)]
    with steps.where_shown("the state of a task that is a subgraph"):
        states.append(steps.same_state(source_id, copy_id, subgraphs=True))
    _same_namespaces_as_before(steps, nested.thread_id)
    namespaces = _same_namespaces(steps, source_id, copy_id, states)
    if not namespaces:  # hidden: a subgraph that was not copied does not resume
        _resume_alike(steps, sources.take("nested"))
    # A run needs nothing of a subgraph that has ended, but it is part of the history.
    with steps.where_shown("a subgraph that has ended"):
        steps.run_source(nested.thread_id, nested.role, command={"resume": nested.role.resume})
        ended = steps.copy(nested.thread_id)
        steps.same_history(nested.thread_id, ended)
        _same_namespaces(steps, nested.thread_id, ended, [])


def _same_namespaces_as_before(steps: Steps, source_id: str) -> None:
    """Assert that a copy has each subgraph's history as its source had it before the copy.

    Copying may make both lose it.
    """
    before = steps.observation(source_id)
    copy_id = steps.copy(source_id)
    for subgraph in before["subgraphs"]:
        if subgraph["history"]:
            namespace = subgraph["checkpoint_ns"]
            again = partial(steps.source_history, source_id, namespace)
            try:
                steps.equal(subgraph["history"], steps.history(copy_id, namespace), again=again)
            except HistoriesDiffer as error:
                over_time = Compared(source_id, source_id, None, since=before.since)
                raise Violation(str(error), over_time) from error


def _same_namespaces(steps: Steps, source_id: str, copy_id: str, states: list[Json]) -> set[str]:
    """Assert that source and copy have the same history in each namespace of the states or the source."""
    all_states = [*states, *steps.source_history(source_id)]
    namespaces = {namespace for state in all_states for namespace in namespaces_of(state)}
    for checkpoint_ns in namespaces:
        steps.same_history(source_id, copy_id, checkpoint_ns=checkpoint_ns)
    return namespaces


@requirement("SAME-11", "MUST")
def test_same_11_thread_that_never_ran(steps: Steps, sources: Sources) -> None:
    """The copy of a thread that never ran has an empty history, and can be read.

    Source: guide, "the same history".
    """
    source = sources.never_ran(sources.role("plain"))
    copy_id = steps.copy(source.thread_id)
    # Some deployments begin each thread with a checkpoint.
    is_empty = not steps.source_history(source.thread_id)
    steps.same_history(source.thread_id, copy_id, expect_empty=is_empty)
    expected, seen = map(_values_and_tasks, steps.both(source.thread_id, copy_id, steps.threads.get_state))
    steps.alike(
        expected,
        seen,
        f"the state of copy {copy_id} is not that of its source",
        Compared(source.thread_id, copy_id),
        again=lambda: _values_and_tasks(steps.threads.get_state(source.thread_id)),
    )


def _values_and_tasks(state: Json) -> Json:
    return {key: state.get(key) for key in ("values", "next", "tasks")}


@requirement("SAME-12", "MUST")
def test_same_12_thread_in_error(steps: Steps, shared_failed: Source) -> None:
    """The copy of a thread whose run failed has the error of the task.

    Source: docs, "identical to the original thread".
    """
    source_id = shared_failed.thread_id
    copy_id = steps.copy(source_id)
    state = steps.same_state(source_id, copy_id)
    steps.same_history(source_id, copy_id)
    if not any(task.get("error") for task in tasks_of(state)):
        raise Untestable("the state of the source shows no error; CONT-09 tests it by running on")


@requirement("SAME-13", "MUST")
def test_same_13_written_without_a_run(steps: Steps, sources: Sources) -> None:
    """A thread written only through POST state, and one written only through supersteps, copy whole.

    Source: guide, "the same history".
    """
    role = sources.role("plain")
    refusals = []
    for write in (sources.by_updates, sources.by_supersteps):
        try:
            source_id = write(role, [role.input] * 3)
        except ApiError as refusal:
            refusals.append(str(refusal))
            continue
        copy_id = steps.copy(source_id)
        if steps.source_history(source_id):
            steps.same_history(source_id, copy_id)
        else:
            refusals.append(f"{write.__name__}: the history of the source stays empty")
    if len(refusals) == 2:
        raise Untestable(f"no thread can be written without a run: {'; '.join(refusals)}")
    if refusals:
        steps.note(f"no thread can be written in one of the two ways: {refusals[0]}")


def _resume_alike(steps: Steps, source: Source) -> None:
    """Copy a source that nothing has read, resume both, and assert that both have the same result."""
    steps.resume_both(source, steps.copy(source.thread_id))
