"""Reads threads and compares the answers. A source that cannot be read makes a test untestable."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from pytest_threadcopy.api.client import Client
from pytest_threadcopy.api.history import HistoryError
from pytest_threadcopy.contract.steps.comparisons import Comparisons
from pytest_threadcopy.contract.steps.task_order import TASK_ORDER, in_order
from pytest_threadcopy.histories.comparison import HistoriesDiffer, compare_histories
from pytest_threadcopy.histories.difference import differences, show_path, show_pattern, show_values
from pytest_threadcopy.histories.side import History
from pytest_threadcopy.reproduction.violation import Compared, Violation
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import ApiError

T = TypeVar("T")
_SHOWN = 3
REREADS = 8
"""How often a read is repeated to find the places that change: two reads may agree by chance."""


class Reading:
    """Reads threads of one deployment.

    A read that fails on the source as well says nothing about the copy: the test is untestable.

    Args:
        client: A client of the deployment.
        note: Takes a sentence about the test that its outcome does not show.
        comparisons: The list that takes outlines of the compared histories (``schemas/report.json``).
    """

    def __init__(
        self, client: Client, note: Callable[[str], object], comparisons: list[Json] | None = None
    ) -> None:
        self.client, self.threads, self.note = client, client.threads, note
        self.compared = Comparisons([] if comparisons is None else comparisons)

    def history(self, thread_id: str, checkpoint_ns: str = "") -> list[Any]:
        """Return the whole history of a thread, newest checkpoint first."""
        return list(self.threads.history(thread_id, checkpoint_ns=checkpoint_ns))

    def source_history(self, thread_id: str, checkpoint_ns: str = "") -> list[Any]:
        """Return the whole history of a source; raise `Untestable` if it cannot be read."""
        return self.of_source(self.history, thread_id, checkpoint_ns)

    def both(self, source_id: str, copy_id: str, read: Callable[[str], T]) -> tuple[T, T]:
        """Send the same read to the source and to the copy, and return both answers.

        The copy is read first, since a read of the source can hide a fault of the copy. The error of that
        read is raised, or `Untestable` if the source cannot be read.
        """
        try:
            of_copy = read(copy_id)
        except (ApiError, HistoryError) as error:
            self.of_source(read, source_id)
            error.add_note(f"expected: an answer, as there is one about thread {source_id}")
            raise
        return self.of_source(read, source_id), of_copy

    def of_source(self, read: Callable[..., T], *arguments: str) -> T:
        """Return the answer to a read of a thread that is no copy; raise `Untestable` if the read fails."""
        try:
            return read(*arguments)
        except (ApiError, HistoryError) as error:
            raise Untestable(f"the source cannot be read: {error}") from error

    def same_history(
        self, source_id: str, copy_id: str, *, checkpoint_ns: str = "", expect_empty: bool = False
    ) -> None:
        """Assert that the history of a copy equals the history of its source.

        Raises:
            HistoriesDiffer: The histories differ.
            Untestable: The source shows no history of this ``checkpoint_ns``, or other checkpoints at each
                read.
        """
        options: Json = {"expect_empty": expect_empty, "grows": False}
        pages = partial(self.threads.history, checkpoint_ns=checkpoint_ns)
        whole = partial(self.history, checkpoint_ns=checkpoint_ns)
        try:
            try:
                self.equal(pages(source_id), pages(copy_id), again=partial(pages, source_id), **options)
            except (ApiError, HistoryError):
                histories = self.both(source_id, copy_id, whole)
                self.equal(*histories, again=partial(whole, source_id), **options)
        except HistoriesDiffer as error:
            if checkpoint_ns and error.comparison.lengths == (0, 0):
                raise Untestable(f"no history of namespace {checkpoint_ns} is shown of the source") from error
            raise

    def same_state(self, source_id: str, copy_id: str, **options: Any) -> Json:
        """Assert that two threads have the same state, read with these options; return the source's."""

        def read(thread_id: str) -> Json:
            return self.threads.get_state(thread_id, **options)

        state, copied = self.both(source_id, copy_id, read)
        self.equal([state], [copied], again=lambda: [read(source_id)])
        return state

    @contextmanager
    def where_shown(self, what: str) -> Iterator[None]:
        """Turn `Untestable` into a note that the part ``what`` of a test is left out."""
        try:
            yield
        except Untestable as reason:
            self.note(f"{what} is left out: {reason}")

    def equal(
        self,
        original: History,
        copy: History,
        *,
        again: Callable[[], History],
        expect_empty: bool = False,
        grows: bool = True,
    ) -> None:
        """Assert that two histories are equal, except at places that change at each read of the original.

        A deployment may answer the same read differently each time, or only now and then. So if the
        histories differ, the original is read ``again``, several times, and the places that differ between
        its reads are masked. A place that changes at each read of the copy alone is the copy's fault.
        ``grows`` says that the original may show more checkpoints when it is read again.

        Raises:
            HistoriesDiffer: The histories differ elsewhere.
            Untestable: The original cannot be read again, or shows other checkpoints then.
        """
        unstable, ordered = set[str](), False
        options: Json = {"expect_empty": expect_empty, "outlined": self.compared.has_room}
        comparison = compare_histories(original, copy, **options)
        for _ in range(REREADS):
            if comparison.equal:
                break
            second = self.of_source(again)
            twice = compare_histories(original, in_order(second) if ordered else second, same_thread=True)
            if "" in twice.patterns and any(twice.lengths) and not grows:
                raise Untestable(
                    "two reads of the source's history, one after the other, do not show the same checkpoints"
                )
            changing = twice.patterns - {""} - unstable
            if TASK_ORDER & changing and not ordered:
                ordered = True
                original, copy = in_order(original), in_order(copy)
                self.note("the order of tasks, which differs between two reads, is not compared")
            elif changing:
                unstable |= changing
            elif "" in comparison.patterns:  # a difference at no place, which no mask can cover
                break
            else:
                continue
            comparison = compare_histories(original, copy, unstable=unstable, **options)
        self.note_masked(unstable)
        self.compared.keep(comparison)
        if not comparison:
            raise HistoriesDiffer(comparison)

    def alike(
        self,
        expected: Any,
        seen: Any,
        what: str,
        about: Compared,
        again: Callable[[], Any],
    ) -> None:
        """Assert that two JSON values are equal, except at places that change at each read of the first.

        ``again`` reads, or does, once more what gave ``expected``. The other arguments are those of
        `assert_same`.
        """
        __tracebackhide__ = True
        unstable = self._unstable(expected, seen, again)
        assert_same(expected, seen, what, about, unstable=unstable)

    def _unstable(self, read: Any, other: Any, again: Callable[[], Any]) -> set[str]:
        """Return the places where ``read`` is different when it is read ``again``, a few times at most."""
        unstable: set[str] = set()
        for _ in range(REREADS):
            if places(read, other) <= unstable:
                break
            unstable |= places(read, self.of_source(again))
        self.note_masked(unstable)
        return unstable

    def note_masked(self, unstable: Collection[str]) -> None:
        """Note the places that are not compared, since they change from read to read."""
        if unstable:
            self.note(f"masked, since two reads differ there: {', '.join(sorted(unstable))}")


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Make the calls at the same time and return their results, in order.

    If several calls fail, one error is raised: a violation before any other, `Untestable` last.
    """
    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(call) for call in calls]
    failed = [error for error in (future.exception() for future in futures) if error]
    if failed:
        raise min(failed, key=_gravity)
    return [future.result() for future in futures]


def _gravity(error: BaseException) -> int:
    return 0 if isinstance(error, AssertionError) else 2 if isinstance(error, Untestable) else 1


def assert_same(
    expected: Any, seen: Any, what: str, *about: Compared | str, unstable: Collection[str] = ()
) -> None:
    """Assert that two JSON values are strictly equal; the message has ``what`` and the first differences.

    Places whose pattern is ``unstable`` are not compared. ``about`` is that of `Violation`.
    """
    __tracebackhide__ = True
    differing = [each for each in differences(expected, seen) if show_pattern(each[0]) not in unstable]
    if not differing:
        return
    lines = [what]
    for path, *values in differing[:_SHOWN]:
        left, right = show_values(*values)
        lines += [f"  {show_path(path) or '(the whole)'}", f"    expected: {left}", f"    seen:     {right}"]
    if len(differing) > _SHOWN:
        lines.append(f"  ... and {len(differing) - _SHOWN} more")
    raise Violation("\n".join(lines), *about)


def places(left: Any, right: Any) -> set[str]:
    """Return the places at which two JSON values differ."""
    return {show_pattern(path) for path, _, _ in differences(left, right)}


def tasks_of(state: Mapping[str, Any]) -> list[Json]:
    """Return the tasks that a state shows."""
    return [task for task in state.get("tasks") or [] if isinstance(task, dict)]


def interrupts_of(state: Mapping[str, Any]) -> list[Any]:
    """Return the interrupts of a state's tasks."""
    return [interrupt for task in tasks_of(state) for interrupt in task.get("interrupts") or []]


def namespaces_of(state: Json) -> Iterator[str]:
    """Yield the checkpoint namespaces of the subgraphs that a state shows, at any depth."""
    for task in tasks_of(state):
        inner = task.get("state") or {}
        for holder in (task, inner, task.get("config"), inner.get("config")):
            for key in ("checkpoint", "configurable"):
                place = holder.get(key) if isinstance(holder, dict) else None
                if isinstance(place, dict) and place.get("checkpoint_ns"):
                    yield place["checkpoint_ns"]
        yield from namespaces_of(inner)


def state_to_fork_from(history: Sequence[Json]) -> Json:
    """Return the oldest state but one of a source's history; raise `Untestable` if that is the newest."""
    if len(history) < 3:
        raise Untestable(f"the history of the source shows {len(history)} checkpoints: too few to fork from")
    return history[-2]
