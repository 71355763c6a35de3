"""How a thread gets its history: each way on the real server, which refuses the better ways."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from pytest_threadcopy.api.threads import ThreadsClient
from pytest_threadcopy.deployment.deployment import Deployment
from pytest_threadcopy.deployment.roles import message
from pytest_threadcopy.deployment.sources import Source, Sources
from pytest_threadcopy.requirements import Untestable
from tests.lab.deployed import deployed
from tests.lab.servers.fake import Exchange, fake_server

NOT_THE_KITS = {"assistant": "threadcopy_nested"}
"""The user names this assistant, so it must not run."""


def is_supersteps(request: Exchange) -> bool:
    return request.path == "/threads" and "supersteps" in (request.body or {})


def is_update(request: Exchange) -> bool:
    return request.method == "POST" and request.path.endswith("/state")


def is_run(request: Exchange) -> bool:
    return request.path.endswith("/runs/wait")


def is_stopped_run(request: Exchange) -> bool:
    return is_run(request) and "interrupt_before" in request.body


@contextmanager
def refusing(url: str, *refused: Callable[[Exchange], bool]) -> Iterator[tuple[str, list[Exchange]]]:
    """Forward requests to a real server, except the refused ones; yield a URL and the list of requests."""
    with httpx.Client(base_url=url, timeout=60) as real:

        def answer(request: Exchange) -> None:
            if any(is_refused(request) for is_refused in refused):
                request.answer(422, {"detail": "not here"})
                return
            response = real.request(request.method, request.path, params=request.query, json=request.body)
            request.answer(response.status_code, response.text)

        with fake_server(answer) as served:
            yield served


@pytest.fixture
def deployment(embedded_url: str) -> Iterator[Deployment]:
    with deployed(embedded_url) as deployment:
        yield deployment


@pytest.fixture
def sources(deployment: Deployment) -> Iterator[Sources]:
    sources = Sources(deployment)
    yield sources
    sources.close()


def nodes_that_ran(threads: ThreadsClient, source: Source) -> set[str]:
    """Return the nodes that wrote to a thread, except the one that writes the input."""
    history = list(threads.history(source.thread_id))
    assert history, "a source must have a history"
    return {task["name"] for state in history for task in state["tasks"] if task["result"]} - {"__start__"}


def test_the_first_way_is_supersteps_at_creation(deployment: Deployment, sources: Sources) -> None:
    source = sources.plain(checkpoints=5)
    assert sources.way == "by_supersteps"
    assert len(list(deployment.client.threads.history(source.thread_id))) >= 5
    assert nodes_that_ran(deployment.client.threads, source) == set()
    assert deployment.client.transport.traffic.runs == 0


def test_if_supersteps_are_refused_the_state_is_written(embedded_url: str) -> None:
    with refusing(embedded_url, is_supersteps) as (url, _), deployed(url) as deployment:
        sources = Sources(deployment)
        source = sources.plain(checkpoints=5)
        assert sources.way == "by_updates"
        assert len(list(deployment.client.threads.history(source.thread_id))) >= 5
        assert nodes_that_ran(deployment.client.threads, source) == set()
        assert deployment.client.transport.traffic.runs == 0


def test_if_supersteps_are_ignored_the_state_is_written(embedded_url: str) -> None:
    def ignored(request: Exchange) -> bool:
        if is_supersteps(request):
            del request.body["supersteps"]
        return False

    with refusing(embedded_url, ignored) as (url, _), deployed(url) as deployment:
        sources = Sources(deployment)
        sources.plain()
        assert sources.way == "by_updates"


def test_if_the_state_cannot_be_written_runs_are_stopped_before_every_node(embedded_url: str) -> None:
    with refusing(embedded_url, is_supersteps, is_update) as (url, _), deployed(url) as deployment:
        sources = Sources(deployment)
        source = sources.plain(checkpoints=2)
        assert sources.way == "by_stopped_runs"
        assert nodes_that_ran(deployment.client.threads, source) == set()
        assert deployment.client.threads.get_state(source.thread_id)["next"] == ["greet"]


def test_if_runs_cannot_be_stopped_an_assistant_that_may_run_runs(embedded_url: str) -> None:
    refused = is_supersteps, is_update, is_stopped_run
    with refusing(embedded_url, *refused) as (url, _), deployed(url) as deployment:
        sources = Sources(deployment)
        source = sources.plain(checkpoints=1)
        assert sources.way == "by_runs"
        assert nodes_that_ran(deployment.client.threads, source) == {"greet", "count"}


@pytest.mark.parametrize(
    ("refused", "way"),
    [
        ((), "by_supersteps"),
        ((is_supersteps,), "by_updates"),
        ((is_supersteps, is_update), "by_stopped_runs"),
    ],
)
def test_no_node_of_a_users_assistant_is_run(
    embedded_url: str, refused: tuple[Callable[[Exchange], bool], ...], way: str
) -> None:
    with refusing(embedded_url, *refused) as (url, requests), deployed(url, **NOT_THE_KITS) as deployment:
        sources = Sources(deployment)
        source = sources.plain(checkpoints=2)
        assert sources.way == way
        assert nodes_that_ran(deployment.client.threads, source) == set()
        assert all(is_stopped_run(each) for each in requests if is_run(each))


def test_a_source_that_needs_a_run_of_a_users_assistant_is_untestable_and_says_what_to_do(
    embedded_url: str,
) -> None:
    refused = is_supersteps, is_update, is_stopped_run
    with refusing(embedded_url, *refused) as (url, requests), deployed(url, **NOT_THE_KITS) as deployment:
        with pytest.raises(Untestable, match=r"422.*--threadcopy-input.*--thread-id"):
            Sources(deployment).plain()
        assert all(is_stopped_run(each) for each in requests if is_run(each))


def test_a_users_assistant_with_an_input_is_run(embedded_url: str) -> None:
    user_input = message("Shall we?")
    refused = is_supersteps, is_update, is_stopped_run
    with (
        refusing(embedded_url, *refused) as (url, _),
        deployed(url, **NOT_THE_KITS, input=user_input) as deployment,
    ):
        source = Sources(deployment).plain(checkpoints=1)
        values = deployment.client.threads.get_state(source.thread_id)["values"]
    assert values["messages"][0] == user_input["messages"][0]


def test_a_requirement_that_runs_a_users_assistant_is_untestable_by_default(embedded_url: str) -> None:
    with deployed(embedded_url, **NOT_THE_KITS) as deployment:
        sources = Sources(deployment)
        assert not sources.plays("plain")
        with pytest.raises(Untestable, match=r"runs assistant threadcopy_nested: .*--threadcopy-input"):
            sources.runnable()


def test_the_users_thread_is_the_last_way_and_is_only_read(deployment: Deployment, sources: Sources) -> None:
    named = sources.plain().thread_id
    with deployed(deployment.url, thread_id=named) as other_deployment:
        assert Sources(other_deployment).plain(writable=False).thread_id != named
        other_deployment.capabilities = {"problems": {"sources": "no way"}}
        of_user = Sources(other_deployment)
        source = of_user.plain(writable=False)
        assert (source.thread_id, source.ours) == (named, False)
        with pytest.raises(Untestable, match="no way"):
            of_user.plain()
    assert deployment.client.threads.get(named)["thread_id"] == named, "the user's thread was deleted"


def test_a_known_way_is_used_without_trial_requests(embedded_url: str) -> None:
    with refusing(embedded_url, is_supersteps) as (url, requests), deployed(url) as deployment:
        first = Sources(deployment)
        first.plain()
        deployment.capabilities = {"sources": first.way}
        before = len([each for each in requests if is_supersteps(each)])
        for sources in (first, Sources(deployment)):
            sources.plain()
        assert len([each for each in requests if is_supersteps(each)]) == before


def test_the_last_checkpoint_writes_the_requested_values(deployment: Deployment, sources: Sources) -> None:
    source = sources.plain(values={"data": {"mine": [1, None]}})
    state = deployment.client.threads.get_state(source.thread_id)
    assert state["values"]["data"] == {"mine": [1, None]}


def test_sources_that_need_a_run_begin_together_and_each_is_taken_once(
    deployment: Deployment, sources: Sources
) -> None:
    sources.begin({"interrupting": 2})
    first, second = sources.take("interrupting"), sources.take("interrupting")
    shared = sources.shared("interrupting")
    assert len({first.thread_id, second.thread_id, shared.thread_id}) == 3
    assert sources.shared("interrupting") is shared
    assert deployment.client.transport.traffic.runs == 3
    for source in (first, second, shared):
        assert deployment.client.threads.get_state(source.thread_id)["next"] == ["ask"]


def test_a_thread_in_error_is_a_source_of_the_role_that_fails(
    deployment: Deployment, sources: Sources
) -> None:
    failed = sources.take("failing")
    assert deployment.client.threads.get(failed.thread_id)["status"] == "error"


def test_a_failed_run_that_answers_a_server_error_leaves_a_thread_in_error(embedded_url: str) -> None:
    with httpx.Client(base_url=embedded_url, timeout=60) as real:

        def answer(request: Exchange) -> None:
            response = real.request(request.method, request.path, params=request.query, json=request.body)
            request.answer(500 if "__error__" in response.text else response.status_code, response.text)

        with fake_server(answer) as (url, _), deployed(url) as deployment:
            failed = Sources(deployment).take("failing")
            assert deployment.client.threads.get(failed.thread_id)["status"] == "error"


def test_a_thread_that_cannot_be_made_is_untestable(deployment: Deployment, sources: Sources) -> None:
    role = sources.role("plain")
    with (
        refusing(deployment.url, lambda request: request.path == "/threads") as (url, _),
        deployed(url) as refused,
        pytest.raises(Untestable, match="the source cannot be made"),
    ):
        Sources(refused).never_ran(role)


def test_the_way_that_keeps_most_checkpoints_is_used(embedded_url: str) -> None:
    refused = is_update, is_run
    with httpx.Client(base_url=embedded_url, timeout=60) as real:

        def answer(request: Exchange) -> None:
            if any(is_other(request) for is_other in refused):
                request.answer(422, {"detail": "not here"})
                return
            body = (
                {**request.body, "supersteps": request.body["supersteps"][-2:]}
                if is_supersteps(request)
                else request.body
            )
            response = real.request(request.method, request.path, params=request.query, json=body)
            request.answer(response.status_code, response.text)

        with fake_server(answer) as (url, _), deployed(url) as deployment:
            sources = Sources(deployment)
            source = sources.plain()
            assert sources.way == "by_supersteps"
            assert len(list(deployment.client.threads.history(source.thread_id))) == 2


def test_a_role_without_an_assistant_is_untestable_and_says_what_to_do(
    deployment: Deployment, sources: Sources
) -> None:
    deployment.assistants = []
    with pytest.raises(Untestable, match=r"threadcopy_slow.*\[tool\.threadcopy\.roles\.slow\]"):
        sources.take("slow")
