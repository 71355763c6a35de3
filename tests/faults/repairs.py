"""What makes the reference server conformant where its HTTP layer is not, so that only faults are seen.

Each repair names what it mends, and would be dropped when the server does it itself.
"""

from copy import deepcopy
from typing import Any

from .exchange import Answer, Exchange, Server


async def repair_row_of_copy(source_id: str, copy_id: str) -> None:
    """Give the thread object of a copy what its source's says of the state; the server leaves it out."""
    from langgraph_runtime_inmem.database import connect  # type: ignore[import-untyped]

    async with connect() as connection:
        rows: dict[str, dict[str, Any]] = {str(row["thread_id"]): row for row in connection.store["threads"]}
    source, copy = rows.get(source_id), rows.get(copy_id)
    if source and copy:
        for key in ("values", "interrupts", "config", "error"):
            if key in source:
                copy[key] = deepcopy(source[key])
        if source["status"] != "busy":  # a copy has no run that could be under way
            copy["status"] = source["status"]


async def repaired(exchange: Exchange, server: Server) -> Answer:
    """Return what the server answers, mended."""
    return await server(exchange)
