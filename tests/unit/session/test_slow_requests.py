"""What is said of a request that takes long, while it does."""

import time

import pytest

from pytest_threadcopy.session.slow_requests import SlowRequests
from pytest_threadcopy.wire.traffic import UnderWay


def told(capfd: pytest.CaptureFixture[str], under_way: list[UnderWay], seconds: float) -> list[str]:
    """Return what is said within some seconds, if a request is told of after 0.1 and again after 0.3."""
    waiting = SlowRequests(lambda: under_way, first_after=0.1, again_after=0.3)
    waiting.start()
    time.sleep(seconds)
    waiting.stop()
    return capfd.readouterr().err.split("\n\n")


def test_a_request_that_takes_long_is_told_of(capfd: pytest.CaptureFixture[str]) -> None:
    said = told(
        capfd,
        [UnderWay("POST", "/threads/1/runs/wait", 20.4, 120.0), UnderWay("GET", "/info", 1.0, 30.0)],
        0.25,
    )
    assert [line.strip() for line in said] == [
        "waiting for POST /threads/1/runs/wait: 20 seconds so far (limit: 120)"
    ]


def test_it_is_told_of_again_after_a_while(capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 <= len(told(capfd, [UnderWay("GET", "/info", 1.0, 30.0)], 0.8)) <= 3


def test_no_secret_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    under_way = [UnderWay("GET", "/threads/a-key/state", 20.0, 30.0)]
    waiting = SlowRequests(lambda: under_way, lambda text: text.replace("a-key", "***"), first_after=0.1)
    waiting.start()
    time.sleep(0.3)
    waiting.stop()
    assert (
        capfd.readouterr().err.strip() == "waiting for GET /threads/***/state: 20 seconds so far (limit: 30)"
    )


def test_nothing_is_said_of_what_is_quick(capfd: pytest.CaptureFixture[str]) -> None:
    assert told(capfd, [UnderWay("GET", "/info", 0.05, 30.0)], 0.25) == [""]
