"""Reading threads and comparing what was read: on the source first whether it can be read at all."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pytest_threadcopy.client import Client
from pytest_threadcopy.comparison import HistoriesDiffer, compare_histories
from pytest_threadcopy.difference import differences, show_path, show_pattern, show_values
from pytest_threadcopy.entries import History
from pytest_threadcopy.history import HistoryError
from pytest_threadcopy.outlines import BEFORE_AND_AFTER, Comparisons
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.wire.transport import ApiError

Json = dict[str, Any]
_SHOWN = 3


class Reading:
    """Reads threads of one deployment.

    What cannot be read of the source either says nothing of the copy, and is untestable.

    Args:
        client: The deployment.
        note: Takes what the test learned that its outcome does not tell.
        comparisons: Takes outlines of the histories that are compared (``schemas/report.json``).
    """

    def __init__(
        self, client: Client, note: Callable[[str], object], comparisons: list[Json] | None = None
    ) -> None:
        self.client = client
        self.threads = client.threads
        self.note = note
        self._compared = Comparisons([] if comparisons is None else comparisons)

    def history(self, thread_id: str, checkpoint_ns: str = "") -> list[Any]:
        """Return the whole history of a thread, newest checkpoint first."""
        return list(self.threads.history(thread_id, checkpoint_ns=checkpoint_ns))

    def both(self, source_id: str, copy_id: str, read: Callable[[str], Any]) -> tuple[Any, Any]:
        """Read the same of source and copy, and return both.

        The copy is read first: a read of the source can hide what the copy lacks.

        Raises:
            ApiError, HistoryError: The copy cannot be read, and the source can.
            Untestable: The source cannot be read.
        """
        failed: ApiError | HistoryError | None = None
        seen = None
        try:
            seen = read(copy_id)
        except (ApiError, HistoryError) as error:
            failed = error
        try:
            expected = read(source_id)
        except (ApiError, HistoryError) as error:
            raise Untestable(f"the same cannot be read of the source either: {error}") from error
        if failed:
            raise failed
        return expected, seen

    def same_history(
        self, source_id: str, copy_id: str, *, checkpoint_ns: str = "", expect_empty: bool = False
    ) -> None:
        """Assert that a copy's history is its source's."""
        original, copied = (
            self.threads.history(thread_id, checkpoint_ns=checkpoint_ns) for thread_id in (source_id, copy_id)
        )
        try:
            self.equal(original, copied, expect_empty=expect_empty)
        except (ApiError, HistoryError):
            self.both(source_id, copy_id, lambda thread: self.history(thread, checkpoint_ns))
            raise

    def same_state(self, source_id: str, copy_id: str, **options: Any) -> Json:
        """Assert that two threads have the same state, read with these options; return the source's."""
        state: Json
        state, copied = self.both(
            source_id, copy_id, lambda thread: self.threads.get_state(thread, **options)
        )
        self.equal([state], [copied], again=lambda: [self.threads.get_state(source_id, **options)])
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
        watched = self._compared.watch(original)
        unstable: Collection[str] = ()
        comparison = compare_histories(watched, copy, expect_empty=expect_empty)
        if comparison.differences:
            second = again() if again else original
            twice = compare_histories(original, second, same_thread=True)
            unstable = twice.patterns - {""}
            if "" in twice.patterns and any(twice.lengths) and not again:
                raise Untestable(
                    "two reads of the source's history, one after the other, do not show the same checkpoints"
                )
            if unstable:
                comparison = compare_histories(original, copy, unstable=unstable, expect_empty=expect_empty)
                self.note(f"masked, since two reads differ there: {', '.join(sorted(unstable))}")
        if comparison.differences:
            self._compared.keep_differing(original, copy, unstable=unstable)
            raise HistoriesDiffer(comparison)
        self._compared.keep_equal(watched, copy)

    def portrait(self, thread_id: str) -> Json:
        """Return all that the deployment shows of a thread: its thread object, state, history and runs."""
        reads: dict[str, Callable[[], Any]] = {
            "thread": lambda: self.threads.get(thread_id),
            "state": lambda: self.threads.get_state(thread_id),
            "history": lambda: self.history(thread_id),
            "runs": lambda: self.client.runs.list(thread_id, limit=100),
        }
        portrait: Json = {}
        for what, read in reads.items():
            try:
                portrait[what] = read()
            except ApiError as error:  # not shown: then it must not appear later either
                if not error.is_about_the_thread:
                    raise
            except HistoryError:
                pass
        return portrait

    def unaffected(self, thread_id: str, before: Json, by: str) -> None:
        """Assert that a thread is as its portrait ``before`` shows it, but for what changes at each read."""
        if not before.get("history") and not (before.get("state") or {}).get("values"):
            raise Untestable(
                f"neither history nor state of thread {thread_id} can be seen: nothing to compare"
            )
        now = self.portrait(thread_id)
        unstable: set[str] = set()
        if next(differences(before, now), None):
            second = self.portrait(thread_id)
            unstable = {show_pattern(path) for path, _, _ in differences(now, second)}
        self._outline_portraits(before, now, unstable)
        assert_same(before, now, f"thread {thread_id} changed by {by}", unstable)

    def _outline_portraits(self, before: Json, now: Json, unstable: Collection[str]) -> None:
        if "history" not in before or "history" not in now:
            return
        histories = before["history"], now["history"]
        places = (f"history{show_pattern(path)}" for path, _, _ in differences(*histories))
        if all(place in unstable for place in places):
            self._compared.keep_equal(*histories, BEFORE_AND_AFTER)
        else:
            of_a_state = {place.removeprefix("history[*].") for place in unstable}
            self._compared.keep_differing(*histories, BEFORE_AND_AFTER, of_a_state)


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


def tasks_of(state: Mapping[str, Any]) -> list[Json]:
    """Return the tasks that a state shows."""
    return [task for task in state.get("tasks") or [] if isinstance(task, dict)]


def interrupts_of(state: Mapping[str, Any]) -> list[Any]:
    """Return the interrupts of a state's tasks."""
    return [interrupt for task in tasks_of(state) for interrupt in task.get("interrupts") or []]
