"""From the record of a failed test to its explanation."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pytest_threadcopy.reproduction.address import PublicAddress
from pytest_threadcopy.reproduction.evidence.exchange import Exchange
from pytest_threadcopy.reproduction.evidence.slicing import slice_of
from pytest_threadcopy.reproduction.scripts.curl import curl_script
from pytest_threadcopy.reproduction.scripts.javascript import javascript_script
from pytest_threadcopy.reproduction.scripts.python import python_script
from pytest_threadcopy.reproduction.scripts.replay import replay_of
from pytest_threadcopy.reproduction.scripts.step_text import clean

_SEEN_LINES = 12


@dataclass(frozen=True)
class Explanation:
    """How a failure came about: the steps in words, and by the name of each language a script."""

    steps: list[str] = field(default_factory=list)
    reproduction: dict[str, str] = field(default_factory=dict)


def explain(
    lasting: Sequence[Exchange], test: Sequence[Exchange], error: BaseException | None, address: PublicAddress
) -> Explanation:
    """Return the steps that led to the error of a test, and the scripts that repeat them.

    ``lasting`` are the exchanges of earlier tests that made or changed threads, ``test`` those of the test.
    """
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
