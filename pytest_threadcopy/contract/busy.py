"""Copying a thread while a run on it is under way."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from pytest_threadcopy.contract.reading import Json
from pytest_threadcopy.contract.steps import Steps, steered
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.sources import Source

T = TypeVar("T")
_POLL_SECONDS = 0.1
_RUN_SECONDS = 1.0


@dataclass(frozen=True)
class MidRun(Generic[T]):
    """A copy taken in the middle of a run.

    ``seen`` is how many checkpoints the source had before the copy, ``meanwhile`` what came of what was done
    with the copy while the run went on, ``ending`` how the run ended.
    """

    copy_id: str
    seen: int
    meanwhile: T
    ending: Json


def busy_run(steps: Steps, source: Source) -> Json:
    """Do the run in whose middle a copy is taken, without taking one; return how it ended."""
    return steps.run(source.thread_id, source.role, input=steered(source.role, seconds=_RUN_SECONDS))


def copy_mid_run(steps: Steps, source: Source, meanwhile: Callable[[str], T]) -> MidRun[T]:
    """Run the source's role on it, and copy it as soon as it shows a checkpoint with nodes still to run.

    Args:
        steps: The steps of the test.
        source: A thread that never ran.
        meanwhile: What to do with the copy, given its id, while the run on the source goes on.

    Raises:
        Untestable: The run was over before it could be seen at work.
    """
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(busy_run, steps, source)
        while not run.done():
            seen = steps.history(source.thread_id)
            if seen and seen[0].get("next"):
                copy_id = steps.copy(source.thread_id)
                return MidRun(copy_id, len(seen), meanwhile(copy_id), run.result())
            time.sleep(_POLL_SECONDS)
    raise Untestable(
        f"assistant {source.role.assistant_id} was not seen at work: its runs are over too soon, "
        "or their checkpoints appear only at the end"
    )
