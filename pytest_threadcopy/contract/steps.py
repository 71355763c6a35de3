"""What the contract's tests do with threads: copy, look, run, and compare what came of it."""

import json
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from pytest_threadcopy.client import Client
from pytest_threadcopy.comparison import HistoriesDiffer, compare_histories
from pytest_threadcopy.difference import differences, show_path, show_pattern, show_values
from pytest_threadcopy.entries import History
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.roles import Role
from pytest_threadcopy.transport import ApiError

Json = dict[str, Any]
_SHOWN = 3


class Steps:
    """The steps of a contract test on one deployment.

    Args:
        client: The deployment.
        note: Takes what the test learned that its outcome does not tell.
    """

    def __init__(self, client: Client, note: Callable[[str], object]) -> None:
        self.client = client
        self.threads = client.threads
        self.note = note

    def copy(self, thread_id: str) -> str:
        """Copy a thread and return the copy's id; an answer that names none is a violation."""
        answer = self.threads.copy(thread_id)
        if not isinstance(answer, dict) or not answer.get("thread_id"):
            raise AssertionError(
                f"copying thread {thread_id} succeeded, but the answer names no thread_id: {answer}"
            )
        return str(answer["thread_id"])

    def history(self, thread_id: str, checkpoint_ns: str = "") -> list[Any]:
        """Return the whole history of a thread, newest checkpoint first."""
        return list(self.threads.history(thread_id, checkpoint_ns=checkpoint_ns))

    def same_history(
        self, source_id: str, copy_id: str, *, checkpoint_ns: str = "", expect_empty: bool = False
    ) -> None:
        """Assert that a copy's history is its source's."""
        threads = self.threads
        self.equal(
            threads.history(source_id, checkpoint_ns=checkpoint_ns),
            threads.history(copy_id, checkpoint_ns=checkpoint_ns),
            expect_empty=expect_empty,
        )

    def same_state(self, source_id: str, copy_id: str, **options: Any) -> Json:
        """Assert that two threads have the same state, read with these options; return the source's.

        The copy is read first: a read of the source can hide what the copy lacks.
        """
        copy = self.threads.get_state(copy_id, **options)
        state = self.threads.get_state(source_id, **options)
        self.equal([state], [copy], again=lambda: [self.threads.get_state(source_id, **options)])
        return state

    def equal(
        self,
        original: History,
        copy: History,
        *,
        expect_empty: bool = False,
        again: Callable[[], History] | None = None,
    ) -> None:
        """Assert that two histories are equal, but for what changes at each read of the original.

        A deployment may answer the same read differently each time. So where they differ, the original is
        read ``again`` (a paged history just once more), and what differs between its two reads is masked.
        """
        comparison = compare_histories(original, copy, expect_empty=expect_empty)
        if comparison.differences:
            second = again() if again else original
            unstable = compare_histories(original, second, same_thread=True).patterns - {""}
            if unstable:
                comparison = compare_histories(original, copy, unstable=unstable, expect_empty=expect_empty)
                self.note(f"masked, since two reads differ there: {', '.join(sorted(unstable))}")
        if comparison.differences:
            raise HistoriesDiffer(comparison)

    def portrait(self, thread_id: str) -> Json:
        """Return all that can be seen of a thread: its thread object, state, history and runs."""
        return {
            "thread": self.threads.get(thread_id),
            "state": self.threads.get_state(thread_id),
            "history": self.history(thread_id),
            "runs": self.client.runs.list(thread_id, limit=100),
        }

    def run(self, thread_id: str, role: Role, **options: Any) -> Json:
        """Run a role's assistant on a thread and return what came of it, in terms that two threads share.

        That is the values, what is next, the values of interrupts and how many checkpoints the thread has
        then, or only the error. Ids are left out: each run makes its own.
        """
        values = self.client.runs.wait(thread_id, role.assistant_id, raise_error=False, **options)
        if isinstance(values, dict) and "__error__" in values:
            return {"error": values["__error__"]}
        try:
            state = self.threads.get_state(thread_id)
        except ApiError as error:
            raise AssertionError(
                f"after a run on thread {thread_id} its state cannot be read: {error}"
            ) from error
        return {
            "values": state["values"],
            "next": state["next"],
            "interrupts": [interrupt.get("value") for interrupt in interrupts_of(state)],
            "checkpoints": len(self.history(thread_id)),
        }

    def run_both(self, source_id: str, copy_id: str, role: Role, **options: Any) -> Json:
        """Do the same run on source and copy, at once, and assert that the same came of it; return that.

        Where the same run fails on the source too, nothing can be learned of the copy: untestable.
        """
        on_source: Json
        on_copy: Json
        on_source, on_copy = together(
            lambda: self.run(source_id, role, **options), lambda: self.run(copy_id, role, **options)
        )
        if "error" in on_source:
            raise Untestable(f"the same run fails on the source itself: {json.dumps(on_source['error'])}")
        if "error" in on_copy:
            error = json.dumps(on_copy["error"])
            raise AssertionError(
                f"a run on copy {copy_id} fails, where the same run on the source does not: {error}"
            )
        if next(differences(on_source, on_copy), None) and not self._is_deterministic(role):
            self.note(
                f"assistant {role.assistant_id} is not deterministic: only the shape of results is compared"
            )
            on_source, shape_of_copy = _shape(on_source), _shape(on_copy)
            assert_same(
                on_source, shape_of_copy, "the run on the copy has another shape than that on the source"
            )
            return on_copy
        assert_same(on_source, on_copy, "the run on the copy ends otherwise than the same run on the source")
        return on_copy

    def _is_deterministic(self, role: Role) -> bool:
        """Whether an assistant does the same on two fresh threads."""
        fresh = [self.threads.create(graph_id=role.assistant_id)["thread_id"] for _ in range(2)]
        first, second = together(*(partial(self.run, thread, role, input=role.input) for thread in fresh))
        return next(differences(first, second), None) is None

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
            tasks = self.threads.get_state(thread_id, subgraphs=True)["tasks"]
        except ApiError as error:
            raise AssertionError(f"the subgraphs of thread {thread_id} cannot be read: {error}") from error
        return [task["state"].get("values") for task in tasks if task.get("state")]

    def unaffected(self, thread_id: str, before: Json, by: str) -> None:
        """Assert that a thread is as its portrait ``before`` shows it."""
        now = self.portrait(thread_id)
        if next(differences(before, now), None):
            second = self.portrait(thread_id)
            unstable = {show_pattern(path) for path, _, _ in differences(now, second)}
            assert_same(before, now, f"thread {thread_id} changed by {by}", unstable)


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Make the calls at the same time and return their results, in order."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def assert_same(expected: Any, seen: Any, what: str, unstable: Collection[str] = ()) -> None:
    """Assert that two JSON values are strictly equal; tell ``what`` is wrong, and where they first differ.

    Places whose pattern is ``unstable`` are not compared.
    """
    __tracebackhide__ = True
    found = [one for one in differences(expected, seen) if show_pattern(one[0]) not in unstable]
    if found:
        lines = [what]
        for path, left, right in found[:_SHOWN]:
            texts = show_values(left, right)
            lines += [
                f"  {show_path(path) or '(the whole)'}",
                f"    expected: {texts[0]}",
                f"    seen:     {texts[1]}",
            ]
        if len(found) > _SHOWN:
            lines.append(f"  ... and {len(found) - _SHOWN} more")
        raise AssertionError("\n".join(lines))


def _shape(ending: Json) -> Json:
    """Return how a run ended, without what an assistant that is not deterministic may choose freely."""
    values = ending["values"]
    keys = sorted(values) if isinstance(values, dict) else []
    return {**ending, "values": keys, "interrupts": len(ending["interrupts"])}


def interrupts_of(state: Mapping[str, Any]) -> list[Any]:
    """Return the interrupts of a state's tasks."""
    return [interrupt for task in state.get("tasks") or [] for interrupt in task.get("interrupts") or []]
