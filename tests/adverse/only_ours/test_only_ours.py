"""Whole runs of the contract: no request names a thread of others, and no search shows one."""

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
"""The allowed routes beside those of one thread."""
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
"""The allowed routes of a thread that the user names."""
PAGE = 1000


@dataclass(frozen=True)
class Recorded:
    """A run of the contract: its requests, and the threads of others before and after it."""

    requests: list[RecordedRequest]
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def made(self) -> set[str]:
        """The ids of the threads that the run made."""
        return {request.created_id for request in self.requests if request.created_id}

    def searches(self) -> list[RecordedRequest]:
        """Return the searches for threads."""
        return [request for request in self.requests if request.route == "POST /threads/search"]


def marks(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the entries of metadata that can name an owner: all except the graph's id."""
    return ((key, json.dumps(value)) for key, value in metadata.items() if key != "graph_id")


def make_threads_of_others(url: str) -> dict[str, Any]:
    """Make threads of others that resemble those of a run; return a portrait of each thread."""
    run_of_another = {**MADE_BY, TAG: "20261122T120000Z-00000000-1-00000000"}
    for metadata in ({}, {"graph_id": KIT}, run_of_another, {"threadcopy_note": "of another"}):
        body = {"metadata": {"graph_id": KIT, **metadata}, "supersteps": STEPS}
        httpx.post(f"{url}/threads", json=body, timeout=60).raise_for_status()
    threads = httpx.post(f"{url}/threads/search", json={"limit": PAGE}).json()
    return {thread["thread_id"]: portrait(url, thread["thread_id"]) for thread in threads}


def portrait(url: str, thread_id: str) -> Any:
    """Return the thread object, the state, the history and the runs of a thread."""
    parts = ("", "/state", "/history?limit=100", "/runs")
    return [httpx.get(f"{url}/threads/{thread_id}{part}", timeout=60).json() for part in parts]


@pytest.fixture(scope="module")
def runs(untouched_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recorded]:
    """Two runs of the contract, at once on one server: to each, the threads of the other are foreign."""
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
    """One of these runs."""
    return runs[request.param]


def test_no_request_names_a_thread_that_the_run_did_not_make(run: Recorded) -> None:
    for request in run.requests:
        # An id that the run did not get from the server is made up: no thread has it.
        assert request.thread_id is None or request.thread_id in run.made or 400 <= request.status < 500, str(
            request
        )


def test_no_thread_of_others_is_in_any_request(run: Recorded, runs: dict[str, Recorded]) -> None:
    others = set(run.before).union(*(other.made for other in runs.values() if other is not run))
    for request in run.requests:
        assert not [other for other in others if other in f"{request.path} {json.dumps(request.body)}"], str(
            request
        )


def test_threads_of_others_do_not_change(run: Recorded) -> None:
    assert run.before
    assert run.after == run.before


def test_only_threads_are_written(run: Recorded) -> None:
    beside_threads = {request.route for request in run.requests if request.thread_id is None}
    assert beside_threads <= ALLOWED


def test_every_new_thread_carries_the_tag_of_the_run(run: Recorded) -> None:
    created = [request for request in run.requests if request.route == "POST /threads"]
    runs = {
        json.dumps({key: request.body["metadata"].get(key) for key in (*MADE_BY, TAG)}) for request in created
    }
    assert len(runs) == 1
    assert None not in json.loads(runs.pop()).values()


def test_no_thread_is_created_under_a_chosen_id(run: Recorded) -> None:
    assert not [
        request
        for request in run.requests
        if request.route == "POST /threads" and "thread_id" in request.body
    ]


def test_every_search_asks_only_for_threads_of_the_run(run: Recorded) -> None:
    created = [request.body["metadata"] for request in run.requests if request.route == "POST /threads"]
    patched = [request.body["metadata"] for request in run.requests if request.route == "PATCH /threads/{id}"]
    own = {mark for metadata in (*created, *patched) for mark in marks(metadata)} - set(marks(MADE_BY))
    assert run.searches()
    for request in run.searches():
        assert own & set(marks(request.body["metadata"])), str(request)


def test_no_search_shows_a_thread_of_others(run: Recorded) -> None:
    for request in run.searches():
        assert {thread["thread_id"] for thread in request.answer} <= run.made, str(request)


def test_no_search_asks_for_more_than_a_hundred(run: Recorded) -> None:
    assert max(request.body["limit"] for request in run.searches()) <= 100


def test_threads_of_others_are_counted_at_most(run: Recorded) -> None:
    counts = [request for request in run.requests if request.route == "POST /threads/count"]
    assert all(isinstance(request.answer, int) for request in counts)


def test_every_thread_that_was_made_is_deleted(run: Recorded) -> None:
    deleted = {
        request.thread_id for request in run.requests if request.method == "DELETE" and request.status < 300
    }
    assert run.made == deleted & run.made


def only_the_users_thread(request: RecordedRequest) -> bool:
    """Refuse each way to give a new thread a history."""
    writes = ("POST /threads/{id}/state", "POST /threads/{id}/runs/wait", "POST /threads/{id}/runs/stream")
    return request.route in writes or (request.route == "POST /threads" and "supersteps" in request.body)


@pytest.fixture(scope="module")
def named(untouched_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Recorded]:
    """A run whose only source is a thread that the user names."""
    before = make_threads_of_others(untouched_url)
    thread_id = next(thread_id for thread_id, (thread, *_) in before.items() if TAG not in thread["metadata"])
    with recorder(untouched_url, refuse=only_the_users_thread) as (url, requests):
        folder = tmp_path_factory.mktemp("named")
        result = run_pytest(folder, *CONTRACT, "--deployment-url", url, "--thread-id", thread_id)
    assert result.parseoutcomes().get("passed", 0) > 5
    after = {one: portrait(untouched_url, one) for one in before}
    return thread_id, Recorded(requests, before, after)


def test_the_users_thread_is_only_read_and_copied(named: tuple[str, Recorded]) -> None:
    thread_id, run = named
    done = {request.route for request in run.requests if request.thread_id == thread_id}
    assert "POST /threads/{id}/copy" in done
    assert done <= READ_AND_COPIED


def test_requests_name_only_the_users_thread_and_threads_of_the_run(named: tuple[str, Recorded]) -> None:
    thread_id, run = named
    for request in run.requests:
        ours = request.thread_id in (None, thread_id) or request.thread_id in run.made
        assert ours or 400 <= request.status < 500, str(request)


def test_the_users_thread_does_not_change(named: tuple[str, Recorded]) -> None:
    thread_id, run = named
    assert run.after[thread_id] == run.before[thread_id]
    assert run.after == run.before


def test_copies_of_the_users_thread_are_deleted(named: tuple[str, Recorded]) -> None:
    _, run = named
    assert run.made == {
        request.thread_id for request in run.requests if request.method == "DELETE" and request.status < 300
    }
