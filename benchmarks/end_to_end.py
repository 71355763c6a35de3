"""Compares a long thread with its copy on the embedded server: time against bare httpx, and memory."""

import gc
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import httpx

from benchmarks.measure import Row, medians, print_table
from pytest_threadcopy import compare_histories
from pytest_threadcopy.api.client import Client
from pytest_threadcopy.embedded import EmbeddedServer
from pytest_threadcopy.wire.transport import Limits, Transport

PAGE = 100
TIMEOUT = 300.0
LENGTHS = (500, 3000)


def make_pair(client: Client, checkpoints: int) -> tuple[str, str]:
    """Make a thread with this many checkpoints of about 1 KB, copy it, and return both ids."""
    values = [{"data": [f"checkpoint {i}, item {k}" for k in range(8)]} for i in range(checkpoints)]
    supersteps = [{"updates": [{"values": each, "as_node": "__start__"}]} for each in values]
    thread_id = client.threads.create(graph_id="threadcopy_plain", supersteps=supersteps)["thread_id"]
    return thread_id, client.threads.copy(thread_id)["thread_id"]


def fetch(http: httpx.Client, thread_id: str) -> None:
    """Fetch and parse the history of a thread without the plugin."""
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
    """Compare both histories with a new client, which does not know yet how the deployment pages."""
    transport = Transport(url, limits=Limits(TIMEOUT))
    threads = Client(transport, tag={}).threads
    result = compare_histories(threads.history(pair[0]), threads.history(pair[1]))
    transport.close()
    assert result, str(result)


def memory(call: Callable[[], object]) -> tuple[int, int]:
    """Return the memory of a call's result, and the peak memory of the call, in bytes."""
    gc.collect()
    tracemalloc.start()
    result = call()
    size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del result
    return size, peak


def measure(client: Client, url: str, checkpoints: int) -> None:
    """Measure time, then memory, for a thread of one length, and print the table."""
    pair = make_pair(client, checkpoints)
    compare(url, pair)  # first without a clock, for imports and caches
    bare, plugin = medians(
        {"bare": lambda: fetch_both(url, pair), "plugin": lambda: compare(url, pair)}, repetitions=15
    ).values()
    body = httpx.get(f"{url}/threads/{pair[0]}/history", params={"limit": PAGE}).content
    page = memory(lambda: json.loads(body))[0]
    peak = memory(lambda: compare(url, pair))[1]
    print_table(
        f"{checkpoints:,} checkpoints of {len(body) / PAGE / 1024:.1f} KB, in pages of {PAGE}",
        [
            Row("bare httpx and `response.json()`", f"{bare:.2f} s", 1.0),
            Row("`compare_histories`", f"{plugin:.2f} s", plugin / bare, 1.3),
            Row("memory: a page as Python objects", f"{page:,} B", 1.0),
            Row("memory: growth while comparing, in pages", f"{peak:,} B", peak / page, 4),
        ],
    )


def main() -> None:
    """Measure a short and a long thread on one server."""
    with EmbeddedServer() as server:
        transport = Transport(server.url, limits=Limits(TIMEOUT))
        client = Client(transport, tag={"benchmark": "end to end"})
        for checkpoints in LENGTHS:
            measure(client, server.url, checkpoints)
        transport.close()


if __name__ == "__main__":
    main()
