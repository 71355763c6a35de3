"""ROB: which identity may copy a thread and use the copy, and whether a copy outlives a restart."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import pytest

from pytest_threadcopy.api.client import Client
from pytest_threadcopy.contract.steps.reading import together
from pytest_threadcopy.contract.steps.refusals import (
    assert_nothing_left_behind,
    assert_refused,
    definite,
    ids_with,
    is_gone,
    is_page,
    may_read,
    unknown_id,
)
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.deployment import Deployment
from pytest_threadcopy.deployment.sources import Source, Sources
from pytest_threadcopy.embedded import EmbeddedServer
from pytest_threadcopy.reproduction.violation import Violation, expect
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.wire.transport import ApiError

requirement = pytest.mark.threadcopy


@contextmanager
def _cleared(client: Client, first: Client) -> Iterator[None]:
    """Delete the threads that another identity makes; leave to the first identity those that it may read.

    Only the first identity can delete a copy that a deployment gives to the owner of the source.
    """
    try:
        yield
    finally:
        made = list(client.threads.made)
        client.threads.delete_made()
        for thread_id in made:
            with suppress(ApiError):  # else the end of the run reports that it was not deleted
                if may_read(first, thread_id):
                    client.threads.made.pop(thread_id, None)
                    first.threads.own(thread_id)


@requirement("ROB-10", "MUST")
def test_rob_10_private_thread_of_another(steps: Steps, deployment: Deployment) -> None:
    """A private thread of another identity cannot be copied, and no thread appears for either identity.

    Source: docs, "independent", and a careful user.
    """
    second = deployment.second_client
    if second is None:
        raise Untestable(
            "this takes two identities: give the headers of the second with --threadcopy-second-headers"
        )
    with _cleared(second, steps.client):
        readable = _each_is_refused(steps, second)
    if readable:
        raise Untestable(
            f"{' and '.join(readable)}: "
            "give with --threadcopy-second-headers an identity that may not do that"
        )


def _each_is_refused(steps: Steps, second: Client) -> list[str]:
    """Assert that no identity can copy a thread that it may not read; return what it may read, in words."""
    mark = {"threadcopy_private": unknown_id()}
    try:
        theirs = second.threads.create(metadata=mark)["thread_id"]
    except ApiError as error:
        if error.status not in (401, 403):
            raise
        raise Untestable(
            f"the second identity, of --threadcopy-second-headers, is refused: {error}"
        ) from error
    ours = steps.threads.create(metadata=mark)["thread_id"]
    identities = (("second", second, theirs, ours), ("first", steps.client, ours, theirs))
    readable: list[str] = []
    refused: list[Callable[[], None]] = []
    for who, client, _, thread_id in identities:
        if may_read(client, thread_id):
            readable.append(f"the {who} identity may read thread {thread_id} of the other")
        else:
            what = f"a copy of thread {thread_id} by the {who} identity, which may not read that thread,"
            refused.append(partial(_assert_no_copy, client, thread_id, what))
    for refuse in refused:
        refuse()
    for who, client, own_id, other_id in identities:
        marked = ids_with(client, mark)
        if own_id not in marked:
            steps.note(
                f"search by metadata finds no thread for the {who} identity: a new one would not be noticed"
            )
        new = sorted(marked - {own_id, other_id})
        problem = f"each copy was refused, but the {who} identity now has thread {', '.join(new)}"
        expect(not new, problem, *new)
    if refused:
        assert_nothing_left_behind(steps, lambda: [refuse() for refuse in refused], second)
    return readable


def _assert_no_copy(client: Client, thread_id: str, what: str) -> None:
    assert_refused(client.threads.copy_answer(thread_id), what)


@requirement("ROB-11", "MUST")
def test_rob_11_anonymous(steps: Steps, plain: Source, deployment: Deployment) -> None:
    """Where the deployment requires an identity, an anonymous copy is refused with 401 or 403.

    Source: docs, "independent", and a careful user.
    """
    anonymous = deployment.anonymous_client
    if anonymous is None:
        raise Untestable("this takes an identity to leave out: give its headers with --threadcopy-headers")
    with _cleared(anonymous, steps.client):
        answer = anonymous.threads.copy_answer(plain.thread_id)
        if answer.status in (401, 403):
            return
        leads_away = 300 <= answer.status < 400
        if leads_away or (definite(answer).status < 500 and is_page(answer)):
            steps.note(f"an anonymous copy is refused by a redirect or a page: {answer.error()}")
            return
        try:
            anonymous.threads.create()
        except ApiError as refusal:
            if not refusal.is_definite:
                raise
            problem = f"an anonymous copy must be refused with 401 or 403: {answer.error()}"
            raise Violation(problem, answer) from refusal
    raise Untestable("anybody may make threads here: the headers protect nothing")


@requirement("ROB-12", "SHOULD")
def test_rob_12_copy_is_its_copiers(steps: Steps, sources: Sources, deployment: Deployment) -> None:
    """An identity that may read and copy the source can read, run and delete the copy.

    Source: a careful user.
    """
    source = sources.plain()
    check = [partial(_can_use_its_copy, "first", steps, source)]
    second = deployment.second_client
    if second is None:
        steps.note("no second identity copied the source: give its headers with --threadcopy-second-headers")
        together(*check)
        return
    if may_read(second, source.thread_id):
        check.append(partial(_can_use_its_copy, "second", Steps(second, steps.note), source))
    else:
        steps.note("the second identity may not read the source, so it did not copy it")
    with _cleared(second, steps.client):
        together(*check)


def _can_use_its_copy(who: str, steps: Steps, source: Source) -> None:
    """Assert that an identity can read, run and delete the copy that it makes of a source."""
    role, threads = source.role, steps.threads
    try:
        copy_id = steps.copy(source.thread_id)
    except ApiError as error:
        if error.status not in (401, 403):
            raise
        steps.note(f"the {who} identity may read the source, but not copy it: {error}")
        return

    def can(what: str, act: Callable[[str], object], make_other: Callable[[], str]) -> bool:
        try:
            act(copy_id)
        except ApiError as error:
            if not error.is_definite:
                raise
            if _is_refused(act, make_other):
                steps.note(f"the {who} identity cannot {what} any thread: {error}")
                return False
            raise Violation(
                f"the {who} identity made copy {copy_id} and cannot {what} it: {error}", copy_id
            ) from error
        return True

    def source_id() -> str:
        return source.thread_id

    def new_id() -> str:
        return str(threads.create(graph_id=role.assistant_id)["thread_id"])

    can("read", threads.get, source_id)
    if can("read the state of", threads.get_state, source_id):
        with steps.where_shown(f"the state that the {who} identity reads of its copy"):
            steps.same_state(source.thread_id, copy_id)
    if can("read the history of", threads.get_history, source_id):
        with steps.where_shown(f"the history that the {who} identity reads of its copy"):
            steps.same_history(source.thread_id, copy_id)
    if role.may_run:
        run = partial(steps.client.runs.wait, assistant_id=role.assistant_id, raise_error=False)
        can("run", partial(run, input=role.input), new_id)
    else:
        update = partial(threads.update_state, values=role.input, as_node="__start__")
        can("update", update, new_id)
    if can("delete", threads.delete, new_id):
        gone = is_gone(steps.client, copy_id)
        expect(gone, f"the {who} identity deleted copy {copy_id}, but the copy still exists", copy_id)


def _is_refused(act: Callable[[str], object], make: Callable[[], str]) -> bool:
    """Whether the same act is refused on a thread that is no copy; false if ``make`` cannot make one."""
    try:
        thread_id = make()
    except ApiError:
        return False
    try:
        act(thread_id)
    except ApiError:
        return True
    return False


@requirement("ROB-13", "SHOULD")
def test_rob_13_restart(steps: Steps, deployment: Deployment) -> None:
    """Copies can be used after a restart of the deployment as before it.

    Source: a careful user.
    """
    if not deployment.settings.address.is_embedded:
        raise Untestable("the plugin can restart only the deployment of --deployment-url embedded")
    with EmbeddedServer() as server:  # a server for this test alone: other tests may use the deployment's now
        restarted = Deployment(deployment.settings.at(server.url), deployment.run)
        restarted.capabilities = deployment.capabilities
        restarted_steps = Steps(restarted.client, steps.note)
        sources = Sources(restarted)
        role = sources.runnable()
        source_id = sources.plain().thread_id
        copy_id = restarted_steps.copy(source_id)
        before = restarted_steps.observation(copy_id)
        server.restart()
        restarted_steps.unaffected(copy_id, before, "a restart")
        restarted_steps.same_history(source_id, copy_id)
        restarted_steps.run_both(source_id, copy_id, role, input=role.input)
        sources.close()
        restarted.close(find_tagged=False)
