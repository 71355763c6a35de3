"""What a refused or failed copy may answer, and how a thread that it left behind is found."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from uuid import UUID, uuid4

from pytest_threadcopy.api.client import Client
from pytest_threadcopy.api.run_id import TAG
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.wire.transport import Answer, ApiError

BAD_ID = "not-a-uuid"
_TIMES = 10
_TRIALS = 5
_QUIET = 2
"""How many times as long as a trial took it is watched whether threads come without one.

Others, who make threads by chance, are taken for a fault at most once in ten thousand times.
"""
_DELETED_SECONDS = 10.0
_POLL_SECONDS = 0.25


def unknown_id() -> str:
    """Return a UUID that nobody else has, so that no deployment knows a thread by it."""
    return str(uuid4())


def ids_are_uuids(steps: Steps) -> bool:
    """Whether the deployment's ids of threads are UUIDs."""
    return _is_uuid(_deleted_thread(steps))


def unknown_ids(steps: Steps) -> Callable[[], str]:
    """Return what gives ids as the deployment's are, by which it knows no thread.

    Raises:
        Untestable: Its ids are no UUIDs, and none is free, since it deletes no thread.
    """
    thread_id = _deleted_thread(steps)
    if _is_uuid(thread_id):
        return unknown_id
    if not is_gone(steps.client, thread_id):
        raise Untestable(f"ids of threads are no UUIDs, and thread {thread_id} is there after it was deleted")
    return lambda: thread_id


def _deleted_thread(steps: Steps) -> str:
    """Return the id of a thread that was made and deleted, if the deployment deletes any."""
    thread_id: str = steps.threads.create()["thread_id"]
    with suppress(ApiError):
        steps.threads.delete(thread_id)
    return thread_id


def _is_uuid(thread_id: str) -> bool:
    try:
        UUID(thread_id)
    except ValueError:
        return False
    return True


def heard(answer: Answer) -> Answer:
    """Return an answer that is the deployment's word about a thread, or about who may reach it.

    Raises:
        ApiError: It tells of load or a proxy.
    """
    error = answer.error()
    if not speaks_of_access(error):
        raise error
    return answer


def speaks_of_access(error: ApiError) -> bool:
    """Whether an error says something of the thread, or of who may reach it."""
    return error.is_about_the_thread or error.status in (401, 403)


def is_page(answer: Answer) -> bool:
    """Whether an answer is no JSON, as the page where one must log in: it names no thread."""
    try:
        answer.json()
    except ApiError:
        return True
    return False


def assert_refused(answer: Answer, what: str) -> None:
    """Assert that an answer refuses ``what`` with a 4xx."""
    status = heard(answer).status
    assert 400 <= status < 500, f"{what} must be refused with a 4xx: {answer.error()}"


def may_read(client: Client, thread_id: str) -> bool:
    """Whether a thread is there, for the identity of this client.

    Raises:
        ApiError: The answer tells of load or a proxy.
    """
    try:
        client.threads.get(thread_id)
    except ApiError as error:
        if not speaks_of_access(error):
            raise
        return False
    return True


def is_gone(client: Client, thread_id: str) -> bool:
    """Whether a thread that was deleted is not there any more; what deletes it may take a while."""
    until = time.monotonic() + _DELETED_SECONDS
    while may_read(client, thread_id):
        if time.monotonic() > until:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def ids_with(client: Client, metadata: Mapping[str, str]) -> set[str]:
    """Return the ids of the threads that search finds by this metadata of ours."""
    try:
        return {one["thread_id"] for one in client.threads.tagged(metadata)}
    except ApiError as error:
        if not speaks_of_access(error):
            raise
        return set()


def assert_nothing_left_behind(steps: Steps, fail: Callable[[], object], *others: Client) -> None:
    """Assert that the number of threads does not grow each time that copies fail.

    A thread left behind for an unknown source has no metadata of ours to be found by. So all threads that
    are not of this run are counted, and none is looked at. Others may make threads at the same moment: only
    growth that comes again and again, and that twice as much time without copies never brings, is no chance.

    Args:
        steps: Who copies, and counts.
        fail: Makes a copy that fails, or some.
        others: Who else may see what is left behind, and counts too.
    """
    counting = [client for client in (steps.client, *others) if _counts_by_metadata(client)]
    if not counting:
        steps.note("threads are not counted by metadata: one left behind that has none was not seen")
        fail()
        return

    def count() -> int:
        return sum(map(_count_of_others, counting))

    def grows_by_failing() -> bool:
        began, before = time.monotonic(), count()
        for _ in range(_TIMES):
            fail()
        after = count()
        if after <= before:
            return False
        began, seconds = time.monotonic(), _QUIET * (time.monotonic() - began)
        while time.monotonic() < began + seconds:
            may_read(steps.client, unknown_id())
        return count() == after

    if all(grows_by_failing() for _ in range(_TRIALS)):
        raise AssertionError(
            f"copies that fail leave threads behind: some came in each of {_TRIALS} trials of {_TIMES} "
            f"failures, and none in {_QUIET} times as long without"
        )


def _counts_by_metadata(client: Client) -> bool:
    try:
        return _count(client, {TAG: unknown_id()}) == 0
    except ApiError as error:
        if not speaks_of_access(error):
            raise
        return False


def _count_of_others(client: Client) -> int:
    return _count(client, {}) - _count(client, client.threads.tag)


def _count(client: Client, metadata: Mapping[str, str]) -> int:
    """Return how many threads have this metadata."""
    body = {"metadata": metadata}
    answer = client.transport.send("POST", "/threads/count", json=body, repeatable=True)
    count = answer.json() if answer.status == 200 else None
    if type(count) is not int:
        raise answer.error(" with what is no number")
    return count
