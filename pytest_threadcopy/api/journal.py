"""A record of the threads that each process of a run made and deleted: another process can clean up."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from pytest_threadcopy.schemas import Json

Entry = Json
WriteEntry = Callable[..., None]
"""Takes the fields of an entry: ``made`` or ``deleted`` (a thread), ``begun`` or ``ended`` (a request) ..."""


class Journal:
    """A folder with a file for each process of a run.

    ``folder`` is the folder that another process made, empty if it could make none; by default the journal
    makes one. The attribute ``folder`` is None if there is none. ``unwritten`` holds the entries that could
    not be written, for example by an xdist worker on another machine. The worker sends them to the process
    that cleans up, which adds them to ``received``.
    """

    def __init__(self, folder: str | None = None) -> None:
        self.folder = folder or None
        if folder is None:  # now: a forked process would make a folder that no other process knows
            with suppress(OSError):
                self.folder = tempfile.mkdtemp(prefix="threadcopy-run-")
        self.unwritten: list[Entry] = []
        self.received: list[Entry] = []
        self._locks: dict[int, Lock] = {}

    def writer(self, deployment: str, who: str) -> WriteEntry:
        """Return a function that writes entries about the threads of the identity ``who`` on a deployment."""
        return partial(self._write, deployment=deployment, who=who)

    def _write(self, **entry: Any) -> None:
        if not self.folder:
            self.unwritten.append(entry)
            return
        line = f"{json.dumps(entry)}\n".encode()
        # On Windows, two Python threads that append at once overwrite each other. A forked process has its
        # own lock: a Python thread that exists in the parent alone may hold the parent's lock.
        with self._locks.setdefault(os.getpid(), Lock()):
            try:
                with Path(self.folder, _file_name()).open("ab", buffering=0) as file:
                    file.write(line)
            except OSError:
                self.unwritten.append(entry)

    def file_beside(self, name: str) -> str:
        """Return the path of a file that the processes of the run share; empty if they share no folder."""
        return str(Path(self.folder, name)) if self.folder else ""

    def left_by_others(self) -> list[Entry]:
        """Return the threads that other processes did not delete, and the requests that they did not end."""
        made: dict[tuple[str, str], Entry] = {}
        begun: dict[str, Entry] = {}
        for entry in (*self._written_by_others(), *self.received):
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
            with suppress(OSError):  # the folder is gone
                for file in Path(self.folder).glob("*.jsonl"):
                    for line in file.read_bytes().splitlines() if file.name != _file_name() else ():
                        with suppress(ValueError):  # the process was killed while it wrote the line
                            yield json.loads(line)

    def remove(self) -> None:
        """Remove the folder."""
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def _file_name() -> str:
    """Return the name of this process's file. Never cached: a forked process has its own."""
    return f"{os.getpid()}.jsonl"


def write_nothing(**_: Any) -> None:
    """Write no entry."""
