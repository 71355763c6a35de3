"""Comparing a long thread with its copy on the embedded server: against bare httpx, and in memory."""

import gc
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import httpx

from benchmarks.measure import Row, medians, print_table
from pytest_threadcopy import compare_histories
from pytest_threadcopy.client import Client
from pytest_threadcopy.embedded import EmbeddedServer
from pytest_threadcopy.transport import Transport

PAGE = 100
TIMEOUT = 300.0
SHORT, LONG = 500, 3000


def make_pair(client: Client, checkpoints: int) -> tuple[str, str]:
    """Return the ids of a thread of so many checkpoints of about 1 KB, and of its copy."""
    updates = [{"values": {"data": [f"checkpoint {i}, item {k}" for k in range(8)]}} for i in range(checkpoints)]
    supersteps = [{"updates": [{**update, "as_node": "__start__"}]} for update in updates]
    thread_id = client.threads.create(graph_id="threadcopy_plain", supersteps=supersteps)["thread_id"]
    return thread_id, client.threads.copy(thread_id)["thread_id"]


def fetch(http: httpx.Client, thread_id: str) -> None:
    """Fetch and parse the history of a thread as one would without us."""
    params: dict[str, Any] = {"limit": PAGE}
    while True:
        page = http.get(f"/threads/{thread_id}/history", params=params).json()
        if len(page) < PAGE:
            return
        params["before"] = page[-1]["checkpoint"]["checkpoint_id"]


def fetch_both(url: str, pair: tuple[str, str]) -> None:
    """Fetch both histories with bare httpx."""
    with httpx.Client(base_url=url, timeout=TIMEOUT) as http:
        for thread_id in pair:
            fetch(http, thread_id)


def compare(url: str, pair: tuple[str, str]) -> None:
    """Compare both histories, with a client that knows nothing yet of how the deployment pages."""
    transport = Transport(url, timeout=TIMEOUT)
    threads = Client(transport, tag={}).threads
    result = compare_histories(threads.history(pair[0]), threads.history(pair[1]))
    transport.close()
    assert result, str(result)


def growth(call: Callable[[], object]) -> int:
    """Return by how many bytes the memory in use grows at most while ``call`` runs, and what it returns lives."""
    gc.collect()
    tracemalloc.start()
    kept = call()
    grown = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del kept
    return grown


def main() -> None:
    """Measure time, then memory."""
    with EmbeddedServer() as server:
        transport = Transport(server.url, timeout=TIMEOUT)
        client = Client(transport, tag={"benchmark": "end to end"})
        pairs = {length: make_pair(client, length) for length in (SHORT, LONG)}
        for length, pair in pairs.items():
            compare(server.url, pair)  # what is only read or imported once
            state = client.threads.get_history(pair[0], limit=1)
            bare, ours = medians(
                {"bare": lambda: fetch_both(server.url, pair), "ours": lambda: compare(server.url, pair)},  # noqa: B023
                repetitions=5,
            ).values()
            body = httpx.get(f"{server.url}/threads/{pair[0]}/history", params={"limit": PAGE}).content
            page = growth(lambda: json.loads(body))
            peak = growth(lambda: compare(server.url, pair))
            print_table(
                f"{length:,} checkpoints of {len(json.dumps(state)) / 1024:.1f} KB, in pages of {PAGE}",
                [
                    Row("bare httpx and `response.json()`", f"{bare:.2f} s", 1.0),
                    Row("`compare_histories`", f"{ours:.2f} s", ours / bare, 1.3),
                    Row("a page as Python objects", f"{page:,} B", 1.0),
                    Row("growth of memory while comparing", f"{peak:,} B", peak / page, 4),
                ],
            )
        client.threads.delete_made()
        transport.close()


if __name__ == "__main__":
    main()
