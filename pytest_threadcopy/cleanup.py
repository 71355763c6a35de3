"""Removes what earlier runs left on a deployment, since they were killed: ``--threadcopy-cleanup``."""

from collections import Counter

import pytest

from pytest_threadcopy.deployment import Deployment
from pytest_threadcopy.option_values import EMBEDDED
from pytest_threadcopy.options import read_options
from pytest_threadcopy.redactor import Redactor
from pytest_threadcopy.report.cells import one_line
from pytest_threadcopy.run_id import LONGEST_RUN, MADE_BY, TAG, may_be_at_work, new_run_id
from pytest_threadcopy.settings import Settings, read_settings
from pytest_threadcopy.threads import ThreadsClient
from pytest_threadcopy.wire.transport import DeploymentError


def clean_up(config: pytest.Config) -> int:
    """Remove from each deployment the threads of runs that are over, and print how many.

    Returns:
        0 where all are gone, 1 where some would not go.

    Raises:
        pytest.UsageError: No deployment is named, or one cannot be asked which threads it has; the others
            are cleaned up all the same.
    """
    values = read_options(config)
    if not values["deployment_url"]:
        raise pytest.UsageError("--threadcopy-cleanup needs a deployment: name one with --deployment-url")
    every = read_settings(config, values)
    if any(settings.url == EMBEDDED for settings in every):
        raise pytest.UsageError(
            "--threadcopy-cleanup: the embedded server keeps nothing from one run to the next"
        )
    left, problems = 0, []
    for settings in every:
        try:
            left += _clean_up(settings)
        except DeploymentError as error:
            told = f"{settings.name} cannot be cleaned up: {error}"
            problems.append(Redactor(settings.hidden)(told))
    if problems:
        raise pytest.UsageError("\n".join(problems))
    return 1 if left else 0


def _clean_up(settings: Settings) -> int:
    """Remove from one deployment what runs left that are over, and say so; return how many would not go."""
    deployment = Deployment(settings.url, settings, new_run_id())
    try:
        removed, at_work, stuck = _remove(deployment.client.threads)
    finally:
        deployment.close(find_tagged=False)
    redact = Redactor(settings.hidden)
    shown = redact(settings.shown)
    print(f"{shown}: removed {removed} thread{'s' * (removed != 1)} of runs that are over")
    for run, count in at_work.items():
        print(
            f"  kept {count} of run {one_line(run)}, which may be at work; "
            f"{LONGEST_RUN.total_seconds() / 3600:.0f} hours after its begin they can be removed"
        )
    if stuck:
        print(f"  could not be deleted: {one_line(redact(', '.join(stuck)))}")
    return len(stuck)


def _remove(threads: ThreadsClient) -> tuple[int, Counter[str], list[str]]:
    """Delete the threads of runs that are over.

    Returns:
        How many are gone, how many threads there are of each run that may be at work, and the ids of those
        that would not go.
    """
    removed, at_work, stuck = 0, Counter[str](), []
    for thread in list(threads.tagged(MADE_BY)):
        thread_id, run = thread["thread_id"], str(thread["metadata"].get(TAG))
        if may_be_at_work(run):
            at_work[run] += 1
            continue
        try:
            threads.delete(thread_id)
            removed += 1
        except DeploymentError:
            stuck.append(thread_id)
    return removed, at_work, stuck
