"""However a run ends, it deletes its threads, and changes no other thread."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.lab.runs import ThreadStore, run_pytest, start_pytest

CONFTEST = """
import pytest

@pytest.fixture
def noted(request, deployment, source_thread, copied_thread):
    with open("made.txt", "a") as made:
        print(source_thread["thread_id"], copied_thread["thread_id"], sep="\\n", file=made)
    return copied_thread["thread_id"]
"""
RUN_THAT_TAKES_LONG = """
import pytest

@pytest.mark.parametrize("number", [1, 2])
def test_run(noted, deployment_client, number):
    open(f"running-{number}", "w").close()
    deployment_client.runs.wait(noted, "threadcopy_slow", input={"seconds": 20})
"""


@dataclass(frozen=True)
class Ending:
    """A way for a run to end: what the user's tests do, pytest's options, and the Ctrl-C that stops it.

    ``ctrl_c`` is None for none, else how many tests are under way when it comes.
    """

    tests: str
    options: tuple[str, ...] = ()
    ctrl_c: int | None = None


ENDINGS = {
    "success": Ending("def test_it(noted): pass"),
    "a failure": Ending("def test_it(noted): assert False"),
    "the first failure": Ending("def test_a(noted): assert False\ndef test_b(noted): pass", ("-x",)),
    "an error in a teardown": Ending(
        "import pytest\n@pytest.fixture\ndef bad(noted):\n    yield\n    1 / 0\ndef test_it(bad): pass"
    ),
    "an interrupt inside a test": Ending("def test_it(noted): raise KeyboardInterrupt"),
    "a copy that went past the client": Ending(
        "def test_it(noted, deployment_client):\n"
        "    deployment_client.transport.send('POST', f'/threads/{noted}/copy')"
    ),
    "Ctrl-C": Ending(RUN_THAT_TAKES_LONG, ctrl_c=1),
    "a killed worker": Ending("import os\ndef test_it(noted): os._exit(9)", ("-n2",)),
    "Ctrl-C in workers": Ending(RUN_THAT_TAKES_LONG, ("-n2",), ctrl_c=2),
}


def _end(folder: Path, url: str, ending: Ending) -> None:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text(ending.tests)
    with start_pytest(folder, "test_it.py", "--deployment-url", url, *ending.options) as process:
        if ending.ctrl_c:
            deadline = time.monotonic() + 60
            while len(list(folder.glob("running-*"))) < ending.ctrl_c:
                assert time.monotonic() < deadline, "the run never came so far"
                time.sleep(0.05)
            os.killpg(process.pid, signal.SIGINT)  # to every process of the group, like a terminal
        process.communicate(timeout=120)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, untouched_url: str) -> dict[str, Path]:
    """The folder of each run, by its ending. All run at once, since a run waits most of the time."""
    folders = {name: tmp_path_factory.mktemp("ending") for name in ENDINGS}
    with ThreadPoolExecutor(4) as pool:
        ended = [pool.submit(_end, folders[name], untouched_url, ENDINGS[name]) for name in ENDINGS]
        for future in ended:
            future.result()
    return folders


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_thread_is_left_after(folders: dict[str, Path], untouched_url: str, ending: str) -> None:
    thread_ids = (folders[ending] / "made.txt").read_text().split()
    assert thread_ids
    assert {httpx.get(f"{untouched_url}/threads/{thread_id}").status_code for thread_id in thread_ids} == {
        404
    }


@pytest.mark.usefixtures("folders")
def test_no_thread_that_the_run_did_not_note_is_left(untouched_url: str) -> None:
    threads = httpx.post(f"{untouched_url}/threads/search", json={"limit": 1000}).json()
    assert [thread for thread in threads if "threadcopy_run" in thread["metadata"]] == []


@pytest.fixture
def others(store: ThreadStore) -> list[str]:
    """The ids of threads of others, one of them from another run of this plugin."""
    for metadata in ({}, {"threadcopy_run": "another"}, {"graph_id": "threadcopy_plain"}, None):
        store.add(metadata)
    return list(store.threads)


def test_threads_of_others_are_untouched_although_a_search_finds_all(
    pytester: pytest.Pytester, store: ThreadStore, others: list[str]
) -> None:
    pytester.makepyfile(test_it="def test_it(deployment_client): deployment_client.threads.create()")
    run_pytest(pytester.path, "test_it.py", "--deployment-url", store.url).assert_outcomes(passed=1)
    assert list(store.threads) == others
    assert not {request.path.split("/")[2] for request in store.requests if request.method == "DELETE"} & set(
        others
    )


def test_a_thread_that_cannot_be_deleted_is_named_at_the_end(
    pytester: pytest.Pytester, store: ThreadStore
) -> None:
    store.refused = "DELETE"
    pytester.makepyfile(test_it="def test_it(deployment_client): deployment_client.threads.create()")
    result = run_pytest(pytester.path, "test_it.py", "--deployment-url", store.url)
    result.assert_outcomes(passed=1)
    (remaining,) = store.threads
    result.stdout.fnmatch_lines(
        [
            f"1 thread could not be deleted from {store.url}: {remaining}",
            f"Remove them with: pytest --deployment-url {store.url} --threadcopy-cleanup",
        ]
    )
