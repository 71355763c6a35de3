"""Copying a thread while a run on it is under way."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pytest_threadcopy.contract.steps.run_results import EndedRun
from pytest_threadcopy.contract.steps.steps import Steps, steered
from pytest_threadcopy.deployment.roles import Role
from pytest_threadcopy.deployment.sources import Source
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.wire.transport import ApiError, DeploymentError

T = TypeVar("T")
_POLL_SECONDS = 0.1
_RUN_SECONDS = 1.0
_REST_SECONDS = 5.0
BUSY = {409, 423, 425}
"""How a deployment says that somebody is at work on a thread: conflict, locked, too early."""


@dataclass(frozen=True)
class MidRun(Generic[T]):
    """A copy taken in the middle of a run.

    ``seen`` is how many checkpoints the source had before the copy, ``meanwhile`` what came of what was done
    with the copy while the run went on, ``ran`` the run that is over.
    """

    copy_id: str
    seen: int
    meanwhile: T
    ran: EndedRun


def busy_turn(role: Role) -> dict[str, Any]:
    """Return the options of the run in whose middle a copy is taken."""
    return {"input": steered(role, seconds=_RUN_SECONDS)}


def copy_of_busy(steps: Steps, source_id: str) -> str:
    """Copy a thread that is at work, and return the copy's id.

    Raises:
        Untestable: The deployment refuses to copy a busy thread.
    """
    answer = steps.threads.copy_answer(source_id)
    if answer.status in BUSY:
        raise Untestable(f"this deployment refuses to copy a busy thread: {answer.error()}")
    return steps.id_in(answer)


def copy_mid_run(steps: Steps, source: Source, meanwhile: Callable[[str], T]) -> MidRun[T]:
    """Run the source's role on it, and copy it as soon as it shows a checkpoint with nodes still to run.

    Args:
        steps: The steps of the test.
        source: A thread that never ran.
        meanwhile: What to do with the copy, given its id, while the run on the source goes on.

    Raises:
        Untestable: The run was over before it could be seen at work, or a busy thread is not to be copied.
    """
    role = source.role
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(steps.run, source.thread_id, role, **busy_turn(role))
        while not run.done():
            # Some refuse the history of a thread that has no checkpoint yet.
            seen = steps.shown_history(source.thread_id)
            if seen and seen[0].get("next"):
                copy_id = copy_of_busy(steps, source.thread_id)
                return MidRun(copy_id, len(seen), meanwhile(copy_id), run.result())
            time.sleep(_POLL_SECONDS)
    raise Untestable(
        f"assistant {role.assistant_id} was not seen at work: its runs are over too soon, "
        "or their checkpoints appear only at the end"
    )


def run_on_copy_of_busy(steps: Steps, copy_id: str, role: Role) -> EndedRun:
    """Run on the copy of a source that was busy, and is no more.

    Raises:
        AssertionError: The copy was busy before, with no run of its own, and so it stays.
        DeploymentError: The run is not answered, for another reason.
    """
    was_stuck = _is_stuck(steps, copy_id, {"pending", "running"})
    try:
        return steps.run(copy_id, role, input=None)
    except DeploymentError as error:
        # By now a run of ours may wait for the phantom.
        if was_stuck and _is_stuck(steps, copy_id, {"running"}):
            raise AssertionError(f"copy {copy_id} of a busy source is stuck in busy: {error}") from error
        raise


def comes_to_rest(steps: Steps, thread_id: str) -> bool:
    """Wait until a thread whose run is over is busy no more, and return whether it is: some tell so later."""
    until = time.monotonic() + _REST_SECONDS
    while _is_busy(steps, thread_id):
        if time.monotonic() > until:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def assert_at_rest(steps: Steps, copy_id: str, *, like: str) -> None:
    """Assert that a copy whose run is over is busy no more, where the source ``like`` is not."""
    if not comes_to_rest(steps, copy_id):
        problem = f"copy {copy_id} of a busy source stays busy, after its own run is over"
        assert _is_busy(steps, like), problem
        steps.note("whether the copy stays busy is left out: so does its source")


def _is_busy(steps: Steps, thread_id: str) -> bool:
    try:
        return bool(steps.threads.get(thread_id).get("status") == "busy")
    except ApiError:
        return False


def _is_stuck(steps: Steps, thread_id: str, at_work: set[str]) -> bool:
    """Whether a thread is busy, and none of its runs is seen ``at_work``."""
    try:
        if steps.threads.get(thread_id).get("status") != "busy":
            return False
        return not any(run.get("status") in at_work for run in steps.client.runs.list(thread_id))
    except ApiError:
        return False
