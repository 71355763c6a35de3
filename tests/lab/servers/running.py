"""A server as a child process."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 60.0
STOP_SECONDS = 10.0
# Ends the server when its standard input is closed: by this process, or by the system if this one is killed.
_TETHERED = '"$@" & read _; kill $!; wait'


@contextmanager
def running(
    command: Sequence[str],
    folder: Path,
    is_ready: Callable[[], bool],
    environment: Mapping[str, str],
    user: str | None = None,
) -> Iterator[None]:
    """Run a server in a folder until the context or this process ends."""
    log = folder / "server.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            ["sh", "-c", _TETHERED, "sh", *command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=user,
        ) as process,
    ):
        assert process.stdin is not None
        try:
            deadline = time.monotonic() + START_SECONDS
            while not is_ready():
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{command[0]} did not answer:\n{log.read_text()[-4000:]}")
                time.sleep(0.05)
            yield
        finally:
            process.stdin.close()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
