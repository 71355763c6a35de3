"""What a deployment can do: probed once, on threads of our own."""

from collections.abc import Callable
from typing import Any, TypedDict

from pytest_threadcopy.api.routes import thread_path
from pytest_threadcopy.deployment.deployment import Deployment
from pytest_threadcopy.deployment.roles import Role
from pytest_threadcopy.deployment.sources import Sources
from pytest_threadcopy.histories.difference import differences, show_path
from pytest_threadcopy.requirements import Untestable
from pytest_threadcopy.wire.transport import DeploymentError, NoAnswer

_NO_SUCH_ROUTE = "threadcopy-no-such-route"
_MOST_PLACES = 100
_NO_NAMESPACE = "threadcopy_no_such_node:00000000-0000-0000-0000-000000000000"


class HistoryReads(TypedDict, total=False):
    """The method, the page size and the form of ``before`` with which a deployment gives a history."""

    method: str | None
    page: int | None
    before: str | None


class Capabilities(TypedDict, total=False):
    """What a deployment can do: true, false, or None if it was not probed. Empty if nothing was probed.

    ``sources`` is the way in which a thread gets a history, ``unstable`` the paths at which two reads of one
    history differ, and ``problems`` the reason of each probe that failed. ``no_copy`` says why copying is not
    implemented; else it is empty.
    """

    no_copy: str
    history: HistoryReads
    sources: str | None
    update_state: bool | None
    subgraph_state: bool | None
    subgraph_history: bool | None
    search: bool | None
    stop_before_nodes: bool | None
    streaming: bool | None
    stable_reads: bool | None
    unstable: list[str]
    assistants: list[str]
    roles: dict[str, str]
    problems: dict[str, str]


def probe(deployment: Deployment) -> Capabilities:
    """Find out what a deployment can do. A failed probe proves nothing; ``problems`` says why it failed."""
    problems: dict[str, str] = {}
    not_asked: Any = dict.fromkeys(Capabilities.__annotations__)
    capabilities: Capabilities = not_asked | {
        "no_copy": "",
        "history": {},
        "unstable": [],
        "assistants": sorted({str(listed.get("graph_id")) for listed in deployment.assistants}),
        "roles": deployment.roles.playable(),
        "problems": problems,
    }
    sources = Sources(deployment)
    threads = deployment.client.threads

    def attempt(name: str, ask: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        try:
            return ask(*arguments, **options)
        except (DeploymentError, Untestable) as error:
            problems[name] = str(error)
            return None

    source = attempt("sources", sources.plain)
    thread_id = source.thread_id if source else str(threads.create()["thread_id"])
    capabilities["no_copy"] = _why_no_copy(deployment, thread_id)
    if not source:
        return capabilities
    capabilities["sources"] = sources.way
    states = attempt("history", lambda: list(threads.history(thread_id)))
    if states:
        attempt("history.before", threads.history(thread_id).find_before, states)
        same_states = attempt("stable_reads", lambda: list(threads.history(thread_id)))
        places = {show_path(path[1:]) for path, _, _ in differences(states, same_states or [])}
        capabilities["unstable"] = sorted(places)[:_MOST_PLACES]
        capabilities["stable_reads"] = not capabilities["unstable"]
    method, page = threads.dialect.first_page.get(False, (None, None))
    capabilities["history"] = {"method": method, "page": page, "before": threads.dialect.before.get(False)}
    state = attempt("subgraph_state", threads.get_state, thread_id, subgraphs=True)
    capabilities["subgraph_state"] = state is not None
    # A namespace that does not exist has no history. A deployment that ignores it shows the root's.
    inner = attempt("subgraph_history", lambda: list(threads.history(thread_id, checkpoint_ns=_NO_NAMESPACE)))
    capabilities["subgraph_history"] = inner == []
    role = source.role
    updated = attempt("update_state", threads.update_state, thread_id, role.input, as_node="__start__")
    capabilities["update_state"] = updated is not None
    capabilities["search"] = bool(attempt("search", threads.search, metadata=threads.tag, limit=1))
    if role.may_run:
        attempt("streaming", _stream, deployment, thread_id, role, capabilities)
    return capabilities


def _why_no_copy(deployment: Deployment, thread_id: str) -> str:
    """Return why copying is not implemented, empty if it is.

    A 404 for a thread that exists may be a fault of the copy. A server without the route answers it
    in the same way as a request to a route that no server has.
    """
    try:
        answer = deployment.client.threads.copy_answer(thread_id)
    except NoAnswer as error:
        advice = "if a copy takes longer, give it time by --threadcopy-timeout"
        raise NoAnswer(f"{error}. Without a copy there is nothing to test; {advice}") from error
    if answer.status in (405, 501):
        return str(answer.error())
    if answer.status != 404:
        return ""
    unknown = deployment.client.transport.send("POST", thread_path(thread_id, _NO_SUCH_ROUTE))
    content = answer.content.replace(b"/copy", b"")
    if unknown.status != 404 or content != unknown.content.replace(f"/{_NO_SUCH_ROUTE}".encode(), b""):
        return ""
    return f"{answer.error()}, as it answers any route that it does not have"


def _stream(deployment: Deployment, thread_id: str, role: Role, capabilities: Capabilities) -> None:
    stopped = {"stream_mode": "values", "interrupt_before": "*"}
    parts = list(deployment.client.runs.stream(thread_id, role.assistant_id, input=role.input, **stopped))
    capabilities["streaming"] = any(part.event == "values" for part in parts)
    capabilities["stop_before_nodes"] = bool(deployment.client.threads.get_state(thread_id).get("next"))
