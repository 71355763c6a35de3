"""Runs ``langgraph`` for as long as the process that started it lives, then ends and removes its folder.

Run as a script, with the pipe that its parent holds as standard input: however the parent ends, ``kill -9``
included, the system closes the pipe. Nothing else in this package is imported here.
"""

import os
import runpy
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

GRACE_SECONDS = 10.0


def _end_with_parent(folder: Path, orphaned: threading.Event) -> None:
    os.read(sys.stdin.fileno(), 1)  # the parent never writes: this returns when it is gone
    orphaned.set()
    signal.raise_signal(signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def main() -> None:
    """Run ``langgraph`` with this process's arguments, in its working folder."""
    folder = Path.cwd()
    orphaned = threading.Event()
    # The server ends by raising the signal again for the handler that was there before its own. The default
    # handler would end the process before the folder is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    threading.Thread(target=_end_with_parent, args=(folder, orphaned), daemon=True).start()
    try:
        runpy.run_module("langgraph_cli", run_name="__main__", alter_sys=True)
    finally:
        if orphaned.is_set():
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
