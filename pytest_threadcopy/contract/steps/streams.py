"""A streamed run on two threads, compared by what it delivers."""

from functools import partial

from pytest_threadcopy.contract.steps.reading import assert_same, places, together
from pytest_threadcopy.contract.steps.run_results import EndedRun
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.roles import Role
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import ApiError


class Streams:
    """Streams runs of a role's assistant, and keeps what each thread delivered.

    Args:
        steps: The steps of the test.
        role: Whose assistant is run.
    """

    def __init__(self, steps: Steps, role: Role) -> None:
        self._steps = steps
        self._role = role
        self._delivered: dict[str, Json] = {}

    def run(self, thread_id: str) -> EndedRun:
        """Stream a run on a thread, to its end."""
        self._delivered[thread_id] = {"events": [], "values": None}
        stream = self._steps.client.runs.stream
        try:
            parts = list(
                stream(thread_id, self._role.assistant_id, input=self._role.input, stream_mode="values")
            )
        except ApiError as refusal:
            if not refusal.is_about_the_thread:
                raise
            return EndedRun(thread_id, str(refusal))
        values = [part.data for part in parts if part.event == "values"]
        # Other events (a ping, a place in a queue) come as time has it.
        self._delivered[thread_id] = {
            "events": values[:-1],
            "values": values[-1] if values else None,
        }
        failed = [part.data for part in parts if part.event == "error"]
        return EndedRun(thread_id, failed[0] or "it does not say how") if failed else EndedRun(thread_id)

    def run_both(self, source_id: str, copy_id: str) -> None:
        """Assert that the same is streamed of a copy as of its source, and ends in the copy's state."""
        on_source, on_copy = together(partial(self.run, source_id), partial(self.run, copy_id))
        if on_source.error is not None:
            raise Untestable(f"a streamed run on the source itself fails: {on_source.error}")
        if on_copy.error is not None:
            raise AssertionError(f"a streamed run on copy {copy_id} fails: {on_copy.error}")
        if not self._delivered[source_id]["values"]:
            raise Untestable("a streamed run on the source itself delivers no values")
        self._steps.same_became(
            source_id,
            copy_id,
            self._delivered.__getitem__,
            "the streamed run on the copy differs from the same on the source",
            repeat=self.run,
            role=self._role,
            shape=_shape_of,
        )
        values = {
            thread_id: (state["values"], self._delivered[thread_id]["values"])
            for thread_id, state in zip(
                (source_id, copy_id), self._steps.both(source_id, copy_id, self._steps.values), strict=True
            )
        }
        # What the source's stream tells beside its state, as that it is interrupted, is no part of the state.
        beside = places(*values[source_id])
        assert_same(*values[copy_id], "the last streamed values are not the copy's state", beside)


def _shape_of(delivered: Json) -> Json:
    """Return what is compared of streams of an assistant that does not do the same twice."""
    values, events = delivered["values"], delivered["events"]
    return {
        "values": sorted(values) if isinstance(values, dict) else None,
        "empty": any(not event for event in events),
    }
