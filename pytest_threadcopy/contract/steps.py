"""What the contract's tests do with threads, beside reading them: copy, write, run, and compare the ends."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from pytest_threadcopy.client import RunFailed
from pytest_threadcopy.contract.reading import Json, Reading, assert_same, interrupts_of, tasks_of, together
from pytest_threadcopy.difference import differences
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.roles import Role
from pytest_threadcopy.scenarios import GRAPH_ID
from pytest_threadcopy.sources import Source
from pytest_threadcopy.structural import checkpoint_id
from pytest_threadcopy.wire.transport import Answer, ApiError


class Steps(Reading):
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
        """Write values on top of a thread, or of the older checkpoint whose state is ``at``.

        Where this is refused, a thread that nobody copied tells whether it always is: then untestable.
        """
        checkpoint = {"checkpoint_id": checkpoint_id(at), "checkpoint_ns": ""} if at else None
        if checkpoint and not checkpoint["checkpoint_id"]:
            raise Untestable("the history shows no checkpoint ids, by which one could write to an older one")
        try:
            self.threads.update_state(thread_id, values, as_node="__start__", checkpoint=checkpoint)
        except ApiError as refusal:
            own = self.threads.create(
                graph_id=(self.threads.get(thread_id).get("metadata") or {}).get("graph_id")
            )
            try:
                self.threads.update_state(own["thread_id"], values, as_node="__start__")
            except ApiError as error:
                raise Untestable(f"POST state is refused on any thread: {error}") from error
            raise refusal

    def annotate(self, source_id: str, metadata: Mapping[str, Any]) -> None:
        """Merge metadata into those of a source that is to be copied; untestable where this is refused."""
        try:
            self.threads.update(source_id, metadata=metadata)
        except ApiError as error:
            raise Untestable(f"the metadata of a thread cannot be changed: {error}") from error

    def run(self, thread_id: str, role: Role, **options: Any) -> Json:
        """Run a role's assistant on a thread and return what came of it, in terms that two threads share.

        That is the values, what is next, the values of interrupts and how many checkpoints the thread has
        then, or only the error. Ids are left out: each run makes its own.
        """
        try:
            values = self.client.runs.wait(thread_id, role.assistant_id, raise_error=False, **options)
        except ApiError as error:
            return {"error": str(error)}
        if isinstance(values, dict) and "__error__" in values:
            return {"error": values["__error__"]}
        try:
            state = self.threads.get_state(thread_id)
        except ApiError as error:
            raise AssertionError(
                f"after a run on thread {thread_id} its state cannot be read: {error}"
            ) from error
        return {
            "values": state.get("values"),
            "next": state.get("next"),
            "interrupts": [interrupt.get("value") for interrupt in interrupts_of(state)],
            "checkpoints": len(self.history(thread_id)),
        }

    def run_source(self, source_id: str, role: Role, **options: Any) -> None:
        """Run a role's assistant on a source that is to be copied; untestable where the run fails."""
        try:
            self.client.runs.wait(source_id, role.assistant_id, **options)
        except (ApiError, RunFailed) as error:
            raise Untestable(f"the source cannot be made: {error}") from error

    def run_both(self, source_id: str, copy_id: str, role: Role, **options: Any) -> Json:
        """Do the same run on source and copy, at once, and assert that the same came of it; return that.

        Where the same run fails on the source too, nothing can be learned of the copy: untestable.
        """
        on_source: Json
        on_copy: Json
        on_source, on_copy = together(
            lambda: self.run(source_id, role, **options), lambda: self.run(copy_id, role, **options)
        )
        self.same_ending(on_source, on_copy, role, f"the run on copy {copy_id}", "the same run on the source")
        return on_copy

    def resume_both(self, source: Source, copy_id: str) -> Json:
        """Resume source and copy, at once, and assert that the same came of it; return that."""
        return self.run_both(source.thread_id, copy_id, source.role, command={"resume": source.role.resume})

    def same_ending(self, expected: Json, seen: Json, role: Role, what: str, like: str) -> None:
        """Assert that a run, ``what``, ended as one ``like`` it did.

        Where that one failed, nothing can be learned: untestable. Where the assistant does not do the same
        twice, only the shape of what came of them is compared.
        """
        if "error" in expected:
            raise Untestable(f"{like} fails: {json.dumps(expected['error'])}")
        if "error" in seen:
            raise AssertionError(f"{what} fails, where {like} does not: {json.dumps(seen['error'])}")
        if next(differences(expected, seen), None) and not self._is_deterministic(role):
            self.note(f"assistant {role.assistant_id} is not deterministic: only shapes are compared")
            expected, seen = _shape(expected), _shape(seen)
        assert_same(expected, seen, f"{what} ends otherwise than {like}")

    def _is_deterministic(self, role: Role) -> bool:
        """Whether an assistant does the same on two fresh threads."""
        fresh = [self.threads.create(graph_id=role.assistant_id)["thread_id"] for _ in range(2)]
        first, second = together(*(partial(self.run, thread, role, input=role.input) for thread in fresh))
        return next(differences(first, second), None) is None

    def values_after(self, thread_id: str, values: Any, *, at: Mapping[str, Any] | None = None) -> Any:
        """Write as `write` does, and return the values that the thread has then."""
        self.write(thread_id, values, at=at)
        return self.threads.get_state(thread_id).get("values")

    def stream(self, thread_id: str, role: Role) -> Json:
        """Stream a run of a role's assistant; return which events came, and the last values among them."""
        parts = list(
            self.client.runs.stream(thread_id, role.assistant_id, input=role.input, stream_mode="values")
        )
        values = [part.data for part in parts if part.event == "values"]
        return {"events": [part.event for part in parts], "values": values[-1] if values else None}

    def subgraph_values(self, thread_id: str) -> list[Any]:
        """Return the values of each subgraph that a thread's state shows."""
        try:
            state = self.threads.get_state(thread_id, subgraphs=True)
        except ApiError as error:
            raise AssertionError(f"the subgraphs of thread {thread_id} cannot be read: {error}") from error
        return [task["state"].get("values") for task in tasks_of(state) if task.get("state")]


def steered(role: Role, **steering: Any) -> Any:
    """Return a role's input, with what steers the kit's graph for it; another assistant knows its own."""
    return {**role.input, **steering} if role.assistant_id == GRAPH_ID.get(role.name) else role.input


def _shape(ending: Json) -> Json:
    """Return how a run ended, without what an assistant that is not deterministic may choose freely."""
    values = ending["values"]
    keys = sorted(values) if isinstance(values, dict) else []
    return {**ending, "values": keys, "interrupts": len(ending["interrupts"])}
