"""What a run that takes long says meanwhile, and where it ends."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_threadcopy.session.slow_requests import SlowRequests
from pytest_threadcopy.wire.traffic import UnderWay
from tests.lab.runs import CONTRACT, ThreadStore, run_pytest
from tests.lab.servers.fake import Exchange, fake_server

SLOW = 1.0


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
    options = ("--deployment-url", slow_url, "--threadcopy-total-timeout=8", "-rs", workers)
    result = run_pytest(tmp_path, "test_it.py", *options)
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] >= 1
    assert outcomes["skipped"] >= 5
    assert set(outcomes) == {"passed", "skipped"}
    result.stdout.fnmatch_lines(["SKIPPED * the run's time limit of 8 seconds was reached (*-timeout)"])
    assert result.duration < 17


def test_a_contract_that_is_out_of_time_at_once_ends_with_one_message(tmp_path: Path, slow_url: str) -> None:
    result = run_pytest(tmp_path, *CONTRACT, "--deployment-url", slow_url, "--threadcopy-total-timeout=0.01")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*the run's time limit of 0.01 seconds was reached*"])


def test_the_look_for_a_late_copy_leaves_time_to_delete(tmp_path: Path, store: ThreadStore) -> None:
    def answer(exchange: Exchange) -> None:
        if exchange.path.endswith("/copy"):
            exchange.answer(504, {"detail": "upstream request timeout"})
        else:
            time.sleep(0.3 if exchange.method == "DELETE" else 0)
            store.answer(exchange)

    (tmp_path / "conftest.py").write_text(
        "from pytest_threadcopy.deployment import deployment as d\nd._CLEANING_SECONDS = 2"
    )
    (tmp_path / "test_it.py").write_text(
        "import time\n"
        "def test_it(deployment_client):\n"
        "    thread = deployment_client.threads.create()\n"
        "    time.sleep(3)\n"
        "    deployment_client.threads.copy_answer(thread['thread_id'])\n"
    )
    with fake_server(answer) as (url, _):
        run_pytest(tmp_path, "test_it.py", "--deployment-url", url, "--threadcopy-total-timeout=4")
    assert not store.threads


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
        "waiting for POST /threads/1/runs/wait since 20 seconds (limit: 120)"
    ]


def test_it_is_told_of_again_after_a_while(capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 <= len(told(capfd, [UnderWay("GET", "/info", 1.0, 30.0)], 0.8)) <= 3


def test_no_secret_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    under_way = [UnderWay("GET", "/threads/a-key/state", 20.0, 30.0)]
    waiting = SlowRequests(lambda: under_way, lambda text: text.replace("a-key", "***"), first_after=0.1)
    waiting.start()
    time.sleep(0.3)
    waiting.stop()
    assert capfd.readouterr().err.strip() == "waiting for GET /threads/***/state since 20 seconds (limit: 30)"


def test_nothing_is_said_of_what_is_quick(capfd: pytest.CaptureFixture[str]) -> None:
    assert told(capfd, [UnderWay("GET", "/info", 0.05, 30.0)], 0.25) == [""]
