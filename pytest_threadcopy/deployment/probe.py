"""What a deployment can do, found by asking it once, on threads of our own."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from pytest_threadcopy.api.history import HistoryDialect
from pytest_threadcopy.api.routes import thread_path
from pytest_threadcopy.deployment.deployment import Deployment
from pytest_threadcopy.deployment.roles import Role
from pytest_threadcopy.deployment.sources import Sources
from pytest_threadcopy.histories.difference import differences, show_path
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.schemas import Json
from pytest_threadcopy.wire.transport import Answer, DeploymentError, NoAnswer

_NO_SUCH_ROUTE = "threadcopy-no-such-route"
_MOST_PLACES = 100
_NO_NAMESPACE = "threadcopy_no_such_node:00000000-0000-0000-0000-000000000000"


@dataclass
class Capabilities:
    """What a deployment can do: true, false, or None where it was not asked.

    ``history`` tells the method, page size and form of ``before`` that work, ``sources`` the way in which a
    thread is given a history, ``unstable`` the paths that two reads of one history showed differently, and
    ``problems`` why a probe failed. ``no_copy`` says why copying is not implemented; it is empty where it is.
    """

    no_copy: str = ""
    history: Json = field(default_factory=dict)
    sources: str | None = None
    update_state: bool | None = None
    subgraph_state: bool | None = None
    subgraph_history: bool | None = None
    search: bool | None = None
    stop_before_nodes: bool | None = None
    streaming: bool | None = None
    stable_reads: bool | None = None
    unstable: list[str] = field(default_factory=list)
    assistants: list[str] = field(default_factory=list)
    roles: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> Json:
        """Return the capabilities as plain JSON."""
        return asdict(self)


def probe(deployment: Deployment) -> Capabilities:
    """Find out what a deployment can do. A probe that fails is told in ``problems``, and proves nothing."""
    found = Capabilities()
    found.assistants = sorted({str(listed.get("graph_id")) for listed in deployment.assistants})
    found.roles = deployment.roles.playable()
    sources = Sources(deployment)
    threads = deployment.client.threads

    def attempt(what: str, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except (DeploymentError, Untestable) as error:
            found.problems[what] = str(error)
            return None

    source = attempt("sources", sources.plain)
    thread_id = source.thread_id if source else str(threads.create()["thread_id"])
    found.no_copy = _why_no_copy(deployment, thread_id)
    if not source:
        return found
    found.sources = sources.way
    first = attempt("history", lambda: list(threads.history(thread_id)))
    if first:
        attempt("history.before", lambda: threads.history(thread_id).find_before(first))
        second = attempt("stable_reads", lambda: list(threads.history(thread_id)))
        places = {show_path(path[1:]) for path, _, _ in differences(first, second or [])}
        found.unstable = sorted(places)[:_MOST_PLACES]
        found.stable_reads = not found.unstable
    found.history = _told(threads.dialect)
    state = attempt("subgraph_state", lambda: threads.get_state(thread_id, subgraphs=True))
    found.subgraph_state = state is not None
    # A namespace that nobody has must have an empty history; the root's history means that it was ignored.
    inner = attempt("subgraph_history", lambda: list(threads.history(thread_id, checkpoint_ns=_NO_NAMESPACE)))
    found.subgraph_history = inner == []
    updated = attempt(
        "update_state", lambda: threads.update_state(thread_id, source.role.input, as_node="__start__")
    )
    found.update_state = updated is not None
    listed = attempt("search", lambda: threads.search(metadata=threads.tag, limit=1))
    found.search = bool(listed)
    if source.role.may_run:
        attempt("streaming", lambda: _stream(deployment, thread_id, source.role, found))
    return found


def _why_no_copy(deployment: Deployment, thread_id: str) -> str:
    """Say why copying is not implemented, or nothing where it is.

    A 404 for a thread that exists may be a fault of the copy; a server that has no such route answers as it
    does to a route which nobody has.
    """
    try:
        answer = deployment.client.threads.copy_answer(thread_id)
    except NoAnswer as error:
        raise NoAnswer(
            f"{error}. Without a copy there is nothing to test; a copy that takes longer is waited for with "
            "--threadcopy-timeout"
        ) from error
    if answer.status in (405, 501):
        return str(answer.error())
    if answer.status != 404:
        return ""
    unknown = deployment.client.transport.send("POST", thread_path(thread_id, _NO_SUCH_ROUTE))
    return (
        f"{answer.error()}, as it answers any route that it does not have" if _alike(answer, unknown) else ""
    )


def _alike(answer: Answer, other: Answer) -> bool:
    return answer.status == other.status and answer.content.replace(b"/copy", b"") == other.content.replace(
        f"/{_NO_SUCH_ROUTE}".encode(), b""
    )


def _stream(deployment: Deployment, thread_id: str, role: Role, found: Capabilities) -> None:
    stopped = {"stream_mode": "values", "interrupt_before": "*"}
    parts = list(deployment.client.runs.stream(thread_id, role.assistant_id, input=role.input, **stopped))
    found.streaming = any(part.event == "values" for part in parts)
    found.stop_before_nodes = bool(deployment.client.threads.get_state(thread_id).get("next"))


def _told(dialect: HistoryDialect) -> Json:
    method, page = dialect.first.get(False, (None, None))
    return {"method": method, "page": page, "before": dialect.before.get(False)}
