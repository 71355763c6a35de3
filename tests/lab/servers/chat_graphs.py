"""Chat agents like most: messages without ids get random ids, and no two answers are the same."""

import random
import uuid
from typing import Any

from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import interrupt


def answer(_: MessagesState) -> dict[str, Any]:
    """Answer with random text, in one message or in several."""
    return {"messages": [AIMessage(f"said {uuid.uuid4()}") for _ in range(random.randint(1, 3))]}


def ask(_: MessagesState) -> dict[str, Any]:
    """Interrupt, and answer with the resume value."""
    return {"messages": [AIMessage(str(interrupt({"question": str(uuid.uuid4())})))]}


def _chain(*nodes: Any) -> Any:
    graph = StateGraph(MessagesState)
    names = [node.__name__ for node in nodes]
    for node in nodes:
        graph.add_node(node)
    for before, after in zip([START, *names], [*names, END], strict=True):
        graph.add_edge(before, after)
    return graph.compile()


threadcopy_plain = _chain(answer)
threadcopy_interrupting = _chain(answer, ask)
