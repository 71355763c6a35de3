"""The id of a test run, by which its threads are known. It tells whether the run may still be at work."""

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
"""Metadata that every thread of every run carries, so that what killed runs left can be found."""

TAG = "threadcopy_run"
"""The key of the metadata whose value is the id of the run that made a thread."""

LONGEST_RUN = timedelta(days=1)
"""After so long a run is over, wherever it began."""

_TIME = "%Y%m%dT%H%M%SZ"
_FORM = re.compile(
    r"(?P<begun>[0-9]{8}T[0-9]{6}Z)-(?P<machine>[0-9a-f]{8})-(?P<process>[0-9]{1,20})-[0-9a-f]{8}"
)
_RANDOM = 1 << 40
"""Set in the number of a network card that there is not."""


def new_run_id() -> str:
    """Return an id for a run of this process: when it began, a digest of the machine, process, chance."""
    return f"{datetime.now(UTC):{_TIME}}-{_machine()}-{os.getpid()}-{secrets.token_hex(4)}"


def may_be_at_work(run: str) -> bool:
    """Whether a run may still be making threads: its process is alive, or nobody here can know.

    An id of another form is nobody's: not at work.
    """
    found = _FORM.fullmatch(run)
    if not found:
        return False
    try:
        begun = datetime.strptime(found["begun"], _TIME).replace(tzinfo=UTC)
    except ValueError:  # no such day
        return False
    if datetime.now(UTC) - begun > LONGEST_RUN:
        return False
    # On Windows os.kill would end the process that it asks for.
    can_know = found["machine"] == _machine() and sys.platform != "win32"
    return _is_alive(int(found["process"])) if can_know else True


@cache
def _machine() -> str:
    """Return what tells where a process is from elsewhere, without names: a deployment may be a stranger's.

    Many machines have one name, and a container has processes of its own. Where one machine is taken for
    two, its threads are kept for a day.
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
        return True
    return True
