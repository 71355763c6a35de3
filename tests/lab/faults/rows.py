"""The row that the real server keeps for a thread, beside its checkpoints."""

from typing import Any


async def row_of(thread_id: str) -> dict[str, Any]:
    """Return the row of a thread itself, not a copy: changing it changes the thread object.

    Empty for a thread that is not there.
    """
    from langgraph_runtime_inmem.database import connect  # type: ignore[import-untyped]

    async with connect() as connection:
        rows: list[dict[str, Any]] = connection.store["threads"]
        return next((row for row in rows if str(row["thread_id"]) == thread_id), {})
