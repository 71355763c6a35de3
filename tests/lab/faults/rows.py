"""The row that the real server stores for a thread, beside its checkpoints."""

from typing import Any


async def row_of(thread_id: str) -> dict[str, Any]:
    """Return the row that the server itself uses: a change of it changes the thread object.

    The row of an unknown thread is empty.
    """
    from langgraph_runtime_inmem.database import connect  # type: ignore[import-untyped]

    async with connect() as connection:
        rows: list[dict[str, Any]] = connection.store["threads"]
        return next((row for row in rows if str(row["thread_id"]) == thread_id), {})
