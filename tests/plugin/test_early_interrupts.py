"""After a Ctrl-C during a deletion before the tests, no test runs."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.runs import ThreadStore, start_pytest
from tests.lab.servers.fake import Exchange, fake_server
from tests.plugin.test_interrupts import end, until

SLOWLY = 1.0
TESTS = "import pathlib\ndef test_it(deployment_client): pathlib.Path('ran').touch()\n"


@pytest.fixture
def slow_store() -> Iterator[ThreadStore]:
    """A deployment that takes a second to delete a thread."""
    store = ThreadStore()

    def answer(exchange: Exchange) -> None:
        if exchange.method == "DELETE":
            time.sleep(SLOWLY)
        store.answer(exchange)

    with fake_server(answer) as (store.url, store.requests):
        yield store


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 2), (signal.SIGTERM, 128 + signal.SIGTERM)],
    ids=["SIGINT", "SIGTERM"],
)
def test_a_signal_while_the_probes_threads_are_deleted_ends_the_run(
    tmp_path: Path, slow_store: ThreadStore, number: int, code: int
) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    contract = "--pyargs", "pytest_threadcopy.contract", "-k", "NEW-01 or test_it"
    process = start_pytest(tmp_path, "test_it.py", *contract, "--deployment-url", slow_store.url)
    # The check itself deletes the first thread; the probe leaves the others to the end.
    until(lambda: sum(request.method == "DELETE" for request in slow_store.requests) > 1)
    ended, output = end(process, number)
    assert ended == code, output
    assert not (tmp_path / "ran").exists()
    assert not slow_store.threads
    assert "deleting the threads that this run made; interrupt twice more to leave them" in output


def test_ctrl_c_between_two_deployments_ends_the_run(tmp_path: Path, slow_store: ThreadStore) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pathlib\n"
        "def test_it(deployment):\n"
        "    deployment.client.threads.create()\n"
        "    pathlib.Path(deployment.settings.name).touch()\n"
    )
    both = [f"--deployment-url={name}={slow_store.url}" for name in ("one", "other")]
    process = start_pytest(tmp_path, "test_it.py", *both)
    until((tmp_path / "one").exists)
    until(
        lambda: sum(request.method == "DELETE" for request in slow_store.requests) > 2
    )  # the checks deleted two threads
    ended, output = end(process, signal.SIGINT)
    assert ended == pytest.ExitCode.INTERRUPTED, output
    assert not (tmp_path / "other").exists()
    assert not slow_store.threads
