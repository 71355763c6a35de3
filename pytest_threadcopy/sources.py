"""Roles, and how a source thread gets the history that is then copied."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pytest_threadcopy.deployment import Deployment
from pytest_threadcopy.outcomes import untestable
from pytest_threadcopy.scenarios import GRAPH_ID
from pytest_threadcopy.transport import ApiError

_AT_ONCE = 10


@dataclass(frozen=True)
class Role:
    """An assistant that behaves as the contract's role of that name, and what it is told.

    ``may_run`` says whether its nodes may be run: the kit's cost nothing, another's only at a user's word.
    """

    name: str
    assistant_id: str
    input: Any
    resume: Any = "left"
    may_run: bool = True


@dataclass(frozen=True)
class Source:
    """A thread with a history that is to be copied."""

    thread_id: str
    role: Role


class Sources:
    """Makes source threads on a deployment.

    Making one that needs a run takes as long as a run: `begin` starts those that will be asked for.

    Args:
        deployment: Where to make them.
    """

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._threads = deployment.client.threads
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._begun: dict[str, list[Future[Source]]] = {}
        self._shared: dict[str, Source] = {}
        self._way: Callable[[Role, list[dict[str, Any]]], str] | None = None

    def close(self) -> None:
        """Wait for what was begun, so that no thread appears after the session deleted its own."""
        self._pool.shutdown(cancel_futures=True)

    def role(self, name: str) -> Role:
        """Return who plays a role here; ends the test as untestable where nobody does."""
        settings = self._deployment.settings
        listed = {str(a.get("graph_id")): a for a in reversed(self._deployment.assistants)}
        if name == "plain" and settings.assistant:
            return Role(
                name, settings.assistant, settings.input or _say("Hello"), may_run=settings.input is not None
            )
        if GRAPH_ID[name] in listed:
            return Role(name, GRAPH_ID[name], _say("Hello"))
        if name == "plain" and listed:
            graph_id = next(reversed(listed))
            return Role(name, graph_id, settings.input or _say("Hello"), may_run=settings.input is not None)
        untestable(f"no assistant plays the role {name}: deploy the scenario kit's {GRAPH_ID[name]}")
        raise AssertionError

    def plays(self, name: str) -> bool:
        """Whether the kit's assistant for a role is deployed."""
        return GRAPH_ID[name] in {assistant.get("graph_id") for assistant in self._deployment.assistants}

    def runnable(self, name: str = "plain") -> Role:
        """Return who plays a role, if its nodes may be run; ends the test as untestable otherwise."""
        role = self.role(name)
        if not role.may_run:
            untestable(f"this runs assistant {role.assistant_id}: allow it by giving --threadcopy-input")
        return role

    def never_ran(self, role: Role) -> Source:
        """Return a thread that never ran."""
        return Source(self._threads.create(graph_id=role.assistant_id)["thread_id"], role)

    def plain(self, *, checkpoints: int = 4, values: Any = None) -> Source:
        """Return a thread with a history of so many checkpoints, made without running a node if possible.

        Args:
            checkpoints: How many checkpoints it has, at least.
            values: What its last checkpoint writes; by default one more message.
        """
        role = self.role("plain")
        steps = [
            role.input if self._deployment.settings.input else _say(f"message {i}")
            for i in range(checkpoints)
        ]
        if values is not None:
            steps[-1] = values
        if self._way:
            return Source(self._way(role, steps), role)
        problems = []
        for way in (self.by_supersteps, self.by_updates, self.by_stopped_runs):
            try:
                thread_id = way(role, steps)
                if self._threads.get_history(thread_id, limit=1):
                    self._way = way
                    return Source(thread_id, role)
                problems.append(f"{way.__name__}: the history stays empty")
            except ApiError as error:
                problems.append(f"{way.__name__}: {error}")
        untestable(f"no way to give a thread a history without running a node ({'; '.join(problems)})")
        raise AssertionError

    def by_supersteps(self, role: Role, steps: list[Any]) -> str:
        """Return the id of a thread created with its history."""
        supersteps = [{"updates": [{"values": values, "as_node": "__start__"}]} for values in steps]
        return str(self._threads.create(graph_id=role.assistant_id, supersteps=supersteps)["thread_id"])

    def by_updates(self, role: Role, steps: list[Any]) -> str:
        """Return the id of a thread written through ``POST /threads/{id}/state`` alone."""
        thread_id = str(self._threads.create(graph_id=role.assistant_id)["thread_id"])
        for values in steps:
            self._threads.update_state(thread_id, values, as_node="__start__")
        return thread_id

    def by_stopped_runs(self, role: Role, steps: list[Any]) -> str:
        """Return the id of a thread on which each run was stopped before its first node."""
        thread_id = str(self._threads.create(graph_id=role.assistant_id)["thread_id"])
        for values in steps:
            self._deployment.client.runs.wait(
                thread_id, role.assistant_id, input=values, interrupt_before="*"
            )
        return thread_id

    def begin(self, demand: Mapping[str, int]) -> None:
        """Begin, all at once, to make as many sources of each role as will be asked for by `take`."""
        for name, count in demand.items():
            self._begun[name] = [self._pool.submit(self._run, name) for _ in range(count)]

    def take(self, name: str) -> Source:
        """Return a thread on which the assistant of a role ran once, for one test alone.

        Nothing has read the thread: a read can hide a fault of the copy.
        """
        begun = self._begun.get(name)
        return begun.pop().result() if begun else self._run(name)

    def shared(self, name: str) -> Source:
        """Return such a thread for all tests that only read and copy it."""
        if name not in self._shared:
            self._shared[name] = self.take(name)
        return self._shared[name]

    def _run(self, name: str) -> Source:
        role = self.runnable(name)
        thread_id = str(self._threads.create(graph_id=role.assistant_id)["thread_id"])
        self._deployment.client.runs.wait(
            thread_id,
            role.assistant_id,
            input=role.input,
            metadata={"threadcopy_note": {"kept": [1, 2.5, True, None]}},
            raise_error=name != "failing",
        )
        return Source(thread_id, role)


def _say(content: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}]}
