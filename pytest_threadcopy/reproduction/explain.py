"""From the record of a failed test to its explanation."""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pytest_threadcopy.reproduction.address import PublicAddress
from pytest_threadcopy.reproduction.evidence.exchange import Exchange
from pytest_threadcopy.reproduction.evidence.slicing import slice_of
from pytest_threadcopy.reproduction.record import Record
from pytest_threadcopy.reproduction.scripts.curl import curl_script
from pytest_threadcopy.reproduction.scripts.javascript import javascript_script
from pytest_threadcopy.reproduction.scripts.python import python_script
from pytest_threadcopy.reproduction.scripts.replay import replay_of
from pytest_threadcopy.reproduction.scripts.step_text import clean

NO_STEPS = "the steps cannot be shown, because of a bug in pytest-threadcopy"
"""The only step of a failure that cannot be explained."""
_SEEN_LINES = 12


@dataclass(frozen=True)
class Explanation:
    """How a failure came about: the steps in words, and a script in each language, by its name."""

    steps: list[str] = field(default_factory=list)
    reproduction: dict[str, str] = field(default_factory=dict)


def explain(record: Record, error: BaseException | None) -> Explanation:
    """Return how ``error``, which the running test raised, came about. This raises no error."""
    try:
        return _explanation(*record.exchanges(), error, record.address)
    except Exception as problem:  # noqa: BLE001 (a bug of ours must not hide the failure)
        last = traceback.extract_tb(problem.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        return Explanation([f"({NO_STEPS}: {type(problem).__name__} at {place})"])


def _explanation(
    lasting: Sequence[Exchange], test: Sequence[Exchange], error: BaseException | None, address: PublicAddress
) -> Explanation:
    failure = slice_of(lasting, test, error)
    if not failure.exchanges:
        return Explanation()
    lines = address.redact(str(error)).splitlines()[:_SEEN_LINES]
    seen = [clean(line) for line in lines if line.strip()]
    replay = replay_of(failure, address, seen)
    steps = [call.remarks[0] for call in replay.calls]
    steps += [clean(f"(left out: {omission})") for omission in failure.left_out]
    writers = {"curl": curl_script, "python": python_script, "javascript": javascript_script}
    return Explanation(steps, {language: write(replay) for language, write in writers.items()})
