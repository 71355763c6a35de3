"""The scenario kit: one small graph for each role, free of models and network.

Deploy this file beside your own graphs: it imports LangGraph and nothing else. Each graph is named
``threadcopy_<role>``. An assistant whose graph id is that name plays the role without any setting.
``graphs.mjs`` is the same kit in JavaScript: same nodes, same values. Change both, or neither.

Outputs depend only on the input and the thread, so that two threads with the same input end with the same
values. The one exception reveals a fault: see ``fetch``.
"""

import asyncio
import operator
from collections import Counter
from typing import Annotated, Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict

Messages = Annotated[list[dict[str, Any]], operator.add]
Count = Annotated[int, operator.add]


class State(TypedDict, total=False):
    """The state of every graph of the kit: append-only messages, a count of the nodes that ran, free data.

    ``data`` holds any JSON unchanged. ``fails`` and ``seconds`` steer the graphs that fail or wait.
    """

    messages: Messages
    counter: Count
    data: Any
    fails: bool
    seconds: float


class InnerInput(TypedDict, total=False):
    """The input of the subgraph. It has no messages: the output would append them a second time."""

    counter: Count


class InnerOutput(TypedDict, total=False):
    """The output of the subgraph: its own messages. It has no count: the outer graph counts its own nodes."""

    messages: Messages


def _say(name: str, content: Any) -> dict[str, Any]:
    return {"messages": [{"role": name, "content": content}], "counter": 1}


def greet(state: State) -> dict[str, Any]:
    """Say how many messages there were before this one."""
    return _say("greet", f"message {len(state.get('messages', []))}")


def count(state: State) -> dict[str, Any]:
    """Say the value of the counter."""
    return _say("count", f"counter {state.get('counter', 0)}")


def ask(state: State) -> dict[str, Any]:
    """Interrupt once, and keep the answer, which may be any JSON, as a message."""
    return _say("ask", interrupt({"question": "Which way?", "counter": state.get("counter", 0)}))


_fetches: Counter[str] = Counter()


def fetch(state: State, config: RunnableConfig) -> dict[str, Any]:  # noqa: ARG001 - a node takes the state
    """Finish at once, with a write to each of three channels.

    ``data.fetches`` is how often this task ran: 1, unless a deployment lost the writes of the finished task
    and ran it again. A channel cannot count that, because a task that runs again replaces its writes. So this
    process counts, by the task's id, which a faithful copy shares with its source.
    """
    task = config["metadata"]["langgraph_checkpoint_ns"]
    _fetches[task] += 1
    return {**_say("fetch", "fetched"), "data": {"fetched": [1, 2, 3], "fetches": _fetches[task]}}


def fail(state: State) -> dict[str, Any]:
    """Raise ``ValueError``, unless the input says ``"fails": false``."""
    if state.get("fails", True):
        raise ValueError("this graph fails on purpose")
    return _say("fail", "did not fail")


async def wait(state: State) -> dict[str, Any]:
    """Wait for as many seconds as the input says (by default half a second)."""
    await asyncio.sleep(state.get("seconds", 0.5))
    return _say("wait", "waited")


def _chain(graph: Any, **nodes: Any) -> Any:
    """Add the nodes, one after another, to a graph that has none yet, and compile it."""
    for name, node in nodes.items():
        graph.add_node(name, node)
    for before, after in zip([START, *nodes], [*nodes, END], strict=True):
        graph.add_edge(before, after)
    return graph.compile()


def _parallel() -> Any:
    graph = StateGraph(State)
    graph.add_node("fetch", fetch)
    graph.add_node("ask", ask)
    graph.add_node("count", count)
    graph.add_edge(START, "fetch")
    graph.add_edge(START, "ask")
    # Both end in the same superstep, so two plain edges join them. After a waiting edge, ["fetch", "ask"],
    # langgraph-api 0.16.7 shows no next node: it reads the edge's state, a set, back as a list.
    graph.add_edge("fetch", "count")
    graph.add_edge("ask", "count")
    graph.add_edge("count", END)
    return graph.compile()


def threadcopy_configured(config: RunnableConfig) -> Any:
    """Build the graph with a gate that interrupts where ``configurable.gate`` is true, else without."""
    gate = {"gate": ask} if config.get("configurable", {}).get("gate") else {}
    return _chain(StateGraph(State), greet=greet, **gate, count=count)


_inner = _chain(StateGraph(State, input_schema=InnerInput, output_schema=InnerOutput), ask=ask, count=count)

threadcopy_plain = _chain(StateGraph(State), greet=greet, count=count)
threadcopy_interrupting = _chain(StateGraph(State), greet=greet, ask=ask, count=count)
threadcopy_nested = _chain(StateGraph(State), greet=greet, inner=_inner, count=count)
threadcopy_parallel = _parallel()
threadcopy_failing = _chain(StateGraph(State), greet=greet, fail=fail)
threadcopy_slow = _chain(StateGraph(State), greet=greet, wait=wait, count=count)
