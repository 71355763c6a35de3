"""What each process of a run made and deleted, written down, so that another can clean up after its death."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

Entry = dict[str, Any]
WriteEntry = Callable[..., None]
"""Takes one of ``made=``, ``deleted=`` (a thread's id), ``begun=`` and ``ended=`` (a request's), and more."""


class Journal:
    """A folder with a file for each process of a run.

    Args:
        folder: Where another process made it, empty where it could not; None to make it.

    ``folder`` is None where there is none. ``unwritten`` are the entries that could not be written, as
    where a worker of xdist is on another machine: whoever can tells them to the process that cleans up, which
    adds them to ``told``.
    """

    def __init__(self, folder: str | None = None) -> None:
        self.folder = folder or None
        if folder is None:  # now: a forked process would make one of its own, of which nobody knows
            with suppress(OSError):
                self.folder = tempfile.mkdtemp(prefix="threadcopy-run-")
        self.unwritten: list[Entry] = []
        self.told: list[Entry] = []
        self._locks: dict[int, Lock] = {}

    def writer(self, deployment: str, who: str) -> WriteEntry:
        """Return what writes down an entry about a deployment, under one of the identities."""
        return partial(self._write, deployment=deployment, who=who)

    def _write(self, **entry: Any) -> None:
        if not self.folder:
            self.unwritten.append(entry)
            return
        line = f"{json.dumps(entry)}\n".encode()
        # On Windows two threads that append at once overwrite each other. A forked process has a lock of its
        # own: that of its parent may be held by a thread that did not come along.
        with self._locks.setdefault(os.getpid(), Lock()):
            try:
                file = os.open(f"{self.folder}/{_name()}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                try:
                    os.write(file, line)
                finally:
                    os.close(file)
            except OSError:
                self.unwritten.append(entry)

    def file_beside(self, name: str) -> str:
        """Return the path of a file that the processes of the run share, empty where they share no folder."""
        return str(Path(self.folder, name)) if self.folder else ""

    def left_by_others(self) -> list[Entry]:
        """Return which threads other processes did not delete, and which requests they did not end."""
        made: dict[tuple[str, str], Entry] = {}
        begun: dict[str, Entry] = {}
        for entry in (*self._written_by_others(), *self.told):
            match entry:
                case {"made": thread_id}:
                    made[entry["deployment"], thread_id] = entry
                case {"deleted": thread_id}:
                    made.pop((entry["deployment"], thread_id), None)
                case {"begun": request}:
                    begun[request] = entry
                case {"ended": request}:
                    begun.pop(request, None)
        return [*made.values(), *begun.values()]

    def _written_by_others(self) -> Iterator[Entry]:
        if self.folder:
            with suppress(OSError):  # somebody cleared it away
                for file in Path(self.folder).glob("*.jsonl"):
                    if file.name != _name():
                        yield from _entries(file.read_bytes().splitlines())

    def remove(self) -> None:
        """Remove the folder."""
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def _name() -> str:
    """Return the name of this process's file; one that was forked has another."""
    return f"{os.getpid()}.jsonl"


def _entries(lines: Iterable[bytes]) -> Iterator[Entry]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:  # it was killed while it wrote
            continue


def write_nothing(**_: Any) -> None:
    """Write no entry."""
