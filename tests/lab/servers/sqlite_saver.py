"""LangGraph's SQLite checkpointer, to be mounted into the reference server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

FILE = "checkpoints.sqlite"  # in the folder that the server runs in, and goes with it


@asynccontextmanager
async def make() -> AsyncIterator[AsyncSqliteSaver]:
    """Yield a saver of its own connection to the one file: each event loop of the server asks for one."""
    async with AsyncSqliteSaver.from_conn_string(FILE) as saver:
        # Left to itself it makes its tables at the first checkpoint: deleting a thread before that is a 500.
        await saver.setup()
        yield saver
