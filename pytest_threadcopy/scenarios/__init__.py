"""The scenario kit: what each role's graph is called, and where the file that holds the graphs is.

Importing this package imports neither LangGraph nor the graphs: they belong to the server that serves them.
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
        Graph id to ``path:name``, as ``langgraph.json`` has it.
    """
    return {graph_id: f"{file.as_posix()}:{graph_id}" for graph_id in GRAPH_ID.values()}
