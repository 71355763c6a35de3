"""How the contract finds that a thread changed."""

from collections.abc import Callable, Sequence
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pytest_threadcopy.api.client import Client
from pytest_threadcopy.contract.steps.observations import Observations

Json = dict[str, Any]
Value = Callable[[str], Any]
SOURCE = "source"


class Threads:
    """Threads with one state each. At each read, ``value(thread_id)`` makes a value of the state."""

    def __init__(self, value: Value) -> None:
        self.value = value

    def create(self, **_: Any) -> Json:
        return {"thread_id": "nobody copied it"}

    def update_state(self, *_: Any, **__: Any) -> None:
        """Store nothing: each read makes its state."""

    def get(self, thread_id: str) -> Json:
        return {"thread_id": thread_id, "metadata": None}

    def get_state(self, thread_id: str, *, subgraphs: bool = False) -> Json:
        return {"values": {"kept": 1, "seen": self.value(thread_id)}, "tasks": [{"name": "a", "state": None}]}

    def history(self, thread_id: str, *, checkpoint_ns: str = "") -> list[Json]:
        return [self.get_state(thread_id)]


def observations(threads: Threads, notes: list[str] | None = None) -> Observations:
    runs = SimpleNamespace(list=lambda *_, **__: [])
    client = cast("Client", SimpleNamespace(threads=threads, runs=runs))
    return Observations(client, ([] if notes is None else notes).append)


def test_a_changed_thread_differs() -> None:
    threads = Threads(lambda _: 1)
    steps = observations(threads)
    before = steps.observation(SOURCE)
    threads.value = lambda _: 2
    with pytest.raises(AssertionError, match="thread source changed by copying it"):
        steps.unaffected(SOURCE, before, "copying it")


def test_a_thread_that_changes_at_each_read_only_after_the_copy_differs() -> None:
    threads, reads = Threads(lambda _: 0), count(1)
    steps = observations(threads)
    before = steps.observation(SOURCE)
    threads.value = lambda thread_id: next(reads) if thread_id == SOURCE else 0
    with pytest.raises(AssertionError, match=r"state\.values\.seen"):
        steps.unaffected(SOURCE, before, "copying it")


def test_a_place_that_changed_at_each_read_before_is_masked_with_a_note() -> None:
    reads, notes = count(), list[str]()
    steps = observations(Threads(lambda _: next(reads)), notes)
    steps.unaffected(SOURCE, steps.observation(SOURCE), "copying it")
    assert "state.values.seen" in notes[0]


def test_a_place_that_changes_now_and_then_on_a_thread_that_nobody_copied_is_masked() -> None:
    threads, reads = Threads(lambda _: 0), count()
    steps = observations(threads)
    before = steps.observation(SOURCE)
    threads.value = lambda _: next(reads) // 5
    next(reads)
    steps.unaffected(SOURCE, before, "copying it")


def test_the_thread_that_nobody_copied_can_be_one_of_the_same_kind() -> None:
    threads, reads = Threads(lambda _: 0), count()
    steps = observations(threads)
    before = steps.observation(SOURCE)
    threads.value = lambda thread_id: 0 if thread_id == "nobody copied it" else next(reads)
    steps.unaffected(SOURCE, before, "copying it", like=lambda: "of the same kind")


class WithSubgraph(Threads):
    """A thread with a subgraph whose history is ``inner``."""

    inner: Sequence[Json] = ({"values": {}, "tasks": []},)

    def get_state(self, thread_id: str, *, subgraphs: bool = False) -> Json:
        return {
            "values": {"kept": 1},
            "tasks": [{"name": "inner", "checkpoint": {"checkpoint_ns": "inner:1"}}],
        }

    def history(self, thread_id: str, *, checkpoint_ns: str = "") -> list[Json]:
        return list(self.inner) if checkpoint_ns else super().history(thread_id)


def test_a_subgraph_that_lost_its_history_differs() -> None:
    threads = WithSubgraph(lambda _: 0)
    steps = observations(threads)
    before = steps.observation(SOURCE)
    threads.inner = ()
    with pytest.raises(AssertionError, match=r"subgraphs\[0\]\.history"):
        steps.unaffected(SOURCE, before, "copying it")


def test_tasks_that_stand_in_another_order_are_the_same() -> None:
    class Ordered(Threads):
        tasks = ("a", "b")

        def get_state(self, thread_id: str, *, subgraphs: bool = False) -> Json:
            return {"values": {"kept": 1}, "tasks": [{"id": name, "name": name} for name in self.tasks]}

    threads = Ordered(lambda _: 0)
    steps = observations(threads)
    before = steps.observation(SOURCE)
    threads.tasks = ("b", "a")
    steps.unaffected(SOURCE, before, "copying it")


def test_a_place_that_changes_in_one_read_of_a_state_is_masked_in_every_other() -> None:
    class Rarely(Threads):
        odd = ""

        def history(self, thread_id: str, *, checkpoint_ns: str = "") -> list[Json]:
            now = self.value(thread_id) if thread_id == self.odd else 0
            return [{"values": {"kept": 1, "seen": now}, "tasks": []}]

        def get_state(self, thread_id: str, *, subgraphs: bool = False) -> Json:
            return {"values": {"kept": 1, "seen": int(self.odd != "" and thread_id == SOURCE)}, "tasks": []}

    reads = count()
    threads = Rarely(lambda _: next(reads))
    steps = observations(threads)
    before = steps.observation(SOURCE)
    threads.odd = "nobody copied it"
    steps.unaffected(SOURCE, before, "copying it")
