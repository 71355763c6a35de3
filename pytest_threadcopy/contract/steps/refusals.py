"""What a refused or failed copy may answer, and how to find a thread that it left behind."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from uuid import UUID, uuid4

from pytest_threadcopy.api.client import Client
from pytest_threadcopy.api.run_id import TAG
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.reproduction.violation import Compared, Violation, expect
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.wire.response import Answer, ApiError, suppress_refusal

BAD_ID = "not-a-uuid"
_FAILURES = 10
_TRIALS = 5
_QUIET = 2
"""After each trial, threads are counted for this many times as long, without a copy.

Where other people make threads by chance, the deployment is blamed at most once in ten thousand times.
"""
_DELETED_SECONDS = 10.0
_POLL_SECONDS = 0.25


def unknown_id() -> str:
    """Return a new UUID: no deployment knows a thread by it."""
    return str(uuid4())


def ids_are_uuids(steps: Steps) -> bool:
    """Whether the deployment's thread ids are UUIDs."""
    return _is_uuid(_deleted_thread(steps))


def unknown_ids(steps: Steps) -> Callable[[], str]:
    """Return a function that returns thread ids that the deployment accepts but does not know.

    Raises:
        Untestable: The deployment's ids are not UUIDs, and it does not delete a thread to free its id.
    """
    thread_id = _deleted_thread(steps)
    if _is_uuid(thread_id):
        return unknown_id
    if not is_gone(steps.client, thread_id):
        raise Untestable(f"thread ids are no UUIDs, and thread {thread_id} still exists after its deletion")
    return lambda: thread_id


def _deleted_thread(steps: Steps) -> str:
    """Make a thread, delete it if the deployment allows that, and return its id."""
    thread_id: str = steps.threads.create()["thread_id"]
    with suppress(ApiError):
        steps.threads.delete(thread_id)
    return thread_id


def _is_uuid(thread_id: str) -> bool:
    with suppress(ValueError):
        return bool(UUID(thread_id))
    return False


def definite(answer: Answer) -> Answer:
    """Return an answer that is about a thread or about access to it; raise any other as an `ApiError`."""
    error = answer.error()
    if not error.is_definite:
        raise error
    return answer


def is_page(answer: Answer) -> bool:
    """Whether an answer is no JSON, as a login page is: then it names no thread."""
    with suppress(ApiError):
        answer.json()
        return False
    return True


def assert_refused(answer: Answer, what: str) -> None:
    """Assert that an answer refuses ``what`` with a 4xx."""
    status = definite(answer).status
    expect(400 <= status < 500, f"{what} must be refused with a 4xx: {answer.error()}", answer)


def may_read(client: Client, thread_id: str) -> bool:
    """Whether a thread exists, and the client's identity may read it.

    Raises:
        ApiError: The answer is about load or a proxy.
    """
    with suppress_refusal(of_access=True):
        client.threads.get(thread_id)
        return True
    return False


def is_gone(client: Client, thread_id: str) -> bool:
    """Return whether a deleted thread is gone, after a wait: a deletion may take a while."""
    until = time.monotonic() + _DELETED_SECONDS
    while may_read(client, thread_id):
        if time.monotonic() > until:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def ids_with(client: Client, metadata: Mapping[str, str]) -> set[str]:
    """Return the ids of the threads of this run that a search by metadata finds."""
    with suppress_refusal(of_access=True):
        return {thread["thread_id"] for thread in client.threads.tagged(metadata)}
    return set()


def assert_nothing_left_behind(steps: Steps, fail: Callable[[], object], *others: Client) -> None:
    """Assert that failing copies do not make the number of threads grow.

    A thread left behind for an unknown source cannot be found, since it lacks our metadata. So this counts
    all threads that are not of this run, and reads none. Other people may make threads at the same time:
    only growth in every trial, with none in the longer pause after each, is blamed on the copies.

    ``fail`` makes one failing copy or more. Beside the client of the test, ``others`` count: clients of
    identities which may see threads that are left behind.
    """
    counting = [client for client in (steps.client, *others) if _counts_by_metadata(client)]
    if not counting:
        steps.note("the deployment does not count threads by metadata: one left behind would not be noticed")
        fail()
        return
    since = time.monotonic()

    def count() -> int:
        """Return how many threads are not of this run."""
        return sum(_count(client, {}) - _count(client, client.threads.tag) for client in counting)

    def grows_by_failing() -> bool:
        began, before = time.monotonic(), count()
        for _ in range(_FAILURES):
            fail()
        after = count()
        if after <= before:
            return False
        began, seconds = time.monotonic(), _QUIET * (time.monotonic() - began)
        while time.monotonic() < began + seconds:
            may_read(steps.client, unknown_id())
        return count() == after

    if all(grows_by_failing() for _ in range(_TRIALS)):
        raise Violation(
            f"copies that fail leave threads behind: the number of threads grew in each of {_TRIALS} trials "
            f"of {_FAILURES} failing copies, and not in {_QUIET} times as long without copies",
            Compared(None, None, None, since=since),
        )


def _counts_by_metadata(client: Client) -> bool:
    with suppress_refusal(of_access=True):
        return _count(client, {TAG: unknown_id()}) == 0
    return False


def _count(client: Client, metadata: Mapping[str, str]) -> int:
    """Return how many threads have this metadata."""
    body = {"metadata": metadata}
    answer = client.transport.send("POST", "/threads/count", json=body, repeatable=True)
    count = answer.json() if answer.status == 200 else None
    if type(count) is not int:
        raise answer.error(" without a number")
    return count
