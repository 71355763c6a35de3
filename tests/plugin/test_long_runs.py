"""What a run that takes long says meanwhile, and where it ends."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_threadcopy.waiting import UnderWay, Waiting
from tests.servers.fake import Exchange, fake_server

from .runs import CONTRACT, ThreadStore, run_pytest

SLOW = 0.4


@pytest.fixture
def slow_url() -> Iterator[str]:
    """A deployment that takes its time for each copy."""
    store = ThreadStore()

    def answer(exchange: Exchange) -> None:
        if exchange.path.endswith("/copy"):
            time.sleep(SLOW)
        store.answer(exchange)

    with fake_server(answer) as (url, _):
        yield url


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_what_is_not_reached_in_time_is_untestable(tmp_path: Path, slow_url: str, workers: str) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('number', range(20))\n"
        "def test_it(deployment_client, number):\n"
        "    thread = deployment_client.threads.create()\n"
        "    deployment_client.threads.copy(thread['thread_id'])\n"
    )
    options = ("--deployment-url", slow_url, "--threadcopy-total-timeout=3", "-rs", workers)
    result = run_pytest(tmp_path, "test_it.py", *options)
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] >= 1
    assert outcomes["skipped"] >= 5
    assert set(outcomes) == {"passed", "skipped"}
    result.stdout.fnmatch_lines(["SKIPPED * the run's time limit of 3 seconds was reached (*-timeout)"])
    assert result.duration < 12


def test_a_contract_that_is_out_of_time_at_once_ends_with_one_message(tmp_path: Path, slow_url: str) -> None:
    result = run_pytest(tmp_path, *CONTRACT, "--deployment-url", slow_url, "--threadcopy-total-timeout=0.01")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*the run's time limit of 0.01 seconds was reached*"])


def told(capfd: pytest.CaptureFixture[str], under_way: list[UnderWay], seconds: float) -> list[str]:
    """Return what is said within some seconds, if a request is told of after 0.1 and again after 0.3."""
    waiting = Waiting(lambda: under_way, first_after=0.1, again_after=0.3)
    waiting.start()
    time.sleep(seconds)
    waiting.stop()
    return capfd.readouterr().err.split("\n\n")


def test_a_request_that_takes_long_is_told_of(capfd: pytest.CaptureFixture[str]) -> None:
    said = told(capfd, [("POST", "/threads/1/runs/wait", 20.4, 120.0), ("GET", "/info", 1.0, 30.0)], 0.25)
    assert [line.strip() for line in said] == [
        "waiting for POST /threads/1/runs/wait since 20 seconds (limit: 120)"
    ]


def test_it_is_told_of_again_after_a_while(capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 <= len(told(capfd, [("GET", "/info", 1.0, 30.0)], 0.8)) <= 3


def test_nothing_is_said_of_what_is_quick(capfd: pytest.CaptureFixture[str]) -> None:
    assert told(capfd, [("GET", "/info", 0.05, 30.0)], 0.25) == [""]
