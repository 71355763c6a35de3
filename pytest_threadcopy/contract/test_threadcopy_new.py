"""NEW: the copy is a thread of its own."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pytest_threadcopy.contract.steps.reading import assert_same, interrupts_of, tasks_of
from pytest_threadcopy.contract.steps.refusals import speaks_of_access
from pytest_threadcopy.contract.steps.responses import responses_about_copies
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.sources import Source, Sources
from pytest_threadcopy.histories.difference import MISSING, differences, show_path, show_value
from pytest_threadcopy.histories.thread_ids import rewrite_thread_ids, structural_thread_ids
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import ApiError

requirement = pytest.mark.threadcopy
_INDEXED_SECONDS = 5.0
_POLL_SECONDS = 0.25
_OTHER_LENGTH = 6
"""How many checkpoints another source has: more, so that each history tells whose it is."""


@requirement("NEW-01", "MUST")
def test_new_01_copy_answers_with_a_thread_of_its_own(steps: Steps, readable: Source) -> None:
    """Copy answers 200 or 201 with a thread object of another id, and GET finds that thread.

    Source: guide, "creates a new thread".
    """
    answer = steps.copy_answer(readable.thread_id)
    assert answer.status in (200, 201), str(answer.error())
    thread = answer.json()
    assert thread is not None, f"copy answered {answer.status} with an empty body, so nobody knows the copy"
    assert isinstance(thread, dict), str(answer.error(" with what is no thread object"))
    copy_id = thread.get("thread_id")
    assert isinstance(copy_id, str), str(answer.error(" with a thread that has no thread_id"))
    assert copy_id, str(answer.error(" with an empty thread_id"))
    assert copy_id != readable.thread_id, f"copy answered with the source's own thread_id {copy_id}"
    assert steps.threads.get(copy_id)["thread_id"] == copy_id


@requirement("NEW-02", "SHOULD")
def test_new_02_copy_answers_200(steps: Steps, readable: Source) -> None:
    """The code of a successful copy is 200.

    Source: openapi and protocol.
    """
    status = steps.copy_answer(readable.thread_id).status
    assert status == 200, f"copy answered {status}"


@requirement("NEW-03", "MUST")
def test_new_03_twenty_copies_are_twenty_threads(steps: Steps, readable: Source, sources: Sources) -> None:
    """Twenty copies of one thread, ten one after another and ten at once, are twenty whole threads.

    Source: guide, "creates a new thread".
    """
    at_once = [readable.thread_id] * 10
    with steps.where_shown("copying another thread at the same time"):
        other = sources.plain(checkpoints=_OTHER_LENGTH).thread_id
        at_once = [readable.thread_id, other, readable.thread_id] * 5
    copies = [steps.copy(readable.thread_id) for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        copies += pool.map(steps.copy, at_once)
        assert len({*at_once, *copies}) == len({*at_once}) + len(copies), (
            f"copies share ids: {sorted(copies)}"
        )
        for _ in pool.map(steps.same_history, [readable.thread_id] * 10 + at_once, copies):
            pass


@requirement("NEW-04", "MUST")
def test_new_04_each_thread_id_is_the_copys_own(steps: Steps, readable: Source, sources: Sources) -> None:
    """In every response about the copy, each structural position holds the copy's id.

    Source: guide, "a new thread"; positions: contract.
    """
    for response in responses_about_copies(steps, readable, sources):
        copy_id, shown = response.copy_id, response.of_copy
        states = shown if isinstance(shown, list) else [shown]
        for index, state in enumerate(states):
            where = f"history[{index}]" if isinstance(shown, list) else response.where
            for path, thread_id in structural_thread_ids(state):
                whose = "the source's id" if thread_id == response.source_id else repr(thread_id)
                assert thread_id == copy_id, f"{where} of copy {copy_id} holds {whose} at {show_path(path)}"


@requirement("NEW-05", "SHOULD")
def test_new_05_search_finds_the_copy(steps: Steps, plain: Source) -> None:
    """POST /threads/search finds the copy by its metadata and by its status.

    Source: openapi.
    """
    source_id = plain.thread_id
    mark = {**steps.threads.tag, "threadcopy_note": source_id}
    steps.annotate(source_id, mark)
    copy_id = steps.copy(source_id)
    _search_finds(steps, source_id, copy_id, "its metadata", [{"metadata": mark}] * 2)
    own, status = (steps.threads.get(thread).get("status") for thread in (source_id, copy_id))
    if own is None:
        raise Untestable("the thread object of the source shows no status")
    assert status, f"the thread object of copy {copy_id} shows no status to be found by"
    by_status = [{"metadata": mark, "status": asked} for asked in (own, status)]
    _search_finds(steps, source_id, copy_id, f"its status, {status},", by_status)


def _search_finds(
    steps: Steps, source_id: str, copy_id: str, what: str, asked: Sequence[Mapping[str, Any]]
) -> None:
    """Assert that a search finds the copy; one that does not find the source either is untestable."""

    def found_by(query: Mapping[str, Any]) -> set[str]:
        try:
            return {thread["thread_id"] for thread in steps.threads.search(**query)}
        except ApiError as error:
            if not speaks_of_access(error):
                raise
            raise Untestable(f"there is no search: {error}") from error

    until = time.monotonic() + _INDEXED_SECONDS  # what a search looks into may be written a little later
    while copy_id not in found_by(asked[1]) and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)
    if source_id not in found_by(asked[0]):
        raise Untestable(f"a search by {what} does not find source {source_id} itself")
    assert copy_id in found_by(asked[1]), (
        f"a search by {what} does not find copy {copy_id}, and finds its source"
    )


@requirement("NEW-06", "SHOULD")
def test_new_06_thread_metadata_is_on_the_copy(steps: Steps, plain: Source) -> None:
    """The source's thread metadata is on the copy; what names the source inside it stays verbatim.

    Source: docs, "identical to the original thread".
    """
    source_id = plain.thread_id
    note = {
        "about": source_id,
        "said": f"a copy of {source_id}?",
        "kept": [1, 2.5, True, None],
        # Keys like the deployment's own are the user's here.
        "thread_id": source_id,
        "checkpoint": {"thread_id": source_id},
        "configurable": {"thread_id": source_id},
    }
    steps.annotate(source_id, {"threadcopy_note": note})
    copy_id = steps.copy(source_id)
    expected = _metadata(steps, source_id)
    if expected.get("threadcopy_note") != note:
        raise Untestable("the thread object of the source does not show its own metadata")
    _has_metadata(steps, copy_id, expected, f"are not those of its source {source_id}")
    patch = {"threadcopy_patched": True}
    steps.annotate(source_id, patch)
    steps.threads.update(copy_id, metadata=patch)
    patched = {**expected, **patch}
    left = {key: value for key, value in _metadata(steps, source_id).items() if patched.get(key) == value}
    _has_metadata(
        steps, copy_id, left, f"lack what is left, once both are patched, of its source {source_id}"
    )


def _metadata(steps: Steps, thread_id: str) -> Json:
    """Return the metadata of a thread object, without the id of the thread."""
    metadata = steps.threads.get(thread_id).get("metadata") or {}
    return {key: value for key, value in metadata.items() if key != "thread_id"}


def _has_metadata(steps: Steps, copy_id: str, expected: Json, what: str) -> None:
    """Assert that a copy has this thread metadata, at least."""
    seen = _metadata(steps, copy_id)
    kept = {key: seen[key] for key in expected if key in seen}
    assert_same(expected, kept, f"the metadata of copy {copy_id} {what}")


@requirement("NEW-07", "SHOULD")
def test_new_07_thread_object_agrees_with_its_state(steps: Steps, readable: Source, sources: Sources) -> None:
    """The copy's thread object agrees with its own state: status, values, interrupts and config.

    Source: openapi.
    """
    source = sources.shared("interrupting") if sources.plays("interrupting") else readable
    source_id, answer = source.thread_id, steps.copy_answer(source.thread_id)
    copy_id = steps.id_in(answer)
    _answers_what_it_made(steps, source_id, copy_id, answer.json())
    wrong, wrong_of_source = (_disagreements(steps, thread) for thread in (copy_id, source_id))
    if len(wrong_of_source) == len(_STATED):
        raise Untestable(f"the source's thread object does not agree: {'; '.join(wrong_of_source.values())}")
    told = [text for what, text in wrong.items() if what not in wrong_of_source]
    config, of_source = (_config(steps, thread) for thread in (copy_id, source_id))
    if next(differences(of_source, config), None):
        told.append(f"config: {show_value(config)}, where the source's is {show_value(of_source)}")
    assert not told, f"the thread object of copy {copy_id} says otherwise than its state: {'; '.join(told)}"
    kept_for = _kept_for(steps, source_id)
    if kept_for and source.ours:  # what the user gave a thread of his own need not go for its copies
        steps.alike(
            kept_for,
            _kept_for(steps, copy_id),
            f"copy {copy_id} is not kept for as long as its source {source_id}",
            again=lambda: _kept_for(steps, source_id),
        )


def _answers_what_it_made(steps: Steps, source_id: str, copy_id: str, answered: Json) -> None:
    """Assert that the answer to a copy says of the copy what its thread object says, where both say it."""
    kept = _metadata(steps, source_id)  # what else stands there may be about the copying, and change

    def said(thread: Json) -> Json:
        metadata, values = thread.get("metadata"), thread.get("values")
        own = metadata if isinstance(metadata, dict) else {}
        said_of_it = {f"metadata.{key}": own[key] for key in kept if key in own}
        return said_of_it | ({"values": values} if values else {})

    told = said(answered)

    def shown() -> Json:
        return {key: value for key, value in said(steps.threads.get(copy_id)).items() if key in told}

    expected = shown()
    steps.alike(
        expected,
        {key: told[key] for key in expected},
        f"the answer to the copy says otherwise than the thread object of copy {copy_id}",
        again=shown,
    )


def _kept_for(steps: Steps, thread_id: str) -> Json:
    """Return for how long a thread object says that it is kept, but not until when."""
    ttl = steps.threads.get(thread_id).get("ttl")
    known = ttl if isinstance(ttl, dict) else {"ttl": ttl}
    return {
        key: value
        for key, value in known.items()
        if value is not None and "expire" not in key and not key.endswith("_at")
    }


def _config(steps: Steps, thread_id: str) -> Any:
    """Return the config of a thread object, without the id of the thread."""
    thread = rewrite_thread_ids(steps.threads.get(thread_id), lambda *_: None)
    return thread.get("config", MISSING)


_STATED = ("status", "values", "interrupts")


def _disagreements(steps: Steps, thread_id: str) -> dict[str, str]:
    """Return in what a thread object does not say what the thread's state says, each told in words."""
    thread, state = steps.threads.get(thread_id), steps.threads.get_state(thread_id)
    interrupts = thread.get("interrupts") or {}
    listed = (
        [one for task in interrupts.values() for one in task] if isinstance(interrupts, dict) else interrupts
    )
    ending = "error" if any(task.get("error") for task in tasks_of(state)) else "idle"
    expected = {
        "status": "interrupted" if interrupts_of(state) else ending,
        "values": state.get("values"),
        "interrupts": [interrupt.get("value") for interrupt in interrupts_of(state)],
    }
    seen = {
        "status": thread.get("status"),
        "values": thread.get("values", MISSING),
        "interrupts": [interrupt.get("value") for interrupt in listed],
    }
    return {
        what: f"{what}: {show_value(seen[what])}, where its state says {show_value(expected[what])}"
        for what in _STATED
        if next(differences(expected[what], seen[what]), None)
    }


@requirement("NEW-08", "MAY")
def test_new_08_runs_of_the_source_are_not_the_copys(steps: Steps, shared_interrupted: Source) -> None:
    """The runs of the source are not listed as runs of the copy, on which nobody ran.

    Source: docs, "independent".
    """
    copy_id = steps.copy(shared_interrupted.thread_id)
    try:
        runs = steps.client.runs.list(shared_interrupted.thread_id)
    except ApiError as error:
        raise Untestable(f"the deployment lists no runs: {error}") from error
    if not runs:
        raise Untestable("the deployment does not list the run that the source had")
    listed = [str(run.get("run_id")) for run in steps.client.runs.list(copy_id)]
    assert not listed, f"nobody ran on copy {copy_id}, and the deployment lists its runs {', '.join(listed)}"
