"""SAME: the copy's history is the source's history."""

import json
from typing import Any

import pytest

from pytest_threadcopy.comparison import HistoriesDiffer
from pytest_threadcopy.contract.reading import Json, assert_same
from pytest_threadcopy.contract.steps import Steps
from pytest_threadcopy.deployment import Deployment
from pytest_threadcopy.difference import differences, show_pattern
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.roles import message
from pytest_threadcopy.sources import Source, Sources
from pytest_threadcopy.structural import checkpoint_id, rewrite_thread_ids

requirement = pytest.mark.threadcopy
_SHOWN = 6

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
def test_same_01_whole_history(steps: Steps, readable: Source) -> None:
    """The whole history is equal, newest to oldest, but for structural thread ids.

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
    length = sum(1 for _ in steps.threads.history(source.thread_id))
    if length < wanted:
        raise Untestable(f"the source has {length} checkpoints, where {wanted} were to be compared")


@requirement("SAME-03", "MUST")
def test_same_03_current_state(steps: Steps, readable: Source, finished: Source | None) -> None:
    """The current state is equal, with and without subgraphs, also where a run has ended.

    Source: docs, "identical to the original thread".
    """
    for source in filter(None, (readable, finished)):
        copy_id = steps.copy(source.thread_id)
        for subgraphs in (False, True):
            state = steps.same_state(source.thread_id, copy_id, subgraphs=subgraphs)
            assert state.get("values"), "the source's state has no values: nothing was compared"


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


@requirement("SAME-09", "SHOULD")
def test_same_09_user_data_that_names_the_source(steps: Steps, sources: Sources) -> None:
    """User data that contains the source's id is verbatim everywhere on the copy: not rewritten anywhere.

    Source: docs, "identical to the original thread".
    """
    role = sources.role("interrupting" if sources.plays("interrupting") else "plain")
    source_id = sources.never_ran(role).thread_id
    text = f"Is {source_id} a thread?"
    naming = {"whole": source_id, "in text": text, f"of {source_id}": [source_id]}
    told: Json = role.input if isinstance(role.input, dict) else {}
    quoting = (message(text) if "messages" in told else {}) | (
        {role.free_key: naming} if role.free_key else {}
    )
    if not quoting:
        raise Untestable(
            f"assistant {role.assistant_id} takes neither messages nor free data to put an id in"
        )
    if role.may_run:
        note = {"threadcopy_note": naming}
        steps.run_source(source_id, role, input={**told, **quoting}, metadata=note)
    else:
        steps.write(source_id, quoting)
    copy_id = steps.copy(source_id)
    try:
        steps.same_history(source_id, copy_id)
    except HistoriesDiffer as error:
        places = ", ".join(sorted(error.comparison.patterns)[:_SHOWN])
        raise AssertionError(
            f"copy {copy_id} has other data than source {source_id}, whose id it holds, at {places}\n{error}"
        ) from error
    data = [rewrite_thread_ids(state, lambda *_: None) for state in steps.history(source_id)]
    if source_id not in json.dumps(data):
        raise Untestable(f"assistant {role.assistant_id} does not keep what it was told of the id")


@requirement("SAME-10", "MUST")
def test_same_10_each_checkpoint_by_its_id(steps: Steps, readable: Source) -> None:
    """Each checkpoint of the copy can be read by its id, and equals the source's.

    Source: guide, "the same history".
    """
    copy_id = steps.copy(readable.thread_id)
    ids = [known for known in map(checkpoint_id, steps.history(readable.thread_id)) if known]
    if not ids:
        raise Untestable("the history shows no checkpoint ids")
    for known in ids:
        steps.same_state(readable.thread_id, copy_id, checkpoint_id=known)


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


@requirement("SAME-15", "SHOULD")
def test_same_15_get_and_post_history_agree(steps: Steps, readable: Source) -> None:
    """GET and POST history of the copy say the same.

    Source: openapi.
    """
    copy_id = steps.copy(readable.thread_id)
    path, page = f"/threads/{copy_id}/history", {"limit": 10}
    answers = [
        steps.client.transport.send("GET", path, params=page),
        steps.client.transport.send("POST", path, json=page, repeatable=True),
        steps.client.transport.send("GET", path, params=page),
    ]
    for answer in answers:
        if answer.status in (404, 405, 501):
            raise Untestable(f"the deployment serves history by one method alone: {answer.error()}")
        if answer.status >= 400:
            raise answer.error()
    got, posted, got_again = (answer.json() for answer in answers)
    assert got, f"the history of copy {copy_id} is empty: nothing was compared"
    unstable = {show_pattern(where) for where, _, _ in differences(got, got_again)}
    assert_same(got, posted, f"POST history of copy {copy_id} says otherwise than GET history", unstable)


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
