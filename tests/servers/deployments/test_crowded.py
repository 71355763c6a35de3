"""Beside 10,000 threads of others, a run makes the same requests, and its searches find none of them."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection

import httpx
import pytest

from pytest_threadcopy.api.run_id import TAG
from pytest_threadcopy.embedded import EmbeddedServer
from tests.lab.deployments.findings import Json, run_contract
from tests.lab.deployments.servers import Served
from tests.lab.servers.fake import Exchange, fake_server

OTHERS = 10_000
# The requests that a list of all of them takes, with the longest page of 1,000. Requirements that wait for a
# run, or that write in a loop, take a few requests more or less in each run.
PAGES = OTHERS // 1_000


@dataclass(frozen=True)
class Cost:
    """The number of requests of each requirement, and the threads that all searches found."""

    requests: dict[str, int]
    found_threads: list[Json]


@contextmanager
def listening(url: str) -> Iterator[tuple[str, list[Json]]]:
    """Stand before a deployment; yield the proxy's address, and a list of the threads that searches find."""
    found_threads: list[Json] = []
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as http:

        def answer(exchange: Exchange) -> None:
            body = None if exchange.body is None else json.dumps(exchange.body)
            headers = {"content-type": "application/json"}
            response = http.request(
                exchange.method, exchange.path, params=exchange.query, content=body, headers=headers
            )
            if exchange.path == "/threads/search":
                found_threads.extend(response.json())
            exchange.answer(response.status_code, response.text, response.headers.get("content-type", ""))

        with fake_server(answer) as (address, _):
            yield address, found_threads


def cost_of_contract(others: int) -> Cost:
    """Run the contract on a new deployment with this many threads of others."""
    with EmbeddedServer() as server, listening(server.url) as (url, found_threads):
        connection = HTTPConnection(
            httpx.URL(server.url).netloc.decode()
        )  # httpx would take as long as the server itself
        for number in range(others):
            body = json.dumps({"metadata": {"number": number}})
            connection.request("POST", "/threads", body, {"content-type": "application/json"})
            with connection.getresponse() as answer:
                assert answer.status == 200, answer.read()
                answer.read()
        connection.close()
        (deployment,) = run_contract(Served(url, {}))["deployments"]
        return Cost({row["id"]: row["requests"] for row in deployment["requirements"]}, found_threads)


@pytest.fixture(scope="module")
def costs() -> tuple[Cost, Cost]:
    """The cost of the contract without threads of others, and with them."""
    with ThreadPoolExecutor() as pool:
        quiet, crowded = pool.map(cost_of_contract, (0, OTHERS))
    return quiet, crowded


def test_threads_of_others_do_not_add_requests(costs: tuple[Cost, Cost]) -> None:
    quiet, crowded = costs
    more = {id_: (quiet.requests[id_], count) for id_, count in crowded.requests.items()}
    assert {id_: pair for id_, pair in more.items() if pair[1] - pair[0] >= PAGES} == {}


def test_no_search_finds_a_thread_of_others(costs: tuple[Cost, Cost]) -> None:
    for cost in costs:
        assert cost.found_threads
        assert [thread for thread in cost.found_threads if TAG not in thread["metadata"]] == []
