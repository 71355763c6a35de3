"""A deployment with 10,000 threads of others takes the same requests, and none of them lists everything."""

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
# What listing all of them takes, at the 1,000 that a page holds at most. Requirements that wait for a run, or
# write for as long as something lasts, take a request more or less at each run, crowded or not.
PAGES = OTHERS // 1_000


@dataclass(frozen=True)
class Cost:
    """How many requests each requirement took, and the threads that searches found meanwhile."""

    requests: dict[str, int]
    found: list[Json]


@contextmanager
def listening(url: str) -> Iterator[tuple[str, list[Json]]]:
    """Stand before a deployment; yield the address to ask, and the threads that searches find."""
    found: list[Json] = []
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as http:

        def answer(exchange: Exchange) -> None:
            body = None if exchange.body is None else json.dumps(exchange.body)
            headers = {"content-type": "application/json"}
            told = http.request(
                exchange.method, exchange.path, params=exchange.query, content=body, headers=headers
            )
            if exchange.path == "/threads/search":
                found.extend(told.json())
            exchange.answer(told.status_code, told.text, told.headers.get("content-type", ""))

        with fake_server(answer) as (address, _):
            yield address, found


def cost_of_contract(others: int) -> Cost:
    """Run the contract on a deployment of its own, beside so many threads of others."""
    with EmbeddedServer() as server, listening(server.url) as (url, found):
        connection = HTTPConnection(
            httpx.URL(server.url).netloc.decode()
        )  # httpx takes as long as the server
        for number in range(others):
            body = json.dumps({"metadata": {"number": number}})
            connection.request("POST", "/threads", body, {"content-type": "application/json"})
            with connection.getresponse() as answer:
                assert answer.status == 200, answer.read()
                answer.read()
        connection.close()
        (deployment,) = run_contract(Served(url, {}))["deployments"]
        return Cost({row["id"]: row["requests"] for row in deployment["requirements"]}, found)


@pytest.fixture(scope="module")
def costs() -> tuple[Cost, Cost]:
    """What the contract costs without others, and beside their threads."""
    with ThreadPoolExecutor() as pool:
        quiet, crowded = pool.map(cost_of_contract, (0, OTHERS))
    return quiet, crowded


def test_the_contract_makes_the_same_requests_as_without_them(costs: tuple[Cost, Cost]) -> None:
    quiet, crowded = costs
    more = {id_: (quiet.requests[id_], count) for id_, count in crowded.requests.items()}
    assert {id_: pair for id_, pair in more.items() if pair[1] - pair[0] >= PAGES} == {}


def test_no_search_finds_a_thread_of_others(costs: tuple[Cost, Cost]) -> None:
    for cost in costs:
        assert cost.found
        assert [thread for thread in cost.found if TAG not in thread["metadata"]] == []
