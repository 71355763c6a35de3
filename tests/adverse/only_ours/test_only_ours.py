"""Over whole runs of the contract: no request names a thread, and no answer shows one, that is not ours."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from pytest_threadcopy.api.run_id import MADE_BY, TAG
from tests.lab.recorder import RecordedRequest, recorder
from tests.lab.runs import CONTRACT, run_pytest

KIT = "threadcopy_plain"
STEPS = [{"updates": [{"values": {"messages": [{"role": "user", "content": "Hi"}]}, "as_node": "__start__"}]}]
IDENTITIES = {"DEPLOYMENT_API_KEY": "first-key", "DEPLOYMENT_SECOND_HEADERS": "x-api-key: second-key"}
OPTIONS = {"serial": (), "two workers": ("-n2",)}
ALLOWED = {
    "GET /info",
    "GET /openapi.json",
    "POST /assistants/search",
    "GET /assistants/{id}/schemas",
    "POST /threads",
    "POST /threads/search",
    "POST /threads/count",
}
"""What is asked beside the routes of one thread."""
READ_AND_COPIED = {
    "GET /threads/{id}",
    "GET /threads/{id}/state",
    "GET /threads/{id}/state/{checkpoint}",
    "GET /threads/{id}/history",
    "POST /threads/{id}/history",
    "POST /threads/{id}/state/checkpoint",
    "GET /threads/{id}/runs",
    "POST /threads/{id}/copy",
}
"""What may be done with a thread that the user names."""
PAGE = 1000


@dataclass(frozen=True)
class Recorded:
    """A run of the contract: what it asked, and the threads of others that were there, before and after."""

    requests: list[RecordedRequest]
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def made(self) -> set[str]:
        """The threads that the run made."""
        return {one.created_id for one in self.requests if one.created_id}

    def searches(self) -> list[RecordedRequest]:
        """Return the searches for threads."""
        return [one for one in self.requests if one.route == "POST /threads/search"]


def marks(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what metadata say of whose a thread is; the graph's id is anybody's."""
    return ((key, json.dumps(value)) for key, value in metadata.items() if key != "graph_id")


def make_threads_of_others(url: str) -> dict[str, Any]:
    """Make threads of which none is the run's, in several ways alike to its own; return what they are."""
    run_of_another = {**MADE_BY, TAG: "20261122T120000Z-00000000-1-00000000"}
    for metadata in ({}, {"graph_id": KIT}, run_of_another, {"threadcopy_note": "of another"}):
        body = {"metadata": {"graph_id": KIT, **metadata}, "supersteps": STEPS}
        httpx.post(f"{url}/threads", json=body, timeout=60).raise_for_status()
    threads = httpx.post(f"{url}/threads/search", json={"limit": PAGE}).json()
    return {thread["thread_id"]: portrait(url, thread["thread_id"]) for thread in threads}


def portrait(url: str, thread_id: str) -> Any:
    """Return all that a thread shows."""
    parts = ("", "/state", "/history?limit=100", "/runs")
    return [httpx.get(f"{url}/threads/{thread_id}{part}", timeout=60).json() for part in parts]


@pytest.fixture(scope="module")
def runs(untouched_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recorded]:
    """Each run of the contract. They run at once on one server, so that each is a stranger to the other."""
    before = make_threads_of_others(untouched_url)
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        proxies = {name: stack.enter_context(recorder(untouched_url)) for name in OPTIONS}
        results = [
            pool.submit(
                run_pytest,
                tmp_path_factory.mktemp("run"),
                *CONTRACT,
                "--threadcopy-scale",
                "--deployment-url",
                proxies[name][0],
                *options,
                **IDENTITIES,
            )
            for name, options in OPTIONS.items()
        ]
        for result in results:
            assert result.result().parseoutcomes().get("passed", 0) > 40
    after = {thread_id: portrait(untouched_url, thread_id) for thread_id in before}
    return {name: Recorded(requests, before, after) for name, (_, requests) in proxies.items()}


@pytest.fixture(params=OPTIONS)
def run(request: pytest.FixtureRequest, runs: dict[str, Recorded]) -> Recorded:
    """One of those runs."""
    return runs[request.param]


def test_no_request_names_a_thread_that_the_run_did_not_make(run: Recorded) -> None:
    for one in run.requests:
        # Under an id that the run did not make there is nothing: it was made up.
        assert one.thread_id is None or one.thread_id in run.made or 400 <= one.status < 500, str(one)


