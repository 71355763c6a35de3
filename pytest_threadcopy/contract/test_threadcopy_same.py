"""SAME: the copy's history is the source's history."""

import json
from typing import Any

import pytest

from pytest_threadcopy.contract.steps.odd_values import VALUES
from pytest_threadcopy.contract.steps.reading import assert_same
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.deployment import Deployment
from pytest_threadcopy.deployment.roles import message
from pytest_threadcopy.deployment.sources import Source, Sources
from pytest_threadcopy.histories.comparison import HistoriesDiffer
from pytest_threadcopy.histories.difference import differences, show_pattern
from pytest_threadcopy.histories.thread_ids import checkpoint_id, rewrite_thread_ids
from pytest_threadcopy.reproduction.violation import Compared, Violation, expect
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json

requirement = pytest.mark.threadcopy
_SHOWN = 12


@requirement("SAME-01", "MUST")
def test_same_01_whole_history(steps: Steps, readable: Source) -> None:
    """The whole history is equal, newest to oldest, except for structural thread ids.

    Source: guide, "with the same history as the existing thread".
    """
    copy_id = steps.copy(readable.thread_id)
    steps.same_history(readable.thread_id, copy_id)


@requirement("SAME-02", "MUST")
def test_same_02_past_the_first_page(steps: Steps, sources: Sources, deployment: Deployment) -> None:
    """A long history is copied whole, every checkpoint past the first page too.

    Source: guide, "the same history".
    """
    wanted = deployment.settings.checkpoints
    source = sources.plain(checkpoints=wanted)
    copy_id = steps.copy(source.thread_id)
    steps.same_history(source.thread_id, copy_id)
    length = steps.of_source(lambda: sum(1 for _ in steps.threads.history(source.thread_id)))
    if length < wanted:
        raise Untestable(f"the source has {length} checkpoints, and not the {wanted} that this compares")


@requirement("SAME-03", "MUST")
def test_same_03_current_state(steps: Steps, readable: Source, finished: Source | None) -> None:
    """The current state is equal, with and without subgraphs, also where a run has ended.

    Source: docs, "identical to the original thread".
    """
    states = []
    for source in filter(None, (readable, finished)):
        copy_id = steps.copy(source.thread_id)
        states.append(steps.same_state(source.thread_id, copy_id))
        with steps.where_shown("the state with subgraphs"):
            steps.same_state(source.thread_id, copy_id, subgraphs=True)
    if not any(state.get("values") for state in states):
        raise Untestable("the state of the source shows no values")


@requirement("SAME-08", "MUST")
def test_same_08_values_verbatim(steps: Steps, sources: Sources) -> None:
    """Values survive verbatim: every script, nulls, empty containers, numbers, a 1 MB string, keys like ids.

    Source: guide, "the same history".
    """
    source = sources.plain(values={"data": VALUES})
    copy_id = steps.copy(source.thread_id)
    state = steps.same_state(source.thread_id, copy_id)
    steps.same_history(source.thread_id, copy_id)
    values = state.get("values")
    if not isinstance(values, dict) or "data" not in values:
        raise Untestable("the assistant keeps no free data: deploy the scenario kit's plain graph")
    if sources.plays("interrupting"):
        with steps.where_shown("data in the result of a task"):
            _same_writes(steps, sources)


def _same_writes(steps: Steps, sources: Sources) -> None:
    """Assert that values survive where they are the input of a run, too: its first task writes them."""
    role = sources.role("interrupting")
    if not role.free_key or not isinstance(role.input, dict):
        raise Untestable(f"assistant {role.assistant_id} takes no free data")
    source_id = sources.never_ran(role).thread_id
    steps.run_source(source_id, role, input={**role.input, role.free_key: VALUES})
    steps.same_history(source_id, steps.copy(source_id))


@requirement("SAME-09", "SHOULD")
def test_same_09_user_data_that_names_the_source(steps: Steps, sources: Sources) -> None:
    """User data that contains the source's id is verbatim everywhere on the copy: not rewritten anywhere.

    Source: docs, "identical to the original thread".
    """
    role = sources.role("interrupting" if sources.plays("interrupting") else "plain")
    source_id = sources.never_ran(role).thread_id
    text = f"Is {source_id} a thread?"
    as_states_do = {"thread_id": source_id}
    naming = {
        "whole": source_id,
        "in text": text,
        f"of {source_id}": [source_id],
        **as_states_do,  # a state names its thread so: here the key is the user's
        "checkpoint": as_states_do,
        "configurable": as_states_do,
    }
    role_input: Json = role.input if isinstance(role.input, dict) else {}
    quoting = (message(text) if "messages" in role_input else {}) | (
        {role.free_key: naming} if role.free_key else {}
    )
    if not quoting:
        raise Untestable(
            f"assistant {role.assistant_id} takes neither messages nor free data to put an id in"
        )
    if role.may_run:
        note = {"threadcopy_note": naming}
        steps.run_source(source_id, role, input={**role_input, **quoting}, metadata=note)
    else:
        steps.write(source_id, quoting)
    copy_id = steps.copy(source_id)
    try:
        steps.same_history(source_id, copy_id)
    except HistoriesDiffer as error:
        places = sorted(error.comparison.patterns - {""})
        if not places:
            raise
        raise Violation(
            f"copy {copy_id} has other data than source {source_id}, whose id these data hold, at "
            f"{', '.join(places[:_SHOWN])}\n{error}",
            copy_id,
            source_id,
        ) from error
    data = [rewrite_thread_ids(state, lambda *_: None) for state in steps.source_history(source_id)]
    if source_id not in json.dumps(data):
        raise Untestable(f"assistant {role.assistant_id} does not keep the data that name the source")


