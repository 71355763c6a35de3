"""What the contract's tests do with threads, beside reading them: copy, write, delete, run."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from pytest_threadcopy.api.client import RunFailed
from pytest_threadcopy.contract.steps.observations import Observations
from pytest_threadcopy.contract.steps.reading import interrupts_of, tasks_of, together
from pytest_threadcopy.contract.steps.run_results import EndedRun, RunResults
from pytest_threadcopy.deployment.roles import Role
from pytest_threadcopy.deployment.sources import Source
from pytest_threadcopy.histories.thread_ids import checkpoint_id
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.scenarios import GRAPH_ID
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import Answer, ApiError


class Steps(RunResults, Observations):
    """The steps of a contract test on one deployment."""

    def copy(self, thread_id: str) -> str:
        """Copy a thread and return the copy's id."""
        return self.id_in(self.threads.copy_answer(thread_id))

    def copy_answer(self, thread_id: str) -> Answer:
        """Copy a thread and return the answer, if it says something of the thread.

        Raises:
            ApiError: It says something of access, load or a proxy.
        """
        answer = self.threads.copy_answer(thread_id)
        if answer.status >= 300 and not answer.error().is_about_the_thread:
            raise answer.error()
        return answer

    def id_in(self, answer: Answer) -> str:
        """Return the copy's id in the answer to a copy.

        Raises:
            ApiError: The copy was refused.
            AssertionError: It was not, and the answer names no thread_id.
        """
        if answer.status >= 300:
            raise answer.error()
        thread = answer.json()
        if not isinstance(thread, dict) or not thread.get("thread_id"):
            raise AssertionError(f"a copy succeeded, but its answer names no thread_id: {answer.error()}")
        return str(thread["thread_id"])

    def write(self, thread_id: str, values: Any, *, at: Mapping[str, Any] | None = None) -> None:
        """Write values on top of a thread, or of the older checkpoint whose state is ``at``."""
        if at is None:
            self._unless_never_possible(thread_id, partial(self._update, values=values), "POST state")
            return
        if not checkpoint_id(at):
            raise Untestable("the history shows no checkpoint ids, by which one could write to an older one")

        def fork_own(own_id: str) -> None:
            for _ in range(2):
                self._update(own_id, values)
            older = [state for state in self.source_history(own_id) if checkpoint_id(state)][1:]
            if not older:
                raise Untestable("no thread shows an older checkpoint, to which one could write")
            self._update(own_id, values, older[0])

        self._unless_never_possible(
            thread_id,
            lambda known: self._update(known, values, at),
            "POST state to an older checkpoint",
            on_own=fork_own,
        )

    def _update(self, thread_id: str, values: Any, at: Mapping[str, Any] | None = None) -> None:
        checkpoint = {"checkpoint_id": checkpoint_id(at), "checkpoint_ns": ""} if at else None
        self.threads.update_state(thread_id, values, as_node="__start__", checkpoint=checkpoint)

    def delete(self, thread_id: str) -> None:
        """Delete a thread."""
        self._unless_never_possible(thread_id, self.threads.delete, "DELETE")

    def _unless_never_possible(
        self,
        thread_id: str,
        do: Callable[[str], object],
        what: str,
        *,
        on_own: Callable[[str], object] | None = None,
    ) -> None:
        """Do something to a thread. Where this is refused, a thread that nobody copied is the oracle.

        Raises:
            ApiError: It is refused, and there it is not.
            Untestable: It is refused there too.
        """
        try:
            do(thread_id)
        except ApiError as refusal:
            if not refusal.is_about_the_thread:
                raise
            graph_id = None
            with suppress(ApiError):
                graph_id = (self.threads.get(thread_id).get("metadata") or {}).get("graph_id")
            own_id = self.fresh(graph_id)
            try:
                (on_own or do)(own_id)
            except ApiError as error:
                raise Untestable(f"{what} is refused on any thread: {error}") from error
            raise

    def annotate(self, source_id: str, metadata: Mapping[str, Any]) -> None:
        """Merge metadata into those of a source that is to be copied; untestable where this is refused."""
        try:
            self.threads.update(source_id, metadata=metadata)
        except ApiError as error:
            raise Untestable(f"the metadata of a thread cannot be changed: {error}") from error

    def run(self, thread_id: str, role: Role, **options: Any) -> EndedRun:
        """Run a role's assistant on a thread, to its end.

        Raises:
            ApiError: What is answered tells nothing of the thread.
        """
        try:
            self.client.runs.wait(thread_id, role.assistant_id, **options)
        except RunFailed as failure:
            return EndedRun(thread_id, failure.error or "it does not say how")
        except ApiError as refusal:
            if not refusal.is_about_the_thread:
                raise
            return EndedRun(thread_id, str(refusal))
        return EndedRun(thread_id)

    def turns(self, role: Role, *turns: Mapping[str, Any]) -> Callable[[str], EndedRun]:
        """Return what runs an assistant on a thread, once with each of these options; the last run counts."""

        def run_all(thread_id: str) -> EndedRun:
            return [self.run(thread_id, role, **options) for options in turns][-1]

        return run_all

    def run_source(self, source_id: str, role: Role, **options: Any) -> None:
        """Run a role's assistant on a source that is to be copied; untestable where the run fails."""
        try:
            self.client.runs.wait(source_id, role.assistant_id, **options)
        except (ApiError, RunFailed) as error:
            raise Untestable(f"the source cannot be made: {error}") from error

    def run_both(
        self,
        source_id: str,
        copy_id: str,
        role: Role,
        *,
        earlier: Sequence[Mapping[str, Any]] = (),
        **options: Any,
    ) -> Json:
        """Do the same run on source and copy, at once, and assert that the same came of it; return that.

        Where the same run fails on the source too, nothing can be learned of the copy: untestable.
        ``earlier`` are the options of the runs that the source had before.
        """
        on_source, on_copy = together(
            lambda: self.run(source_id, role, **options), lambda: self.run(copy_id, role, **options)
        )
        return self.same_ending(
            on_source,
            on_copy,
            role,
            what=f"the run on copy {copy_id}",
            like="the same run on the source",
            repeat=self.turns(role, *earlier, options),
        )

    def second_turn(self, source_id: str, copy_id: str, role: Role, *earlier: Mapping[str, Any]) -> None:
        """Give source and copy, on which the runs ``earlier`` ended alike, the role's input once more."""
        with self.where_shown("a second turn"):
            self.run_both(source_id, copy_id, role, earlier=earlier, input=role.input)

    def resume_both(self, source: Source, copy_id: str, **first: Any) -> Json:
        """Resume source and copy, at once, and assert that the same came of it; return that.

        ``first`` are the options of the run that the source had, beside the role's input.
        """
        role = source.role
        self.must_wait(source)
        return self.run_both(
            source.thread_id,
            copy_id,
            role,
            earlier=[{"input": role.input, **first}],
            command={"resume": role.resume},
        )

    def must_wait(self, source: Source) -> None:
        """Untestable where a source is not seen to wait for anything: then nothing would be resumed."""
        state = self.of_source(lambda: self.threads.get_state(source.thread_id))
        if state.get("next") or state.get("interrupts") or interrupts_of(state):
            return
        if self.of_source(lambda: self.threads.get(source.thread_id)).get("status") != "interrupted":
            raise Untestable(
                f"assistant {source.role.assistant_id} leaves no node to resume: source {source.thread_id} "
                "shows neither next nodes nor interrupts"
            )

    def usable(self, thread_id: str, role: Role, after: str) -> None:
        """Assert that a thread can be written to, and run on where that is allowed.

        Where a run fails on a thread that nobody copied too, nothing can be learned of it: untestable.
        """
        before = self.shown_history(thread_id)
        self.write(thread_id, role.input)
        if before is not None:
            now = self.history(thread_id)
            assert has_grown(before, now), f"after {after}, thread {thread_id} cannot be written any more"
        if role.may_run:
            ran = self.run(thread_id, role, input=role.input)
            own = self.run(self.fresh(role.assistant_id), role, input=role.input) if ran.error else ran
            if own.error:
                raise Untestable(f"a run on a thread that nobody copied fails: {own.error}")
            assert not ran.error, f"after {after}, a run on thread {thread_id} fails: {ran.error}"

    def subgraph_values(self, thread_id: str) -> Json:
        """Return the values of each subgraph that a thread's state shows."""
        state = self.threads.get_state(thread_id, subgraphs=True)
        return {"subgraphs": [task["state"].get("values") for task in tasks_of(state) if task.get("state")]}

    def values_after(self, thread_id: str, values: Any, *, at: Mapping[str, Any] | None = None) -> Any:
        """Write as `write` does, and return the values that the thread has then."""
        self.write(thread_id, values, at=at)
        return self.values(thread_id)["values"]


def has_grown(before: Sequence[Json], now: Sequence[Json]) -> bool:
    """Whether a history shows a checkpoint that it did not show before."""
    known = {checkpoint_id(state) for state in before}
    return len(now) > len(before) or not {checkpoint_id(state) for state in now} <= known


def steered(role: Role, **steering: Any) -> Any:
    """Return a role's input, with what steers the kit's graph for it; another assistant knows its own."""
    return {**role.input, **steering} if role.assistant_id == GRAPH_ID.get(role.name) else role.input
