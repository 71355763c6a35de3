"""The runs of sources end with the session, even if they hang."""

import time

from pytest_threadcopy.deployment.sources import Sources
from tests.adverse.conftest import Serve
from tests.lab.deployed import deployed
from tests.lab.hostile.behaviour import Forward, Place
from tests.lab.hostile.layer import Layer
from tests.lab.hostile.wire import Request


def test_closing_does_not_wait_for_runs_under_way(serve: Serve, embedded_url: str) -> None:
    def hang(request: Request, forward: Forward) -> None:
        request.hang()

    layer = Layer(embedded_url, hang, Place.RUN)
    with deployed(f"http://127.0.0.1:{serve(layer).port}") as deployment:
        sources = Sources(deployment)
        sources.begin({"interrupting": 8, "nested": 8})
        while len(deployment.client.transport.traffic.under_way()) < 8:
            time.sleep(0.05)
        began = time.monotonic()
        sources.close()
        assert time.monotonic() - began < 2
    # The context manager asserted that every thread is deleted.
    assert layer.created


def test_closing_without_runs_takes_no_time(embedded_url: str) -> None:
    with deployed(embedded_url) as deployment:
        began = time.monotonic()
        Sources(deployment).close()
        assert time.monotonic() - began < 0.1
