"""What a verdict means, and what was learned of a deployment, in plain words."""

from typing import Any

from pytest_threadcopy.report.document import ended, reached
from pytest_threadcopy.requirements import Level, Outcome, Verdict
from pytest_threadcopy.scenarios import GRAPH_ID

Json = dict[str, Any]
_SHOWN = 6
_WAYS = {
    "by_supersteps": "at its creation, without running a node",
    "by_updates": "by POST state, without running a node",
    "by_stopped_runs": "by runs that stop before the first node",
    "by_runs": "by runs of the assistant",
}
_LACKS = {
    "update_state": "POST state",
    "subgraph_state": "the state of subgraphs",
    "subgraph_history": "the history of subgraphs",
    "search": "search",
    "stop_before_nodes": "stopping a run before a node",
    "streaming": "streaming",
}


def word(outcome: str) -> str:
    """Return an outcome or a verdict in words."""
    return outcome.replace("-", " ")


def learned(capabilities: Json) -> str:
    """Return what was found of a deployment by asking it; empty where nothing was asked.

    Args:
        capabilities: Those of the deployment in the report document (``schemas/report.json``).
    """
    if not capabilities:
        return ""
    history = capabilities.get("history") or {}
    told = []
    if history.get("method"):
        page = f", {history['page']} checkpoints a page" if history.get("page") else ""
        moves = f", the next page by {history['before']}" if history.get("before") else ", and does not page"
        told.append(f"History is read by {history['method']}{page}{moves}.")
    way = capabilities.get("sources")
    told.append(
        f"A thread is given its history {_WAYS.get(way, way)}."
        if way
        else "No way was found to give a thread a history."
    )
    told.append(_roles(capabilities.get("roles") or {}))
    lacks = [name for key, name in _LACKS.items() if capabilities.get(key) is False]
    if lacks:
        told.append(f"Not found to work: {', '.join(lacks)}.")
    unstable = capabilities.get("unstable") or []
    if unstable:
        told.append(f"Two reads of one thread differ, which is left out of account, at {some(unstable)}.")
    return " ".join(told)


def _roles(roles: Json) -> str:
    missing = [role for role in GRAPH_ID if role not in roles]
    if not missing:
        kit = all(roles[role] == graph for role, graph in GRAPH_ID.items())
        return f"Every role is played{' by the scenario kit' if kit else ''}."
    return f"Roles that nobody plays: {', '.join(missing)}."


def meaning(deployment: Json) -> str:
    """Return what the verdict on a deployment means for somebody who wants to fork threads there.

    Args:
        deployment: The deployment in the report document (``schemas/report.json``).
    """
    rows = reached(deployment)
    waived = ended(rows, Outcome.WAIVED)
    deviated = ended(rows, Outcome.DEVIATED)
    but = f", but for what is waived ({some_ids(waived)})" if waived else ""
    other = "other " * any(row["level"] == Level.MUST for row in waived)
    also = f" It deviates in {some_ids(deviated)}." if deviated else ""
    match deployment["verdict"]:
        case Verdict.CONFORMANT | Verdict.CONFORMANT_WITH_WAIVERS:
            return f"Safe to fork threads on{but}: every {other}MUST was tested and kept.{also}"
        case Verdict.INCOMPLETE:
            musts = [row for row in deployment["requirements"] if row["level"] == Level.MUST]
            tested = ended(musts, Outcome.PASSED, Outcome.WAIVED)
            safe = f"Safe to fork threads on as far as was tested{but}"
            told = safe if 2 * len(tested) > len(musts) else "Not known to be safe to fork threads on"
            kept = f"no {other}MUST is broken, but some were not tested ({_untested(musts)})"
            return f"{told}: {kept}.{also}"
        case Verdict.NOT_CONFORMANT:
            broken = ended(rows, Outcome.VIOLATED)
            told = f"Not safe to fork threads on: {len(broken)} MUST broken ({some_ids(broken)})."
            return f"{told} Send the report to whoever keeps the server."
        case Verdict.NOT_IMPLEMENTED:
            return f"Threads cannot be forked there: {deployment['capabilities'].get('no_copy') or 'no copy'}"
    return f"It could not be tested: {deployment['problem'] or 'nothing was asked of it'}"


def _untested(musts: list[Json]) -> str:
    rows = reached({"requirements": musts})
    told = [
        f"{how}: {some_ids(ended(rows, outcome))}"
        for outcome, how in ((Outcome.UNTESTABLE, "untestable"), (Outcome.ERROR, "in error"))
        if ended(rows, outcome)
    ]
    left = len(musts) - len(rows)
    return "; ".join(told + [f"not run: {left} of {len(musts)}"] * bool(left))


def some_ids(rows: list[Json]) -> str:
    """Return the ids of requirements, as far as one line takes them."""
    return some([row["id"] for row in rows])


def some(names: list[str]) -> str:
    """Return the first names of a list, and how many there are more."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
