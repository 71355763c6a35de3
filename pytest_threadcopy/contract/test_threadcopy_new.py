"""NEW: the copy is a thread of its own."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pytest_threadcopy.contract.steps.responses import responses_about_copies
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.sources import Source, Sources
from pytest_threadcopy.histories.difference import show_path
from pytest_threadcopy.histories.thread_ids import structural_thread_ids
from pytest_threadcopy.reproduction.violation import OF_OBJECTS, Compared, expect
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.wire.transport import ApiError

requirement = pytest.mark.threadcopy
_INDEXED_SECONDS = 5.0
_POLL_SECONDS = 0.25
_OTHER_LENGTH = 6
"""How many checkpoints the other source has. The plain one has fewer, so that a history shows its source."""


@requirement("NEW-01", "MUST")
def test_new_01_copy_answers_with_a_thread_of_its_own(steps: Steps, readable: Source) -> None:
    """Copy answers 200 or 201 with a thread object of another id, and GET finds that thread.

    Source: guide, "creates a new thread".
    """
    answer = steps.copy_answer(readable.thread_id)
    expect(answer.status in (200, 201), str(answer.error()), answer)
    thread = answer.json()
    expect(
        thread is not None, f"copy answered {answer.status} with an empty body, which names no copy", answer
    )
    expect(isinstance(thread, dict), str(answer.error(" with a value that is no thread object")), answer)
    copy_id = thread.get("thread_id")
    expect(isinstance(copy_id, str), str(answer.error(" with a thread that has no thread_id")), answer)
    expect(copy_id, str(answer.error(" with an empty thread_id")), answer)
    expect(copy_id != readable.thread_id, f"copy answered with the source's own thread_id {copy_id}", answer)
    returned_id = steps.threads.get(copy_id)["thread_id"]
    expect(returned_id == copy_id, f"GET of copy {copy_id} answers with thread {returned_id}", copy_id)


@requirement("NEW-02", "SHOULD")
def test_new_02_copy_answers_200(steps: Steps, readable: Source) -> None:
    """The code of a successful copy is 200.

    Source: openapi and protocol.
    """
    answer = steps.copy_answer(readable.thread_id)
    expect(answer.status == 200, f"copy answered {answer.status}", answer)


@requirement("NEW-03", "MUST")
def test_new_03_twenty_copies_are_twenty_threads(steps: Steps, readable: Source, sources: Sources) -> None:
    """Twenty copies of one thread, ten one after another and ten at once, are twenty whole threads.

    Source: guide, "creates a new thread".
    """
    at_once = [readable.thread_id] * 10
    with steps.where_shown("copying another thread at the same time"):
        other_id = sources.plain(checkpoints=_OTHER_LENGTH).thread_id
        at_once = [readable.thread_id, other_id, readable.thread_id] * 5
    copies = [steps.copy(readable.thread_id) for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        copies += pool.map(steps.copy, at_once)
        expect(
            len({*at_once, *copies}) == len({*at_once}) + len(copies),
            f"copies share ids with each other or with a source: {sorted(copies)}",
            *copies,
        )
        for _ in pool.map(steps.same_history, [readable.thread_id] * 10 + at_once, copies):
            pass


@requirement("NEW-04", "MUST")
def test_new_04_each_thread_id_is_the_copys_own(steps: Steps, readable: Source, sources: Sources) -> None:
    """In every response about the copy, each structural position holds the copy's id.

    Source: guide, "a new thread"; positions: contract.
    """
    for response in responses_about_copies(steps, readable, sources):
        copy_id, body = response.copy_id, response.of_copy
        states = body if isinstance(body, list) else [body]
        for index, state in enumerate(states):
            where = f"history[{index}]" if isinstance(body, list) else response.where
            for path, thread_id in structural_thread_ids(state):
                whose = "the source's id" if thread_id == response.source_id else repr(thread_id)
                expect(
                    thread_id == copy_id,
                    f"{where} of copy {copy_id} holds {whose} at {show_path(path)}",
                    response.about,
                )


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
    on_source, on_copy = (steps.threads.get(thread).get("status") for thread in (source_id, copy_id))
    if on_source is None:
        raise Untestable("the thread object of the source shows no status")
    expect(
        on_copy,
        f"the thread object of copy {copy_id} shows no status to be found by",
        Compared(source_id, copy_id, OF_OBJECTS),
    )
    by_status = [{"metadata": mark, "status": status} for status in (on_source, on_copy)]
    _search_finds(steps, source_id, copy_id, f"its status, {on_copy},", by_status)


def _search_finds(
    steps: Steps, source_id: str, copy_id: str, what: str, queries: Sequence[Mapping[str, Any]]
) -> None:
    """Assert that the second query finds the copy; raise `Untestable` where the first misses the source."""

    def found_by(query: Mapping[str, Any]) -> set[str]:
        try:
            return {thread["thread_id"] for thread in steps.threads.search(**query)}
        except ApiError as error:
            if not error.is_definite:
                raise
            raise Untestable(f"there is no search: {error}") from error

    for_source, for_copy = queries
    until = time.monotonic() + _INDEXED_SECONDS  # a deployment may index the copy a little later
    while copy_id not in found_by(for_copy) and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)
    if source_id not in found_by(for_source):
        raise Untestable(f"a search by {what} does not find source {source_id} itself")
    expect(
        copy_id in found_by(for_copy),
        f"a search by {what} does not find copy {copy_id}, but finds its source",
        copy_id,
    )


@requirement("NEW-08", "MAY")
def test_new_08_runs_of_the_source_are_not_the_copys(steps: Steps, shared_interrupted: Source) -> None:
    """The runs of the source are not listed as runs of the copy, on which no run was made.

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
    expect(
        not listed,
        f"nobody ran on copy {copy_id}, but the deployment lists runs of it: {', '.join(listed)}",
        copy_id,
    )
