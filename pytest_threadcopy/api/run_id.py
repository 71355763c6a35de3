"""The id of a test run. Its threads carry it, and it shows whether the run may still be at work."""

import hashlib
import os
import platform
import re
import secrets
import sys
import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

MADE_BY = {"threadcopy_made_by": "pytest-threadcopy"}
"""Metadata that every thread of every run carries, so that the threads of killed runs can be found."""

TAG = "threadcopy_run"
"""The key of the metadata whose value is the id of the run that made a thread."""

LONGEST_RUN = timedelta(days=1)
"""After this time a run is over, on any machine."""

_TIME = "%Y%m%dT%H%M%SZ"
_FORM = re.compile(
    r"(?P<begun>[0-9]{8}T[0-9]{6}Z)-(?P<machine>[0-9a-f]{8})-(?P<process>[0-9]{1,20})-[0-9a-f]{8}"
)
_RANDOM = 1 << 40
"""Python sets this bit in a random number that stands for a missing network card."""


def new_run_id() -> str:
    """Return an id for a run of this process: its start, a digest of the machine, its process, random hex."""
    return f"{datetime.now(UTC):{_TIME}}-{_machine()}-{os.getpid()}-{secrets.token_hex(4)}"


def may_be_at_work(run: str) -> bool:
    """Whether a run may still be making threads: its process is alive, or cannot be seen from here.

    False for a text that is no id of a run.
    """
    parts = _FORM.fullmatch(run)
    if not parts:
        return False
    try:
        begun = datetime.strptime(parts["begun"], _TIME).replace(tzinfo=UTC)
    except ValueError:  # a day that does not exist
        return False
    if datetime.now(UTC) - begun > LONGEST_RUN:
        return False
    # On Windows os.kill(process, 0) would end the process.
    can_know = parts["machine"] == _machine() and sys.platform != "win32"
    return _is_alive(int(parts["process"])) if can_know else True


@cache
def _machine() -> str:
    """Return a digest of this machine. It shows no name: the deployment may belong to a stranger.

    Many machines share a name, and each container has its own processes. If one machine looks like two, the
    threads of its killed runs stay for a day.
    """
    card = uuid.getnode()
    parts = [platform.node(), "" if card & _RANDOM else str(card)]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
    with suppress(OSError):
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True