def test_no_thread_of_others_is_in_any_request(run: Recorded, runs: dict[str, Recorded]) -> None:
    others = set(run.before).union(*(other.made for other in runs.values() if other is not run))
    for one in run.requests:
        assert not [other for other in others if other in f"{one.path} {json.dumps(one.body)}"], str(one)


def test_threads_of_others_are_as_they_were(run: Recorded) -> None:
    assert run.before
    assert run.after == run.before


def test_only_threads_are_written(run: Recorded) -> None:
    beside_threads = {one.route for one in run.requests if one.thread_id is None}
    assert beside_threads <= ALLOWED


def test_every_thread_that_is_made_carries_our_tag(run: Recorded) -> None:
    created = [one for one in run.requests if one.route == "POST /threads"]
    runs = {json.dumps({key: one.body["metadata"].get(key) for key in (*MADE_BY, TAG)}) for one in created}
    assert len(runs) == 1
    assert None not in json.loads(runs.pop()).values()


def test_no_thread_is_created_under_an_id_that_may_be_anothers(run: Recorded) -> None:
    assert not [one for one in run.requests if one.route == "POST /threads" and "thread_id" in one.body]


def test_every_search_asks_for_our_own_alone(run: Recorded) -> None:
    created = [one.body["metadata"] for one in run.requests if one.route == "POST /threads"]
    patched = [one.body["metadata"] for one in run.requests if one.route == "PATCH /threads/{id}"]
    own = {mark for metadata in (*created, *patched) for mark in marks(metadata)} - set(marks(MADE_BY))
    assert run.searches()
    for one in run.searches():
        assert own & set(marks(one.body["metadata"])), str(one)


def test_no_search_shows_a_thread_of_others(run: Recorded) -> None:
    for one in run.searches():
        assert {thread["thread_id"] for thread in one.answer} <= run.made, str(one)


def test_no_search_asks_for_more_than_a_hundred(run: Recorded) -> None:
    assert max(one.body["limit"] for one in run.searches()) <= 100


def test_threads_of_others_are_counted_at_most(run: Recorded) -> None:
    counts = [one for one in run.requests if one.route == "POST /threads/count"]
    assert all(isinstance(one.answer, int) for one in counts)


def test_every_thread_that_was_made_is_deleted(run: Recorded) -> None:
    deleted = {one.thread_id for one in run.requests if one.method == "DELETE" and one.status < 300}
    assert run.made == deleted & run.made


def only_the_users_thread(request: RecordedRequest) -> bool:
    """Refuse each way to give a thread of ours a history."""
    writes = ("POST /threads/{id}/state", "POST /threads/{id}/runs/wait", "POST /threads/{id}/runs/stream")
    return request.route in writes or (request.route == "POST /threads" and "supersteps" in request.body)


@pytest.fixture(scope="module")
def named(untouched_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Recorded]:
    """A run in which the only source is a thread that the user names."""
    before = make_threads_of_others(untouched_url)
    thread_id = next(thread_id for thread_id, (thread, *_) in before.items() if TAG not in thread["metadata"])
    with recorder(untouched_url, refuse=only_the_users_thread) as (url, requests):
        folder = tmp_path_factory.mktemp("named")
        result = run_pytest(folder, *CONTRACT, "--deployment-url", url, "--thread-id", thread_id)
    assert result.parseoutcomes().get("passed", 0) > 5
    after = {one: portrait(untouched_url, one) for one in before}
    return thread_id, Recorded(requests, before, after)


def test_a_thread_of_the_users_is_read_and_copied_only(named: tuple[str, Recorded]) -> None:
    thread_id, run = named
    done = {one.route for one in run.requests if one.thread_id == thread_id}
    assert "POST /threads/{id}/copy" in done
    assert done <= READ_AND_COPIED


def test_beside_it_only_threads_of_the_run_are_named(named: tuple[str, Recorded]) -> None:
    thread_id, run = named
    for one in run.requests:
        ours = one.thread_id in (None, thread_id) or one.thread_id in run.made
        assert ours or 400 <= one.status < 500, str(one)


def test_it_is_as_it_was(named: tuple[str, Recorded]) -> None:
    thread_id, run = named
    assert run.after[thread_id] == run.before[thread_id]
    assert run.after == run.before


def test_its_copies_are_deleted(named: tuple[str, Recorded]) -> None:
    _, run = named
    assert run.made == {one.thread_id for one in run.requests if one.method == "DELETE" and one.status < 300}
