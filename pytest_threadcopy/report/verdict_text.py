"""Sentences about a verdict, and about what a deployment can do."""

from typing import TYPE_CHECKING

from pytest_threadcopy.report.document import Deployment, ResultRow, ended, of_level, reached
from pytest_threadcopy.requirements import Level, Outcome, Verdict
from pytest_threadcopy.scenarios import GRAPH_ID

if TYPE_CHECKING:
    from pytest_threadcopy.deployment.probe import Capabilities

_MOST_NAMES = 6
_WAYS = {
    "by_supersteps": "at its creation, without running a node",
    "by_updates": "by POST state, without running a node",
    "by_stopped_runs": "by runs that stop before the first node",
    "by_runs": "by runs of the assistant",
}


def learned(capabilities: "Capabilities") -> str:
    """Return what the probe learned about a deployment; empty where it asked nothing."""
    if not capabilities:
        return ""
    sentences = []
    history = capabilities.get("history", {})
    if history.get("method"):
        page = f", {history['page']} checkpoints a page" if history.get("page") else ""
        moves = f", the next page by {history['before']}" if history.get("before") else ", without paging"
        sentences.append(f"History is read by {history['method']}{page}{moves}.")
    way = capabilities.get("sources")
    sentences.append(
        f"A thread is given its history {_WAYS.get(way, way)}."
        if way
        else "No way was found to give a thread a history."
    )
    sentences.append(_roles(capabilities.get("roles", {})))
    works = {
        "POST state": capabilities.get("update_state"),
        "the state of subgraphs": capabilities.get("subgraph_state"),
        "the history of subgraphs": capabilities.get("subgraph_history"),
        "search": capabilities.get("search"),
        "stopping a run before a node": capabilities.get("stop_before_nodes"),
        "streaming": capabilities.get("streaming"),
    }
    if lacks := [name for name, answer in works.items() if answer is False]:
        sentences.append(f"Not found to work: {', '.join(lacks)}.")
    if unstable := capabilities.get("unstable"):
        sentences.append(f"Two reads of one thread differ at {some(unstable)}: this is not compared.")
    return " ".join(sentences)


def _roles(roles: dict[str, str]) -> str:
    missing = [role for role in GRAPH_ID if role not in roles]
    if missing:
        return f"Roles that no assistant plays: {', '.join(missing)}."
    by_the_kit = all(roles[role] == graph for role, graph in GRAPH_ID.items())
    return f"Every role is played{' by the scenario kit' if by_the_kit else ''}."


def meaning(deployment: Deployment) -> str:
    """Return what the verdict means for a user who wants to fork threads on the deployment."""
    rows = reached(deployment["requirements"])
    waived = ended(rows, Outcome.WAIVED)
    deviated = ended(rows, Outcome.DEVIATED)
    but = f", except for the waived requirements ({some_ids(waived)})" if waived else ""
    other = "other " * bool(of_level(waived, Level.MUST))
    also = f" It deviates in {some_ids(deviated)}." if deviated else ""
    match deployment["verdict"]:
        case Verdict.CONFORMANT | Verdict.CONFORMANT_WITH_WAIVERS:
            return f"Safe to fork threads on{but}: every {other}MUST was tested and passes.{also}"
        case Verdict.INCOMPLETE:
            musts = of_level(deployment["requirements"], Level.MUST)
            is_mostly_tested = 2 * len(ended(musts, Outcome.PASSED, Outcome.WAIVED)) > len(musts)
            safe = f"Safe to fork threads on as far as it was tested{but}"
            safe = safe if is_mostly_tested else "Not known to be safe to fork threads on"
            return f"{safe}: no {other}MUST fails, but some were not tested ({_untested(musts)}).{also}"
        case Verdict.NOT_CONFORMANT:
            violated = ended(rows, Outcome.VIOLATED)
            fail = "MUSTs fail" if len(violated) > 1 else "MUST fails"
            unsafe = f"Not safe to fork threads on: {len(violated)} {fail} ({some_ids(violated)})."
            return f"{unsafe} Send the report to the operator of the server."
        case Verdict.NOT_IMPLEMENTED:
            return f"Threads cannot be forked there: {deployment['capabilities'].get('no_copy') or 'no copy'}"
    return f"It could not be tested: {deployment['problem'] or 'no request was sent to it'}"


def _untested(musts: list[ResultRow]) -> str:
    rows = reached(musts)
    untestable, errors = ended(rows, Outcome.UNTESTABLE), ended(rows, Outcome.ERROR)
    unreached = len(musts) - len(rows)
    return "; ".join(
        [f"untestable: {some_ids(untestable)}"] * bool(untestable)
        + [f"in error: {some_ids(errors)}"] * bool(errors)
        + [f"not run: {unreached} of {len(musts)}"] * bool(unreached)
    )


def some_ids(rows: list[ResultRow]) -> str:
    """Return the ids of the first requirements of a list, and the number of the others."""
    return some([row["id"] for row in rows])


def some(names: list[str]) -> str:
    """Return the first names of a list, and the number of the others."""
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
