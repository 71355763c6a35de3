"""A streamed run on two threads, compared by the values that it delivers."""

from functools import partial

from pytest_threadcopy.contract.steps.reading import assert_same, places, together
from pytest_threadcopy.contract.steps.run_results import NO_REASON, EndedRun
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.roles import Role
from pytest_threadcopy.reproduction.violation import Violation
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import ApiError


class Streams:
    """Streams runs of a role's assistant, and stores what each thread's stream delivered.

    Args:
        steps: The steps of the test.
        role: The role whose assistant runs.
    """

    def __init__(self, steps: Steps, role: Role) -> None:
        self._steps = steps
        self._role = role
        self._delivered: dict[str, Json] = {}

    def run(self, thread_id: str) -> EndedRun:
        """Stream a run on a thread, to its end."""
        self._delivered[thread_id] = {"events": [], "values": None}
        options = {"input": self._role.input, "stream_mode": "values"}
        try:
            parts = list(self._steps.client.runs.stream(thread_id, self._role.assistant_id, **options))
        except ApiError as refusal:
            if not refusal.is_about_the_thread:
                raise
            return EndedRun(thread_id, str(refusal), refusal)
        # Only events with values are compared: others, such as a ping, come at any time.
        *events, values = [part.data for part in parts if part.event == "values"] or [None]
        self._delivered[thread_id] = {"events": events, "values": values}
        failures = [part.data for part in parts if part.event == "error"]
        return EndedRun(thread_id, failures[0] or NO_REASON) if failures else EndedRun(thread_id)

    def run_both(self, source_id: str, copy_id: str) -> None:
        """Assert that source and copy stream the same, and that the copy's stream ends with its state."""
        on_source, on_copy = together(partial(self.run, source_id), partial(self.run, copy_id))
        if on_source.failure is not None:
            raise Untestable(f"a streamed run on the source itself fails: {on_source.failure}")
        if on_copy.failure is not None:
            problem = f"a streamed run on copy {copy_id} fails: {on_copy.failure}"
            raise Violation(problem, source_id, copy_id) from on_copy.error
        if not self._delivered[source_id]["values"]:
            raise Untestable("a streamed run on the source itself delivers no values")
        self._steps.same_effect(
            source_id,
            copy_id,
            self._delivered.__getitem__,
            f"the streamed run on copy {copy_id} differs from the same run on the source",
            repeat=self.run,
            role=self._role,
            skeleton=_skeleton_of,
        )
        states = self._steps.both(source_id, copy_id, self._steps.values)
        source_values, copy_values = (
            (state["values"], self._delivered[thread_id]["values"])
            for thread_id, state in zip((source_id, copy_id), states, strict=True)
        )
        # The source's stream may hold more than its state, such as an interrupt: the copy's may, too.
        masked = places(*source_values)
        problem = f"the last streamed values are not the state of copy {copy_id}"
        assert_same(*copy_values, problem, source_id, copy_id, unstable=masked)


def _skeleton_of(delivered: Json) -> Json:
    """Return the part of a stream that an assistant does not choose anew at each run."""
    values, events = delivered["values"], delivered["events"]
    return {
        "values": sorted(values) if isinstance(values, dict) else None,
        "empty": any(not event for event in events),
    }
