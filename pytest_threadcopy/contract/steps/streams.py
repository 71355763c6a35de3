"""A streamed run on two threads, compared by the values that it delivers."""

from functools import partial

from pytest_threadcopy.api.client import RunFailed
from pytest_threadcopy.contract.steps.reading import assert_same, places, together
from pytest_threadcopy.contract.steps.run_results import EndedRun, assert_success, ended_run
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.roles import Role
from pytest_threadcopy.reproduction.violation import AFTER_THE_SAME, Compared
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json


class Streams:
    """Streams runs of a role's assistant, and stores what each thread's stream delivered."""

    def __init__(self, steps: Steps, role: Role) -> None:
        self._steps, self._role = steps, role
        self._delivered: dict[str, Json] = {}

    def run(self, thread_id: str) -> EndedRun:
        """Stream a run on a thread, to its end."""
        return ended_run(thread_id, partial(self._stream, thread_id))

    def _stream(self, thread_id: str) -> None:
        self._delivered[thread_id] = {"events": [], "values": None}
        options = {"input": self._role.input, "stream_mode": "values"}
        parts = list(self._steps.client.runs.stream(thread_id, self._role.assistant_id, **options))
        # Only events with values are compared: others, such as a ping, come at any time.
        *events, values = [part.data for part in parts if part.event == "values"] or [None]
        self._delivered[thread_id] = {"events": events, "values": values}
        for part in parts:
            if part.event == "error":
                raise RunFailed(thread_id, part.data)

    def run_both(self, source_id: str, copy_id: str) -> None:
        """Assert that source and copy stream the same, and that the copy's stream ends with its state."""
        on_source, on_copy = together(partial(self.run, source_id), partial(self.run, copy_id))
        what, like = f"the streamed run on copy {copy_id}", "the same run on the source"
        assert_success(on_source, on_copy, what=what, like=like)
        if not self._delivered[source_id]["values"]:
            raise Untestable("a streamed run on the source itself delivers no values")
        self._steps.same_effect(
            source_id,
            copy_id,
            self._delivered.__getitem__,
            f"{what} differs from {like}",
            repeat=self.run,
            role=self._role,
            skeleton=_skeleton_of,
        )
        of_source, of_copy = self._steps.both(source_id, copy_id, self._steps.values)
        # The source's stream may hold more than its state, such as an interrupt: the copy's may, too.
        masked = places(of_source["values"], self._delivered[source_id]["values"])
        last_values = self._delivered[copy_id]["values"]
        problem = f"the last streamed values are not the state of copy {copy_id}"
        compared = Compared(source_id, copy_id, AFTER_THE_SAME)
        assert_same(of_copy["values"], last_values, problem, compared, unstable=masked)


def _skeleton_of(delivered: Json) -> Json:
    """Return the part of a stream that an assistant does not choose again at each run."""
    values, events = delivered["values"], delivered["events"]
    return {
        "values": sorted(values) if isinstance(values, dict) else None,
        "empty": any(not event for event in events),
    }
