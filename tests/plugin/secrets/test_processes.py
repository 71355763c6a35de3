"""The list of processes shows no secret, except those that the user put on the command line."""

import time
from pathlib import Path

from tests.lab.runs import start_pytest, thread_store
from tests.plugin.secrets.canaries import found_in, give, with_password

TESTS = """
import pathlib, time

def test_it(deployment_client, worker_id):
    deployment_client.threads.create()
    pathlib.Path(f"at-work-{worker_id}").touch()
    deadline = time.monotonic() + 60
    while not pathlib.Path("seen").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
"""


def test_no_process_shows_a_secret(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    options, environment = give(tmp_path)
    with thread_store() as store:
        environment["DEPLOYMENT_URL"] = f"one={with_password(store.url)} embedded"
        arguments = ("test_it.py", "-k", "one", "-n2", "--dist=each", *options)
        with start_pytest(tmp_path, *arguments, **environment) as process:
            deadline = time.monotonic() + 90
            while len(list(tmp_path.glob("at-work-*"))) < 2:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            commands = command_lines_below(process.pid)
            (tmp_path / "seen").touch()
            process.communicate(timeout=60)
    assert process.returncode == 0
    assert len(commands) >= 3
    assert found_in("\n".join(commands)) == []


def command_lines_below(process: int) -> list[str]:
    """Return the command lines of a process and its descendants."""
    processes, lines = [process], []
    for parent in processes:
        lines.append(Path(f"/proc/{parent}/cmdline").read_text().replace("\0", " "))
        for task in Path(f"/proc/{parent}/task").iterdir():
            processes += map(int, (task / "children").read_text().split())
    return lines
