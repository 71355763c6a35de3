"""ROB: what is wrong is refused, and nothing is lost or left behind."""

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
    heard,
    ids_are_uuids,
    ids_with,
    is_gone,
    may_read,
    unknown_id,
    unknown_ids,
)
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.sources import Source, Sources
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import assert_valid
from pytest_threadcopy.wire.transport import Answer, ApiError

requirement = pytest.mark.threadcopy
_POLL_SECONDS = 0.1
_OVERLAPPING = 10
"""How many of forty copies, at least, are to be made while a write ends: else forty more are made."""


def _refused(steps: Steps, thread_id: str) -> Answer:
    """Assert that a thread which is not there cannot be copied, and is not there afterwards either."""
    answer = steps.threads.copy_answer(thread_id)
    assert_refused(answer, f"copying thread {thread_id}, which is not there,")
    appeared = may_read(steps.client, thread_id)
    assert not appeared, f"copying thread {thread_id}, which was not there, was refused, and now it is there"
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
    assert status in (404, 409), f"the code must be 404 or 409: {answer.error()}"


@requirement("ROB-03", "SHOULD")
def test_rob_03_bad_id(steps: Steps) -> None:
    """Copying a thread whose id is no UUID is refused with 422.

    Source: openapi and protocol.
    """
    if not ids_are_uuids(steps):
        raise Untestable(
            "the deployment's ids of threads are no UUIDs: what a malformed one is, is not known"
        )
    answer = steps.threads.copy_answer(BAD_ID)
    assert_refused(answer, f"copying thread {BAD_ID}")
    status = answer.status
    assert status == 422, f"the code must be 422: {answer.error()}"


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
        is_gone(steps.client, thread_id)  # if it never is, so much is said of the copy
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
    answers = [heard(steps.client.transport.send(verb, path)) for verb in verbs]
    is_there = may_read(steps.client, plain.thread_id)
    assert is_there, f"thread {plain.thread_id} is gone after DELETE {path}"
    wrong = [str(answer.error()) for answer in answers if answer.status not in (404, 405)]
    assert not wrong, f"the code must be 405 or 404: {', '.join(wrong)}"


@requirement("ROB-07", "MUST")
def test_rob_07_failed_copy_leaves_nothing_behind(steps: Steps, sources: Sources) -> None:
    """A copy that fails leaves no thread behind, nor half of one, while its source is being deleted.

    Source: guide, "a new thread with the same history": one without it is no copy.
    """
    source_id = sources.plain().thread_id
    whole = len(steps.observation(source_id).get("history", []))
    mark = {"threadcopy_deleted": unknown_id()}  # which each copy takes along
    with suppress(ApiError):
        steps.threads.update(source_id, metadata=mark)
    if source_id not in ids_with(steps.client, mark):
        steps.note("threads are not found by metadata: one left behind by a failed copy was not seen so")

    def delete() -> bool:
        try:
            steps.threads.delete(source_id)
        except ApiError:  # what is being copied may be kept until that is done
            return False
        return True

    with ThreadPoolExecutor(9) as pool:
        early = [pool.submit(steps.threads.copy_answer, source_id) for _ in range(4)]
        deleting = pool.submit(delete)
        late = [pool.submit(steps.threads.copy_answer, source_id) for _ in range(4)]
    answers = [heard(copying.result()) for copying in early + late]
    answers.append(heard(steps.threads.copy_answer(source_id)))
    made = [answer.json() for answer in answers if answer.status < 300]
    copies = [thread["thread_id"] for thread in made if isinstance(thread, dict) and thread.get("thread_id")]
    left = sorted(ids_with(steps.client, mark) - {source_id, *copies})
    unnamed = len(made) - len(copies)  # an answer that names no copy may have made one all the same
    failed, stray = len(answers) - len(made), len(left) - unnamed
    assert stray <= 0, f"{failed} copies of thread {source_id} failed and left threads: {', '.join(left)}"
    for copy_id in copies if whole else ():
        count = len(steps.history(copy_id))
        assert count == whole, (
            f"copy {copy_id}, made while its source was deleted, has {count} checkpoints of {whole}"
        )

    unknown = unknown_ids(steps)
    deleted = [source_id] if deleting.result() and is_gone(steps.client, source_id) else []

    def fail() -> None:
        for thread_id in (unknown(), BAD_ID, *deleted):
            heard(steps.threads.copy_answer(thread_id))

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
    overlapped: list[bool] = []  # of each copy, whether a write ended while it was made

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
            raise Untestable(f"a thread is not copied while it is written: {error}") from error
        overlapped.append(writes > before)
        return copy_id

    def oldest(count: int) -> list[Any]:
        return steps.history(source_id)[-count:]

    with ThreadPoolExecutor(9) as pool:
        writing = pool.submit(keep_writing)
        try:
            copies = list(pool.map(copy, [source_id] * 40))
            if sum(overlapped) < _OVERLAPPING:  # whoever is slow to write, as under load, gets as long again
                copies += pool.map(copy, [source_id] * 40)
        finally:
            copied.set()
        writing.result()
        if writes < 2:
            raise Untestable("the deployment did not take two writes while it made forty copies")
        steps.write(source_id, values)  # after each copy was made: none may show it
        final, _ = steps.both(source_id, copies[0], steps.history)
        histories = list(pool.map(steps.history, copies))
    for copy_id, history in zip(copies, histories, strict=True):
        length, later = len(history), len(final)
        assert earliest <= length < later, (
            f"copy {copy_id} has {length} checkpoints: its source had {earliest} before it was copied, "
            f"and {later} only afterwards"
        )
        steps.equal(final[-length:], history, again=partial(oldest, length))


@requirement("ROB-09", "SHOULD")
def test_rob_09_empty_bodies(steps: Steps, plain: Source) -> None:
    """With no body, null and {} the copy is the same.

    Source: openapi, which documents no body.
    """
    bodies = {"no body": None, "null": b"null", "{}": b"{}"}
    keys: dict[str, list[str]] = {}
    for told, content in bodies.items():
        answer = heard(steps.threads.copy_answer(plain.thread_id, content=content))
        status = answer.status
        assert status < 300, f"with {told} the copy is refused: {answer.error()}"
        thread = answer.json()
        assert isinstance(thread, dict), f"with {told}: {answer.error(' with no thread object')}"
        keys[told] = sorted(thread)
        assert keys[told] == keys["no body"], f"answers have keys that depend on the body: {keys}"
        steps.same_history(plain.thread_id, steps.id_in(answer))
