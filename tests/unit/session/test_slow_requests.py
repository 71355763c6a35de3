"""The messages about a slow request while it is under way."""

import time

import pytest

from pytest_threadcopy.session.slow_requests import SlowRequests
from pytest_threadcopy.wire.traffic import UnderWay


def printed_lines(capfd: pytest.CaptureFixture[str], under_way: list[UnderWay], seconds: float) -> list[str]:
    """Return the lines of some seconds, if a request is reported after 0.1 seconds and again after 0.3."""
    waiting = SlowRequests(lambda: under_way, first_after=0.1, again_after=0.3)
    waiting.start()
    time.sleep(seconds)
    waiting.stop()
    return capfd.readouterr().err.split("\n\n")


def test_a_slow_request_is_reported(capfd: pytest.CaptureFixture[str]) -> None:
    lines = printed_lines(
        capfd,
        [UnderWay("POST", "/threads/1/runs/wait", 20.4, 120.0), UnderWay("GET", "/info", 1.0, 30.0)],
        0.25,
    )
    assert [line.strip() for line in lines] == [
        "waiting for POST /threads/1/runs/wait: 20 seconds so far (limit: 120)"
    ]


def test_a_slow_request_is_reported_again_after_a_while(capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 <= len(printed_lines(capfd, [UnderWay("GET", "/info", 1.0, 30.0)], 0.8)) <= 3


def test_no_secret_of_a_slow_request_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    under_way = [UnderWay("GET", "/threads/a-key/state", 20.0, 30.0)]
    waiting = SlowRequests(lambda: under_way, lambda text: text.replace("a-key", "***"), first_after=0.1)
    waiting.start()
    time.sleep(0.3)
    waiting.stop()
    assert (
        capfd.readouterr().err.strip() == "waiting for GET /threads/***/state: 20 seconds so far (limit: 30)"
    )


def test_a_quick_request_is_not_reported(capfd: pytest.CaptureFixture[str]) -> None:
    assert printed_lines(capfd, [UnderWay("GET", "/info", 0.05, 30.0)], 0.25) == [""]
