"""The scenario kit: what its graphs do without a server."""

import runpy

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from pytest_threadcopy.scenarios import JAVASCRIPT_GRAPHS, PYTHON_GRAPHS, graph_paths

HELLO = {"messages": [{"role": "user", "content": "hello"}]}


def test_parallel_shows_that_a_finished_task_was_lost_and_ran_again() -> None:
    saver = InMemorySaver()
    graph = runpy.run_path(str(PYTHON_GRAPHS))["threadcopy_parallel"]
    graph.checkpointer = saver
    config = {"configurable": {"thread_id": "source"}}
    graph.invoke(HELLO, config)
    saver.writes.clear()
    graph.invoke(None, config)
    assert graph.invoke(Command(resume="left"), config)["data"]["fetches"] == 2


def test_graph_paths_name_the_graphs_of_both_files() -> None:
    python, javascript = runpy.run_path(str(PYTHON_GRAPHS)), JAVASCRIPT_GRAPHS.read_text(encoding="utf-8")
    for graph_id, path in graph_paths().items():
        assert path == f"{PYTHON_GRAPHS.as_posix()}:{graph_id}"
        assert graph_id in python
        assert f"export const {graph_id} " in javascript
