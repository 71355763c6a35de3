"""ROB: wrong requests are refused, and nothing is lost or left behind."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Event
from typing import Any

import pytest

from pytest_threadcopy.contract.steps.copies_mid_run import BUSY
from pytest_threadcopy.contract.steps.refusals import (
    BAD_ID,
    assert_nothing_left_behind,
    assert_refused,
    definite,
    ids_are_uuids,
    ids_with,
    is_gone,
    may_read,
    unknown_id,
    unknown_ids,
)
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.sources import Source, Sources
from pytest_threadcopy.reproduction.violation import expect
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import assert_valid
from pytest_threadcopy.wire.transport import Answer, ApiError

requirement = pytest.mark.threadcopy
_POLL_SECONDS = 0.1
_OVERLAPPING = 10
"""During how many of forty copies, at least, a write must end. Else the test makes forty more copies."""


def _refused(steps: Steps, thread_id: str) -> Answer:
    """Assert that a copy of a thread that does not exist is refused, and does not make that thread."""
    answer = steps.threads.copy_answer(thread_id)
    assert_refused(answer, f"copying thread {thread_id}, which does not exist,")
    appeared = may_read(steps.client, thread_id)
    expect(
        not appeared,
        f"copying thread {thread_id}, which did not exist, was refused, but made that thread",
        thread_id,
    )
    return answer


@requirement("ROB-01", "MUST")
def test_rob_01_unknown_thread(steps: Steps) -> None:
    """Copying an unknown thread is refused with a 4xx, and no thread appears.

    Source: openapi and protocol.
    """
    unknown = unknown_ids(steps)
    assert_nothing_left_behind(steps, lambda: _refused(steps, unknown()))


@requirement("ROB-02", "SHOULD")
def test_rob_02_code_for_an_unknown_thread(steps: Steps) -> None:
    """Copying an unknown thread is refused with 404 or 409.

    Source: protocol (404), openapi (409).
    """
    answer = steps.threads.copy_answer(unknown_ids(steps)())
    assert_refused(answer, "copying an unknown thread")
    status = answer.status
    expect(status in (404, 409), f"the code must be 404 or 409: {answer.error()}", answer)


@requirement("ROB-03", "SHOULD")
def test_rob_03_bad_id(steps: Steps) -> None:
    """Copying a thread whose id is no UUID is refused with 422.

    Source: openapi and protocol.
    """
    if not ids_are_uuids(steps):
        raise Untestable("the deployment's thread ids are no UUIDs, so nobody knows how a malformed id looks")
    answer = steps.threads.copy_answer(BAD_ID)
    assert_refused(answer, f"copying thread {BAD_ID}")
    status = answer.status
    expect(status == 422, f"the code must be 422: {answer.error()}", answer)


@requirement("ROB-04", "SHOULD")
def test_rob_04_refusals_are_readable(steps: Steps) -> None:
    """Refusals are JSON with a readable message.

    Source: openapi and protocol.
    """
    for thread_id in (BAD_ID, unknown_ids(steps)()):
        answer = steps.threads.copy_answer(thread_id)
        assert_refused(answer, f"copying thread {thread_id}")
        assert_valid(answer.json(), "error")


@requirement("ROB-05", "MUST")
def test_rob_05_deleted_thread(steps: Steps, sources: Sources) -> None:
    """Copying a deleted thread is refused as an unknown one is, and no thread appears.

    Source: guide, "the existing thread".
    """
    source_id = sources.plain().thread_id
    copy_id = steps.copy(source_id)
    unknown = steps.threads.copy_answer(unknown_ids(steps)())
    for thread_id in (source_id, copy_id):
        try:
            steps.threads.delete(thread_id)
        except ApiError as error:
            raise Untestable(f"the deployment does not delete a thread: {error}") from error
        is_gone(steps.client, thread_id)  # a thread that stays makes the refusal below fail
        deleted = _refused(steps, thread_id)
        if deleted.status != unknown.status:
            steps.note(f"copying a deleted thread answers {deleted.status}, an unknown one {unknown.status}")


@requirement("ROB-06", "SHOULD")
def test_rob_06_other_verbs(steps: Steps, plain: Source) -> None:
    """GET, PUT, PATCH and DELETE of /copy are refused with 405 or 404, and do nothing.

    Source: openapi, which has POST alone.
    """
    path = f"/threads/{plain.thread_id}/copy"
    verbs = ("GET", "PUT", "PATCH", "DELETE")
    answers = [definite(steps.client.transport.send(verb, path)) for verb in verbs]
    is_there = may_read(steps.client, plain.thread_id)
    expect(is_there, f"thread {plain.thread_id} is gone after DELETE {path}", plain.thread_id)
    wrong = [answer.error() for answer in answers if answer.status not in (404, 405)]
    expect(not wrong, f"the code must be 405 or 404: {', '.join(map(str, wrong))}", *wrong)


@requirement("ROB-07", "MUST")
def test_rob_07_failed_copy_leaves_nothing_behind(steps: Steps, sources: Sources) -> None:
    """A copy that fails leaves no thread behind, nor half of one, while its source is being deleted.

    Source: guide, "a new thread with the same history": one without it is no copy.
    """
    source_id = sources.plain().thread_id
    whole = len(steps.observation(source_id).get("history", []))
    mark = {"threadcopy_deleted": unknown_id()}  # each copy has it from its source
    with suppress(ApiError):
        steps.threads.update(source_id, metadata=mark)
    if source_id not in ids_with(steps.client, mark):
        steps.note(
            "search by metadata finds no thread: one left behind by a failed copy would not be noticed"
        )

    def delete() -> bool:
        try:
            steps.threads.delete(source_id)
        except ApiError:  # the deployment may refuse until the copies are made
            return False
        return True

    with ThreadPoolExecutor(9) as pool:
        early = [pool.submit(steps.threads.copy_answer, source_id) for _ in range(4)]
        deleting = pool.submit(delete)
        late = [pool.submit(steps.threads.copy_answer, source_id) for _ in range(4)]
    answers = [definite(copying.result()) for copying in early + late]
    answers.append(definite(steps.threads.copy_answer(source_id)))
    made = [answer.json() for answer in answers if answer.status < 300]
    copies = [thread["thread_id"] for thread in made if isinstance(thread, dict) and thread.get("thread_id")]
    unknown_copies = sorted(ids_with(steps.client, mark) - {source_id, *copies})
    unnamed = len(made) - len(copies)  # a successful answer may name no copy
    failed, stray = len(answers) - len(made), len(unknown_copies) - unnamed
    expect(
        stray <= 0,
        f"{failed} copies of thread {source_id} failed and left threads: {', '.join(unknown_copies)}",
        source_id,
    )
    for copy_id in copies if whole else ():
        count = len(steps.history(copy_id))
        expect(
            count == whole,
            f"copy {copy_id}, made while its source was deleted, has {count} of the {whole} checkpoints",
            copy_id,
        )

    unknown = unknown_ids(steps)
    deleted = [source_id] if deleting.result() and is_gone(steps.client, source_id) else []

    def fail() -> None:
        for thread_id in (unknown(), BAD_ID, *deleted):
            definite(steps.threads.copy_answer(thread_id))

    assert_nothing_left_behind(steps, fail)


@requirement("ROB-08", "MUST")
def test_rob_08_copies_while_the_source_is_written(steps: Steps, sources: Sources) -> None:
    """Forty copies while the source is being written: each is a consistent prefix of its final history.

    Source: docs, "identical to the original thread at the time of the operation".
    """
    source = sources.plain(checkpoints=4)
    source_id, values = source.thread_id, source.role.input
    earliest = len(steps.source_history(source_id))
    copied = Event()
    writes = 0
    overlapped: list[bool] = []  # for each copy, whether a write ended meanwhile

    def keep_writing() -> None:
        nonlocal writes
        while not copied.is_set():
            try:
                steps.write(source_id, values)
            except ApiError as error:
                if error.status not in BUSY:
                    raise
                time.sleep(_POLL_SECONDS)
            else:
                writes += 1

    def copy(thread_id: str) -> str:
        before = writes
        try:
            copy_id = steps.copy(thread_id)
        except ApiError as error:
            if error.status not in BUSY:
                raise
            raise Untestable(f"the deployment copies no thread while it is written to: {error}") from error
        overlapped.append(writes > before)
        return copy_id

    def oldest(count: int) -> list[Any]:
        return steps.history(source_id)[-count:]

    with ThreadPoolExecutor(9) as pool:
        writing = pool.submit(keep_writing)
        try:
            copies = list(pool.map(copy, [source_id] * 40))
            if sum(overlapped) < _OVERLAPPING:  # a deployment may be slow to write, as under load
                copies += pool.map(copy, [source_id] * 40)
        finally:
            copied.set()
        writing.result()
        if writes < 2:
            raise Untestable("the deployment did not take two writes while it made forty copies")
        steps.write(source_id, values)  # after all copies: none may show it
        final, _ = steps.both(source_id, copies[0], steps.history)
        histories = list(pool.map(steps.history, copies))
    for copy_id, history in zip(copies, histories, strict=True):
        length, later = len(history), len(final)
        expect(
            earliest <= length < later,
            f"copy {copy_id} has {length} checkpoints, but its source had {earliest} before the first copy "
            f"and fewer than {later} at the last",
            copy_id,
        )
        steps.equal(final[-length:], history, again=partial(oldest, length))


@requirement("ROB-09", "SHOULD")
def test_rob_09_empty_bodies(steps: Steps, plain: Source) -> None:
    """With no body, null and {} the copy is the same.

    Source: openapi, which documents no body.
    """
    bodies = {"no body": None, "null": b"null", "{}": b"{}"}
    keys: dict[str, list[str]] = {}
    for body, content in bodies.items():
        answer = definite(steps.threads.copy_answer(plain.thread_id, content=content))
        status = answer.status
        expect(status < 300, f"with {body} the copy is refused: {answer.error()}", answer)
        thread = answer.json()
        expect(isinstance(thread, dict), f"with {body}: {answer.error(' without a thread object')}", answer)
        keys[body] = sorted(thread)
        expect(keys[body] == keys["no body"], f"the keys of the answer depend on the body: {keys}", answer)
        steps.same_history(plain.thread_id, steps.id_in(answer))
