"""The scenario kit: the graph id of each role, and the files that hold the graphs.

Importing this package imports neither LangGraph nor the graphs. The server that serves them imports both.
"""

from pathlib import Path

ROLES = ("plain", "interrupting", "nested", "parallel", "failing", "slow", "configured")
"""Every role, by its name in the contract."""

GRAPH_ID = {role: f"threadcopy_{role}" for role in ROLES}
"""The graph id under which a deployment serves the kit's graph for a role."""

PYTHON_GRAPHS = Path(__file__).with_name("graphs.py")
JAVASCRIPT_GRAPHS = Path(__file__).with_name("graphs.mjs")


def graph_paths(file: Path = PYTHON_GRAPHS) -> dict[str, str]:
    """Return the ``graphs`` section of a ``langgraph.json`` that serves the kit.

    Args:
        file: The file that holds the graphs: the kit's own, or a copy of it.

    Returns:
        ``path:name`` by graph id, as ``langgraph.json`` writes it.
    """
    return {graph_id: f"{file.as_posix()}:{graph_id}" for graph_id in GRAPH_ID.values()}
