"""What a refused or failed copy may answer, and how a thread that it left behind is found."""

from collections.abc import Callable, Mapping
from functools import partial
from uuid import uuid4

from pytest_threadcopy.client import Client
from pytest_threadcopy.contract.steps import Steps
from pytest_threadcopy.run_id import TAG
from pytest_threadcopy.wire.transport import Answer, ApiError

BAD_ID = "not-a-uuid"
_TIMES = 5
_TRIALS = 3


def unknown_id() -> str:
    """Return a UUID that nobody else has, so that no deployment knows a thread by it."""
    return str(uuid4())


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


def assert_refused(answer: Answer, what: str) -> None:
    """Assert that an answer refuses ``what`` with a 4xx."""
    status = heard(answer).status
    assert 400 <= status < 500, f"{what} must be refused with a 4xx: {answer.error()}"


def may_read(client: Client, thread_id: str) -> bool:
    """Whether a thread is there, for the identity of this client."""
    return client.transport.send("GET", f"/threads/{thread_id}").status < 300


def ids_with(client: Client, metadata: Mapping[str, str]) -> set[str]:
    """Return the ids of the threads, a hundred at most, that search finds by this metadata of ours."""
    try:
        found = client.threads.search(metadata=metadata, limit=100)
    except ApiError as error:
        if not speaks_of_access(error):
            raise
        return set()
    # A search that ignores its filter shows the threads of others.
    return {one["thread_id"] for one in found if (one.get("metadata") or {}).items() >= metadata.items()}


def assert_nothing_left_behind(steps: Steps, fail: Callable[[], object]) -> None:
    """Assert that the number of threads does not grow each time that a copy fails.

    A thread left behind for an unknown source has no metadata of ours to be found by. So all threads that
    are not of this run are counted, and none is looked at. Others may make threads at the same moment: only
    growth that comes again and again, and that reading does not bring, is taken for the copies'.
    """

    def growth(act: Callable[[], object]) -> int:
        before = _count_of_others(steps)
        for _ in range(_TIMES):
            act()
        return _count_of_others(steps) - before

    if not _counts_by_metadata(steps):
        steps.note("threads are not counted by metadata: one left behind that has none was not seen")
        fail()
        return
    read = partial(may_read, steps.client, unknown_id())
    if all(growth(fail) >= _TIMES > growth(read) for _ in range(_TRIALS)):
        raise AssertionError(
            f"copies that fail leave threads behind: in each of {_TRIALS} trials {_TIMES} of them made at "
            "least as many threads, and as many reads did not"
        )


def _counts_by_metadata(steps: Steps) -> bool:
    try:
        return _count(steps, {TAG: unknown_id()}) == 0
    except ApiError as error:
        if not speaks_of_access(error):
            raise
        return False


def _count_of_others(steps: Steps) -> int:
    return _count(steps, {}) - _count(steps, steps.threads.tag)


def _count(steps: Steps, metadata: Mapping[str, str]) -> int:
    """Return how many threads have this metadata."""
    body = {"metadata": metadata}
    answer = steps.client.transport.send("POST", "/threads/count", json=body, repeatable=True)
    count = answer.json() if answer.status == 200 else None
    if type(count) is not int:
        raise answer.error(" with what is no number")
    return count
