"""LangGraph's SQLite checkpointer, for the reference server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

FILE = "checkpoints.sqlite"  # in the server's folder, which is deleted with the server


@asynccontextmanager
async def make() -> AsyncIterator[AsyncSqliteSaver]:
    """Yield a checkpointer with a new connection to the file: each event loop of the server asks for one."""
    async with AsyncSqliteSaver.from_conn_string(FILE) as saver:
        # Without this, it makes its tables at the first checkpoint, and deleting a thread earlier is a 500.
        await saver.setup()
        yield saver
