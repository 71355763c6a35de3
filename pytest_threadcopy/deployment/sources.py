"""Source threads: makes each with the history that a test then copies."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from pytest_threadcopy.api.client import RunFailed
from pytest_threadcopy.api.history import HistoryError
from pytest_threadcopy.deployment.deployment import Deployment
from pytest_threadcopy.deployment.roles import Role, message
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.scenarios import GRAPH_ID
from pytest_threadcopy.wire.transport import ApiError

_AT_ONCE = 10
_ABORT_SECONDS = 0.1
_ENOUGH_CHECKPOINTS = 4
# The deployment lacks the route: nothing ran, so no run failed.
_NO_ROUTE = {404, 405, 501}


@dataclass(frozen=True)
class Source:
    """A thread to copy, with its history.

    ``ours`` is false for a thread that the user named: it is read and copied, never changed.
    """

    thread_id: str
    role: Role
    ours: bool = True


class Sources:
    """Makes source threads on a deployment.

    A source that needs a run takes as long as a run. So `begin` starts the runs that tests will need.
    """

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._threads = deployment.client.threads
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._begun: dict[str, list[Future[Source]]] = {}
        self._all_begun: list[Future[Source]] = []
        self._shared: dict[str, Source] = {}
        self._no_way = str(deployment.capabilities.get("problems", {}).get("sources", ""))
        self.way: str | None = deployment.capabilities.get("sources")

    def close(self) -> None:
        """End the runs that `begin` started, so that no thread appears after the session deleted its own."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        at_work = [future for future in self._all_begun if not future.cancelled()]
        # A future may be between two requests: it then sends its next request, and the next abort ends that.
        while wait(at_work, timeout=_ABORT_SECONDS).not_done:
            self._deployment.client.transport.abort()

    def role(self, name: str) -> Role:
        """Return the assistant that plays a role; raise `Untestable` if none does."""
        role = self._deployment.roles.find(name)
        if role is None:
            why = self._deployment.no_assistants
            since = f", since the deployment does not list its assistants ({why})" if why else ""
            raise Untestable(
                f"no assistant plays the role {name}{since}: deploy the scenario kit's {GRAPH_ID[name]}, "
                f"or name one of yours in [tool.threadcopy.roles.{name}] of pyproject.toml"
            )
        return role

    def plays(self, name: str) -> bool:
        """Whether an assistant plays a role, and its nodes may run."""
        role = self._deployment.roles.find(name)
        return role is not None and role.may_run

    def runnable(self, name: str = "plain") -> Role:
        """Return the assistant that plays a role and may run.

        Raise `Untestable` if no assistant plays it, or the user did not allow its runs: a run may cost money.
        """
        role = self.role(name)
        if not role.may_run:
            how = "allow it by giving --threadcopy-input"
            raise Untestable(f"this runs assistant {role.assistant_id}: {how}")
        return role

    def never_ran(self, role: Role) -> Source:
        """Return a thread that never ran."""
        return self._source(role, self._create)

    def plain(self, *, checkpoints: int = 4, values: Any = None, writable: bool = True) -> Source:
        """Return a thread with a history, made without running a node if possible.

        Args:
            checkpoints: The least number of its checkpoints, if the deployment keeps every checkpoint.
            values: The values that its last checkpoint writes; by default one more message.
            writable: Whether the test writes to the thread: then it cannot be one that the user named.

        Raises:
            Untestable: The deployment gives no thread a history without a run, and the user allows no run.
        """
        if self._no_way:
            return self._named(writable=writable or values is not None)
        role = self.role("plain")
        steps = [_message_number(role, number) for number in range(checkpoints)]
        if values is not None:
            steps[-1] = values
        ways = {way.__name__: way for way in (self.by_supersteps, self.by_updates, self.by_stopped_runs)}
        if role.may_run:
            ways["by_runs"] = self.by_runs
        if self.way:
            return self._source(role, ways[self.way], steps)
        problems = []
        by_length: dict[int, tuple[str, str]] = {}
        for name, way in ways.items():
            try:
                thread_id = way(role, steps)
                length = len(next(self._threads.history(thread_id).pages(), []))
            except (ApiError, HistoryError, RunFailed) as error:
                problems.append(f"{name}: {error}")
                continue
            by_length.setdefault(length, (name, thread_id))
            if length >= min(checkpoints, _ENOUGH_CHECKPOINTS):
                break
            problems.append(f"{name}: the history stays empty")
        if longest := max(by_length, default=0):
            self.way, thread_id = by_length[longest]
            return Source(thread_id, role)
        self._no_way = (
            f"no way to give a thread a history without running a node ({'; '.join(problems)}): "
            "allow a run by giving --threadcopy-input, or name a thread of yours with --thread-id"
        )
        return self._named(writable=writable or values is not None)

    def _named(self, *, writable: bool) -> Source:
        """Return the thread that the user named, if no source can be made."""
        thread_id = self._deployment.settings.thread_id
        if not thread_id or writable:
            raise Untestable(self._no_way)
        return Source(thread_id, Role("plain", "", None, may_run=False), ours=False)

    def _create(self, role: Role) -> str:
        return str(self._threads.create(graph_id=role.assistant_id)["thread_id"])

    def by_supersteps(self, role: Role, steps: list[Any]) -> str:
        """Return the id of a thread that was created with its history."""
        supersteps = [{"updates": [{"values": values, "as_node": "__start__"}]} for values in steps]
        return str(self._threads.create(graph_id=role.assistant_id, supersteps=supersteps)["thread_id"])

    def by_updates(self, role: Role, steps: list[Any]) -> str:
        """Return the id of a thread whose history was written through ``POST /threads/{id}/state``."""
        thread_id = self._create(role)
        for values in steps:
            self._threads.update_state(thread_id, values, as_node="__start__")
        return thread_id

    def by_stopped_runs(self, role: Role, steps: list[Any]) -> str:
        """Return the id of a thread on which each run was stopped before its first node."""
        return self.by_runs(role, steps, interrupt_before="*")

    def by_runs(self, role: Role, steps: list[Any], **options: Any) -> str:
        """Return the id of a thread on which the assistant ran."""
        thread_id = self._create(role)
        for values in steps:
            self._deployment.client.runs.wait(thread_id, role.assistant_id, input=values, **options)
        return thread_id

    def begin(self, demand: Mapping[str, int]) -> None:
        """Start to make, all at once, as many sources of each role as `take` will return."""
        for name, count in demand.items():
            self._begun[name] = [self._pool.submit(self._run, name) for _ in range(count)]
            self._all_begun += self._begun[name]

    def take(self, name: str) -> Source:
        """Return a thread on which the assistant of a role ran once. No other test gets the thread.

        Nothing has read the thread: a read can hide a fault of the copy.
        """
        begun = self._begun.get(name)
        return begun.pop().result() if begun else self._run(name)

    def shared(self, name: str) -> Source:
        """Return a thread as `take` does, but the same one for all tests that only read and copy it."""
        if name not in self._shared:
            self._shared[name] = self.take(name)
        return self._shared[name]

    def _source(self, role: Role, make: Callable[..., str], *arguments: Any) -> Source:
        """Return the source whose id ``make`` returns. If it fails, raise `Untestable`, not a violation."""
        try:
            return Source(make(role, *arguments), role)
        except (ApiError, RunFailed) as error:
            raise Untestable(f"the source cannot be made: {error}") from error

    def _run(self, name: str) -> Source:
        return self._source(self.runnable(name), self._run_once)

    def _run_once(self, role: Role) -> str:
        thread_id = self._create(role)
        try:
            self._deployment.client.runs.wait(
                thread_id,
                role.assistant_id,
                input=role.input,
                metadata={"threadcopy_note": {"kept": [1, 2.5, True, None]}},
                raise_error=role.name != "failing",
            )
        except ApiError as error:  # in this way, some deployments report that the run failed, as it must
            if role.name != "failing" or not error.is_about_the_thread or error.status in _NO_ROUTE:
                raise
        return thread_id


def _message_number(role: Role, number: int) -> Any:
    """Return the role's input; the number goes into its message, if the input is our message."""
    return message(f"message {number}") if role.input == message("Hello") else role.input
