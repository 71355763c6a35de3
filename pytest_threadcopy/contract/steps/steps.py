"""What the contract's tests do with threads besides reading them: copy, write, delete, run."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from pytest_threadcopy.api.client import RunFailed
from pytest_threadcopy.contract.steps.reading import interrupts_of, tasks_of, together
from pytest_threadcopy.contract.steps.run_results import EndedRun, Repeat, RunResults, ended_run
from pytest_threadcopy.deployment.roles import Role
from pytest_threadcopy.deployment.sources import Source
from pytest_threadcopy.histories.thread_ids import checkpoint_id
from pytest_threadcopy.reproduction.violation import Violation, expect
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.scenarios import GRAPH_ID
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import Answer, ApiError


class Steps(RunResults):
    """The steps of a contract test on one deployment."""

    def copy(self, thread_id: str) -> str:
        """Copy a thread and return the copy's id; raise the errors of `id_in`."""
        return self.id_in(self.threads.copy_answer(thread_id))

    def copy_answer(self, thread_id: str) -> Answer:
        """Copy a thread and return the answer; raise an `ApiError` that is not about the thread."""
        answer = self.threads.copy_answer(thread_id)
        if answer.status >= 300 and not answer.error().is_about_the_thread:
            raise answer.error()
        return answer

    def id_in(self, answer: Answer) -> str:
        """Return the copy's id from the answer to a copy.

        Raises:
            ApiError: The copy was refused.
            Violation: The copy succeeded, but the answer names no thread_id.
        """
        if answer.status >= 300:
            raise answer.error()
        thread = answer.json()
        if not isinstance(thread, dict) or not thread.get("thread_id"):
            raise Violation(f"a copy succeeded, but its answer names no thread_id: {answer.error()}", answer)
        return str(thread["thread_id"])

    def write(self, thread_id: str, values: Any, *, at: Json | None = None) -> None:
        """Write values on top of a thread, or of the older checkpoint whose state is ``at``.

        Raises:
            ApiError: The write is refused on this thread, but not on one that nobody copied.
            Untestable: The write is refused on any thread, or no older checkpoint shows its id.
        """
        write = partial(self._update, values=values, at=at)
        if at is None:
            self._unless_always_refused(thread_id, write, "POST state")
            return
        if not checkpoint_id(at):
            raise Untestable("the history shows no checkpoint ids: no write can name an older checkpoint")

        def fork(new_id: str) -> None:
            for _ in range(2):
                self._update(new_id, values)
            older = [state for state in self.source_history(new_id) if checkpoint_id(state)][1:]
            if not older:
                raise Untestable("a thread that nobody copied shows no older checkpoint to write to")
            self._update(new_id, values, older[0])

        self._unless_always_refused(thread_id, write, "POST state to an older checkpoint", fork)

    def _update(self, thread_id: str, values: Any, at: Json | None = None) -> None:
        checkpoint = {"checkpoint_id": checkpoint_id(at), "checkpoint_ns": ""} if at else None
        self.threads.update_state(thread_id, values, as_node="__start__", checkpoint=checkpoint)

    def delete(self, thread_id: str) -> None:
        """Delete a thread; raise the errors of `write`."""
        self._unless_always_refused(thread_id, self.threads.delete, "DELETE")

    def _unless_always_refused(
        self, thread_id: str, act: Repeat, what: str, on_new: Repeat | None = None
    ) -> None:
        """Call ``act`` with a thread. If that is refused, find out whether it is refused on a new thread too.

        ``on_new`` is called with the new thread in place of ``act``, if it is given.
        """
        try:
            act(thread_id)
        except ApiError as refusal:
            if not refusal.is_about_the_thread:
                raise
            graph_id = None
            with suppress(ApiError):
                graph_id = (self.threads.get(thread_id).get("metadata") or {}).get("graph_id")
            new_id = self.new_thread(graph_id)
            try:
                (on_new or act)(new_id)
            except ApiError as error:
                raise Untestable(f"{what} is refused on any thread: {error}") from error
            raise

    def annotate(self, source_id: str, metadata: Mapping[str, Any]) -> None:
        """Merge metadata into those of a source; raise `Untestable` where the deployment refuses it."""
        try:
            self.threads.update(source_id, metadata=metadata)
        except ApiError as error:
            raise Untestable(f"the metadata of a thread cannot be changed: {error}") from error

    def run(self, thread_id: str, role: Role, **options: Any) -> EndedRun:
        """Run a role's assistant on a thread, and wait for the end of the run, as `ended_run` does."""
        return ended_run(thread_id, lambda: self.client.runs.wait(thread_id, role.assistant_id, **options))

    def turns(self, role: Role, *turns: Json) -> Callable[[str], EndedRun]:
        """Return a function that runs on a thread with the options of each turn, and returns the last run."""

        def run_all(thread_id: str) -> EndedRun:
            return [self.run(thread_id, role, **options) for options in turns][-1]

        return run_all

    def run_source(self, source_id: str, role: Role, **options: Any) -> None:
        """Run a role's assistant on a source; raise `Untestable` where the run fails."""
        try:
            self.client.runs.wait(source_id, role.assistant_id, **options)
        except (ApiError, RunFailed) as error:
            raise Untestable(f"the source cannot be made: {error}") from error

    def run_both(
        self, source_id: str, copy_id: str, role: Role, *, earlier: Sequence[Json] = (), **options: Any
    ) -> Json:
        """Run the same on source and copy at once, and assert that both runs have one result; return it.

        ``earlier`` are the options of the runs that the source had before. Raise `Untestable` where the
        run fails on the source too.
        """
        on_source, on_copy = together(
            lambda: self.run(source_id, role, **options), lambda: self.run(copy_id, role, **options)
        )
        what, like = f"the run on copy {copy_id}", "the same run on the source"
        repeat = self.turns(role, *earlier, options)
        return self.same_result(on_source, on_copy, role, what=what, like=like, repeat=repeat)

    def second_turn(self, source_id: str, copy_id: str, role: Role, *earlier: Json) -> None:
        """Run the role's input once more, as `run_both` does; note the reason if that is untestable."""
        with self.where_shown("a second turn"):
            self.run_both(source_id, copy_id, role, earlier=earlier, input=role.input)

    def resume_both(self, source: Source, copy_id: str, **first: Any) -> Json:
        """Resume source and copy as `run_both` does.

        ``first`` are the options, besides the input, of the run that the source had before.
        """
        role = source.role
        self.must_wait(source)
        earlier, resume = [{"input": role.input, **first}], {"resume": role.resume}
        return self.run_both(source.thread_id, copy_id, role, earlier=earlier, command=resume)

    def must_wait(self, source: Source) -> None:
        """Raise `Untestable` where neither state nor status of a source shows that it waits for a resume."""
        state = self.of_source(self.threads.get_state, source.thread_id)
        if state.get("next") or state.get("interrupts") or interrupts_of(state):
            return
        if self.of_source(self.threads.get, source.thread_id).get("status") != "interrupted":
            raise Untestable(
                f"assistant {source.role.assistant_id} leaves no node to resume: source {source.thread_id} "
                "shows neither next nodes nor interrupts"
            )

    def usable(self, thread_id: str, role: Role, after: str, *others: str) -> None:
        """Assert that a thread still takes a write, and a run where the role allows runs.

        ``after`` says what was done before, and ``others`` are the ids of the threads to which it was done.
        Raise `Untestable` where a run also fails on a thread that nobody copied.
        """
        before = self.if_shown(self.history, thread_id)
        self.write(thread_id, role.input)
        if before is not None:
            problem = f"after {after}, POST state on thread {thread_id} adds no checkpoint"
            expect(has_grown(before, self.history(thread_id)), problem, thread_id, *others)
        if not role.may_run:
            return
        run = self.run(thread_id, role, input=role.input)
        if run.failure:
            on_new = self.run(self.new_thread(role.assistant_id), role, input=role.input)
            if on_new.failure:
                raise Untestable(f"a run on a thread that nobody copied fails: {on_new.failure}")
            problem = f"after {after}, a run on thread {thread_id} fails: {run.failure}"
            raise Violation(problem, thread_id, *others) from run.error

    def subgraph_values(self, thread_id: str) -> Json:
        """Return the values of each subgraph that a thread's state shows."""
        state = self.threads.get_state(thread_id, subgraphs=True)
        return {"subgraphs": [task["state"].get("values") for task in tasks_of(state) if task.get("state")]}

    def values_after(self, thread_id: str, values: Any, *, at: Json | None = None) -> Any:
        """Write as `write` does, and return the values that the thread has afterwards."""
        self.write(thread_id, values, at=at)
        return self.values(thread_id)["values"]


def has_grown(before: Sequence[Json], now: Sequence[Json]) -> bool:
    """Whether a history shows a checkpoint that it did not show before."""
    ids_before = {checkpoint_id(state) for state in before}
    return len(now) > len(before) or not {checkpoint_id(state) for state in now} <= ids_before


def steered(role: Role, **steering: Any) -> Any:
    """Return a role's input, with ``steering`` added if the kit's graph, which reads it, plays the role."""
    return {**role.input, **steering} if role.assistant_id == GRAPH_ID.get(role.name) else role.input
