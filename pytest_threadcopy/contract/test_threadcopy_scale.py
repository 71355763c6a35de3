"""SCALE: long histories are copied in time. Opt-in, for it makes long histories."""

import time
from itertools import pairwise
from statistics import median

import pytest

from pytest_threadcopy.api.routes import thread_path
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.deployment import Deployment
from pytest_threadcopy.deployment.sources import Source, Sources
from pytest_threadcopy.reproduction.violation import expect
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.wire.transport import DeploymentError, NoAnswer

requirement = pytest.mark.threadcopy

_LENGTHS = (10, 100, 1000)
_TIMES = 3
_TRIES = 3 * _TIMES
_TOLERANCE = 3.0
_NOISE_SECONDS = 0.02
"""Below this, the time of a copy is noise."""
_POLL_SECONDS = 0.5


@requirement("SCALE-01", "SHOULD")
def test_scale_01_copy_time_grows_no_faster_than_the_history(
    steps: Steps, sources: Sources, deployment: Deployment
) -> None:
    """Copy time over sources of 10, 100 and 1,000 checkpoints grows no faster than linearly.

    Source: docs, "identical to the original thread".
    """
    if not deployment.settings.scale:
        raise Untestable("this makes long histories, and is opt-in: --threadcopy-scale")
    patience = deployment.settings.run_timeout
    seconds = {length: _copy_seconds(steps, _long(sources, length), patience) for length in _LENGTHS}
    times = ", ".join(f"{took:.3f} s for {length} checkpoints" for length, took in seconds.items())
    steps.note(f"a copy takes {times}")
    for shorter, longer in pairwise(_LENGTHS):
        linear = max(seconds[shorter], _NOISE_SECONDS) * longer / shorter
        expect(
            seconds[longer] <= linear * _TOLERANCE,
            f"copy time grows faster than the history: a copy takes {times}; if the time grew linearly, "
            f"{longer} checkpoints would take {linear:.3f} s",
        )


def _long(sources: Sources, checkpoints: int) -> Source:
    if sources.way in ("by_stopped_runs", "by_runs"):
        raise Untestable(f"a history of {checkpoints} checkpoints takes as many runs here")
    return sources.plain(checkpoints=checkpoints)


def _copy_seconds(steps: Steps, source: Source, patience: float) -> float:
    """Return how long a copy of a source takes: the median of a few copies that no rate limit held up."""
    # A copy gets this mark from its source, so that a copy whose answer never came can be found.
    mark = {**steps.threads.tag, "threadcopy_note": source.thread_id}
    steps.annotate(source.thread_id, mark)
    took: list[float] = []
    traffic = steps.client.transport.traffic
    for _ in range(_TRIES):
        began, pauses = time.perf_counter(), traffic.pauses
        try:
            copy_id = steps.copy(source.thread_id)
        except NoAnswer as error:
            fate = _remove_late_copy(steps, source, mark, patience)
            raise Untestable(f"a copy took longer than the time limit ({error}); {fate}") from error
        if traffic.pauses == pauses:
            took.append(time.perf_counter() - began)
        steps.threads.delete(copy_id)
        if len(took) == _TIMES:
            return median(took)
    raise Untestable("the deployment limits the rate of requests: copies wait for it, and cannot be timed")


def _remove_late_copy(steps: Steps, source: Source, mark: dict[str, str], patience: float) -> str:
    """Look for a copy whose answer never came, delete it once it appears, and return what happened."""
    began = time.monotonic()
    while time.monotonic() < began + patience:
        try:
            threads = steps.threads.search(metadata=mark)
        except DeploymentError as error:
            return f"nobody knows whether the copy was made: {error}"
        for thread in threads:
            # A search may ignore its filter, and this must not delete the threads of others.
            is_ours = (thread.get("metadata") or {}).items() >= mark.items()
            if is_ours and thread["thread_id"] != source.thread_id:
                steps.threads.delete(thread["thread_id"])
                steps.threads.forget_lost(thread_path(source.thread_id, "copy"))
                return f"the copy appeared {time.monotonic() - began:.1f} s later, and was deleted"
        time.sleep(_POLL_SECONDS)
    return f"the copy did not appear within {patience:g} s"
