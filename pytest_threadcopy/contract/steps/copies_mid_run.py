"""Copying a thread while a run on it is under way."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from pytest_threadcopy.contract.steps.run_results import EndedRun
from pytest_threadcopy.contract.steps.steps import Steps, steered
from pytest_threadcopy.deployment.roles import Role
from pytest_threadcopy.deployment.sources import Source
from pytest_threadcopy.reproduction.violation import Violation, expect
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import ApiError, DeploymentError

T = TypeVar("T")
_POLL_SECONDS = 0.1
_RUN_SECONDS = 1.0
_REST_SECONDS = 5.0
BUSY = {409, 423, 425}
"""The status codes that say that a thread is busy: conflict, locked, too early."""


@dataclass(frozen=True)
class CopyMidRun(Generic[T]):
    """A copy taken in the middle of a run on its source, which is over now.

    ``source_length`` counts the checkpoints that the source showed just before the copy. ``meanwhile`` is
    what the test's own function returned for the copy while the run went on.
    """

    copy_id: str
    source_length: int
    meanwhile: T
    source_run: EndedRun


def long_turn(role: Role) -> Json:
    """Return the options of a run that is long enough to copy its thread meanwhile."""
    return {"input": steered(role, seconds=_RUN_SECONDS)}


def copy_mid_run(steps: Steps, source: Source, meanwhile: Callable[[str], T]) -> CopyMidRun[T]:
    """Run the source's role on it, and copy it as soon as it shows a checkpoint with nodes still to run.

    ``source`` is a thread that never ran. ``meanwhile`` is called with the copy's id while the run on the
    source goes on.

    Raises:
        Untestable: The run ended before it was seen busy, or the deployment refuses to copy a busy thread.
    """
    role = source.role
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(steps.run, source.thread_id, role, **long_turn(role))
        while not run.done():
            # Some deployments refuse the history of a thread that has no checkpoint yet.
            history = steps.if_shown(steps.history, source.thread_id)
            if history and history[0].get("next"):
                answer = steps.threads.copy_answer(source.thread_id)
                if answer.status in BUSY:
                    raise Untestable(f"this deployment refuses to copy a busy thread: {answer.error()}")
                copy_id = steps.id_in(answer)
                return CopyMidRun(copy_id, len(history), meanwhile(copy_id), run.result())
            time.sleep(_POLL_SECONDS)
    raise Untestable(
        f"assistant {role.assistant_id} was never seen in the middle of a run: its runs end too soon, "
        "or their checkpoints appear only at the end"
    )


def run_on_copy_of_busy(steps: Steps, copy_id: str, role: Role) -> EndedRun:
    """Run on a copy. Its source was busy when it was copied, and is no longer busy.

    Raises:
        Violation: The copy is busy before the run and after it, though no run on it is under way.
        DeploymentError: No answer comes, or an error that is not about the thread, and the copy is not stuck.
    """
    was_stuck = _is_stuck(steps, copy_id, {"pending", "running"})
    try:
        return steps.run(copy_id, role, input=None)
    except DeploymentError as error:
        # Now our own run may be pending, behind a run that does not exist.
        if was_stuck and _is_stuck(steps, copy_id, {"running"}):
            raise Violation(f"copy {copy_id} of a busy source is stuck in busy: {error}", copy_id) from error
        raise


def comes_to_rest(steps: Steps, thread_id: str) -> bool:
    """Wait until a thread is no longer busy; return false if it stays busy.

    Some deployments change the status of a thread a little later than its run ends.
    """
    until = time.monotonic() + _REST_SECONDS
    while _is_busy(steps, thread_id):
        if time.monotonic() > until:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def assert_at_rest(steps: Steps, copy_id: str, source_id: str) -> None:
    """Assert that a copy whose run is over is not busy, unless its source is busy after its run too."""
    if not comes_to_rest(steps, copy_id):
        problem = f"copy {copy_id} of a busy source stays busy, after its own run is over"
        expect(_is_busy(steps, source_id), problem)
        steps.note("whether the copy stays busy is not compared: its source stays busy too")


def _is_busy(steps: Steps, thread_id: str) -> bool:
    with suppress(ApiError):
        return bool(steps.threads.get(thread_id).get("status") == "busy")
    return False


def _is_stuck(steps: Steps, thread_id: str, run_statuses: set[str]) -> bool:
    """Whether a thread is busy, though the deployment lists no run on it that has one of these statuses."""
    if _is_busy(steps, thread_id):
        with suppress(ApiError):
            return not any(run.get("status") in run_statuses for run in steps.client.runs.list(thread_id))
    return False