@requirement("SAME-10", "MUST")
def test_same_10_each_checkpoint_by_its_id(
    steps: Steps, readable: Source, finished: Source | None, sources: Sources
) -> None:
    """Each checkpoint of the copy can be read by its id, and equals the source's.

    Source: guide, "the same history".
    """
    _same_by_id(steps, readable.thread_id, each_checkpoint=True)
    if finished:
        with steps.where_shown("each checkpoint of a finished run"):
            _same_by_id(steps, finished.thread_id)
    for name in filter(sources.plays, ("interrupting", "nested")):
        with steps.where_shown(f"each checkpoint of a thread of the role {name}"):
            _same_by_id(steps, sources.shared(name).thread_id)


def _same_by_id(steps: Steps, source_id: str, *, each_checkpoint: bool = False) -> None:
    """Assert that a copy's checkpoints, read by id, are the source's: the newest, one between, the oldest."""
    copy_id = steps.copy(source_id)
    ids = [id_ for id_ in map(checkpoint_id, steps.source_history(source_id)) if id_]
    if not ids:
        raise Untestable("the history shows no checkpoint ids")
    for id_ in ids if each_checkpoint else sorted({ids[0], ids[len(ids) // 2], ids[-1]}):
        steps.same_state(source_id, copy_id, checkpoint_id=id_)


@requirement("SAME-14", "MUST")
def test_same_14_copy_of_a_copy_of_a_copy(steps: Steps, shared_interrupted: Source) -> None:
    """A copy of a copy of a copy equals the first source, and shows no ancestor's id.

    Source: guide, "the same history".
    """
    copy_id = shared_interrupted.thread_id
    for _ in range(3):
        copy_id = steps.copy(copy_id)
    steps.same_history(shared_interrupted.thread_id, copy_id)
    steps.same_state(shared_interrupted.thread_id, copy_id)
    with steps.where_shown("the state with subgraphs"):
        steps.same_state(shared_interrupted.thread_id, copy_id, subgraphs=True)


@requirement("SAME-15", "SHOULD")
def test_same_15_get_and_post_history_agree(steps: Steps, readable: Source) -> None:
    """GET and POST history of the copy return the same.

    Source: openapi.
    """
    copy_id = steps.copy(readable.thread_id)

    def got_posted_and_got_again(thread_id: str) -> list[Any]:
        path, page = f"/threads/{thread_id}/history", {"limit": 10}
        answers = [
            steps.client.transport.send("GET", path, params=page),
            steps.client.transport.send("POST", path, json=page, repeatable=True),
            steps.client.transport.send("GET", path, params=page),
        ]
        for answer in answers:
            if answer.status >= 300:
                raise answer.error()
        return [answer.json() for answer in answers]

    of_source, of_copy = steps.both(readable.thread_id, copy_id, got_posted_and_got_again)
    got, posted, got_again = of_copy
    if not of_source[0]:
        raise Untestable("the source shows no history")
    expect(got, f"the history of copy {copy_id} is empty: nothing was compared", copy_id)
    # The copy is not to blame for a place where GET and POST differ on the source, or where two GETs differ.
    pairs = [(got, got_again), (of_source[0], of_source[1]), (of_source[0], of_source[2])]
    masked = {show_pattern(where) for pair in pairs for where, _, _ in differences(*pair)}
    if "" in masked:
        raise Untestable(
            "GET and POST history of the source do not have the same length, or the history changes meanwhile"
        )
    problem = f"POST history of copy {copy_id} differs from GET history"
    assert_same(got, posted, problem, copy_id, unstable=masked)


@requirement("SAME-16", "MUST")
def test_same_16_checkpoint_metadata(steps: Steps, shared_interrupted: Source) -> None:
    """The metadata of each checkpoint is the source's, with no key added, lost or changed.

    Source: guide, "the same history".
    """
    source_id = shared_interrupted.thread_id
    copy_id = steps.copy(source_id)
    original, copied = map(_metadata, steps.both(source_id, copy_id, steps.history))
    if not any(checkpoint["metadata"] for checkpoint in original):
        raise Untestable("the history of the source shows no metadata")
    steps.alike(
        original,
        copied,
        f"the metadata of checkpoints of copy {copy_id} differ from the source's (newest checkpoint first)",
        Compared(source_id, copy_id),
        again=lambda: _metadata(steps.history(source_id)),
    )


def _metadata(history: list[Json]) -> list[Json]:
    """Return the metadata of each checkpoint, with its id, but for the thread's own id."""
    pairs = [(checkpoint_id(state), state.get("metadata") or {}) for state in history]
    return [
        {"checkpoint": id_, "metadata": {key: metadata[key] for key in metadata if key != "thread_id"}}
        for id_, metadata in pairs
    ]
