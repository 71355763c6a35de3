"""A long run ends at its time limit, and still deletes its threads."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.runs import CONTRACT, ThreadStore, run_pytest
from tests.lab.servers.fake import Exchange, fake_server

SLOW = 1.0


@pytest.fixture
def slow_url() -> Iterator[str]:
    """A deployment on which each copy is slow."""
    store = ThreadStore()

    def answer(exchange: Exchange) -> None:
        if exchange.path.endswith("/copy"):
            time.sleep(SLOW)
        store.answer(exchange)

    with fake_server(answer) as (url, _):
        yield url


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_requirement_that_is_not_reached_in_time_is_untestable(
    tmp_path: Path, slow_url: str, workers: str
) -> None:
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


def test_a_contract_without_any_time_ends_with_one_message(tmp_path: Path, slow_url: str) -> None:
    result = run_pytest(tmp_path, *CONTRACT, "--deployment-url", slow_url, "--threadcopy-total-timeout=0.01")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*the run's time limit of 0.01 seconds was reached*"])


def test_the_search_for_a_late_copy_leaves_time_to_delete(tmp_path: Path, store: ThreadStore) -> None:
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
