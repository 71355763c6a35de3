"""``--threadcopy-cleanup``: deletes the threads that killed runs left on a deployment."""

from collections import Counter
from collections.abc import Callable

import pytest

from pytest_threadcopy.api.run_id import LONGEST_RUN, MADE_BY, TAG, may_be_at_work, new_run_id
from pytest_threadcopy.api.threads import ThreadsClient
from pytest_threadcopy.config.options import read_options
from pytest_threadcopy.config.settings import Settings, read_settings
from pytest_threadcopy.deployment.deployment import Deployment
from pytest_threadcopy.session.slow_requests import SlowRequests
from pytest_threadcopy.text.logs import RedactedLogs
from pytest_threadcopy.text.terminal import one_line
from pytest_threadcopy.wire.transport import DeploymentError


def clean_up(config: pytest.Config) -> int:
    """Delete from each deployment the threads of runs that are over, and print how many.

    Returns:
        0 if all are gone, 1 if some could not be deleted, 2 after an interrupt.

    Raises:
        pytest.UsageError: No deployment is named, or one cannot be searched for threads. The error is raised
            after the others are cleaned up.
    """
    values = read_options(config)
    if not values["deployment_url"]:
        raise pytest.UsageError("--threadcopy-cleanup needs a deployment: name one with --deployment-url")
    all_settings = read_settings(config, values)
    if any(settings.address.is_embedded for settings in all_settings):
        raise pytest.UsageError(
            "--threadcopy-cleanup: the embedded server keeps nothing from one run to the next"
        )
    undeleted, problems = 0, list[str]()
    for settings in all_settings:
        try:
            undeleted += _clean_up(settings, problems)
        except DeploymentError as error:
            problems.append(settings.redact(f"{settings.name} cannot be cleaned up: {error}"))
        except KeyboardInterrupt:
            return pytest.ExitCode.INTERRUPTED
    if problems:
        raise pytest.UsageError("\n".join(problems))
    return 1 if undeleted else 0


def _clean_up(settings: Settings, problems: list[str]) -> int:
    """Clean up one deployment, under each identity, and return how many threads could not be deleted.

    If one identity cannot search for threads, add the reason to ``problems``; the other still searches.
    """
    redact = settings.redact
    logs = RedactedLogs(redact.json)
    deployment = Deployment(settings, new_run_id())
    slow_requests = SlowRequests(lambda: deployment.under_way, redact)
    slow_requests.start()
    identities = {"": deployment.client, ", second identity": deployment.second_client}
    name, undeleted = redact(settings.label), 0
    try:
        for who, client in identities.items():
            try:
                undeleted += _remove(client.threads, f"{name}{who}", redact) if client else 0
            except DeploymentError as error:
                problems.append(redact(f"{settings.name}{who} cannot be cleaned up: {error}"))
    finally:
        slow_requests.stop()
        deployment.close(find_tagged=False)
        logs.remove()
    return undeleted


def _remove(threads: ThreadsClient, name: str, redact: Callable[[str], str]) -> int:
    """Delete the threads of runs that are over, print how many, and return how many could not be deleted."""
    over, at_work = dict[str, None](), Counter[str]()
    for thread in threads.tagged(MADE_BY):
        run = str(thread["metadata"].get(TAG))
        if may_be_at_work(run):
            at_work[run] += 1
        else:
            over[thread["thread_id"]] = None
    for thread_id in over:
        threads.own(thread_id)  # this ignores a thread that the user names
    total = len(threads.made)
    try:
        threads.delete_made()
    finally:
        stuck, removed = list(threads.made), total - len(threads.made)
        threads.made.clear()  # closing the deployment does not try these again
        print(f"{name}: removed {removed} thread{'s' * (removed != 1)} of runs that are over")
        for run, count in at_work.items():
            print(
                f"  kept {count} of run {one_line(run)}, which may still be running: they can be removed "
                f"{LONGEST_RUN.total_seconds() / 3600:.0f} hours after its start"
            )
        if stuck:
            print(f"  could not be deleted: {one_line(redact(', '.join(stuck)))}")
    return len(stuck)
