"""The responses of a deployment about a copy, each with the response about the copy's source."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.sources import Source, Sources
from pytest_threadcopy.reproduction.violation import Compared, expect
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.wire.transport import Answer, ApiError


@dataclass(frozen=True)
class Response:
    """One response about a copy, and the same about its source. ``where`` names the response in messages.

    ``about`` is what a `Violation` names: the answer itself, or the two threads that were read.
    """

    where: str
    schema: str
    source_id: str
    copy_id: str
    of_source: Any
    of_copy: Any
    about: Compared | Answer


def responses_about_copies(steps: Steps, readable: Source, sources: Sources) -> Iterator[Response]:
    """Copy a plain source, and a nested one where an assistant plays that role; yield each response.

    A read that fails on the source is left out, with a note. Raise the error of a read that fails only on the
    copy, and a `Violation` for a read that is empty only on the copy.
    """
    yield from _about_a_copy(steps, readable.thread_id)
    if sources.plays("nested"):
        yield from _about_a_copy(steps, sources.shared("nested").thread_id)


def _about_a_copy(steps: Steps, source_id: str) -> Iterator[Response]:
    answer = steps.copy_answer(source_id)
    copy_id = steps.id_in(answer)
    reads: dict[str, tuple[str, Callable[[str], Any]]] = {
        "the thread": ("thread", steps.threads.get),
        "the state": ("thread_state", steps.threads.get_state),
        "the state with subgraphs": ("thread_state", partial(steps.threads.get_state, subgraphs=True)),
        "the history": ("history", steps.history),
    }
    for where, (schema, read) in reads.items():
        of_source = of_copy = None
        try:
            of_source, of_copy = steps.both(source_id, copy_id, read)
        except Untestable as reason:
            if isinstance(reason.__cause__, ApiError) and not reason.__cause__.is_about_the_thread:
                raise
            steps.note(f"{where} of copy {copy_id} is left out: {reason}")
        if schema == "thread":
            named = "the answer to the copy"
            yield Response(named, schema, source_id, copy_id, of_source, answer.json(), answer)
        problem = f"{where} of copy {copy_id} is empty, and that of its source is not"
        expect(of_copy or not of_source, problem, copy_id)
        if of_copy:
            compared = Compared(source_id, copy_id)
            yield Response(where, schema, source_id, copy_id, of_source, of_copy, compared)
