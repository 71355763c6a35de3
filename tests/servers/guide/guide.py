"""LangGraph's how-to "Copying Threads" with the Python SDK: create a thread, run, copy, verify."""

from typing import Any

from langgraph_sdk.client import LangGraphClient

ASSISTANT_ID = "threadcopy_plain"


async def create(client: LangGraphClient, metadata: dict[str, Any]) -> str:
    thread = await client.threads.create(metadata=metadata)
    return thread["thread_id"]


async def run(client: LangGraphClient, thread_id: str) -> None:
    messages: Any = [{"role": "user", "content": "hi"}]
    await client.runs.wait(thread_id, ASSISTANT_ID, input={"messages": messages})


async def copy(client: LangGraphClient, thread_id: str) -> str:
    # The SDK returns the new thread, but its annotation says that it returns None.
    copied_thread: Any = await client.threads.copy(thread_id)  # type: ignore[func-returns-value]
    return str(copied_thread["thread_id"])


async def verify(client: LangGraphClient, thread_id: str, copied_thread_id: str) -> str:
    def remove_thread_id(state: dict[str, Any]) -> dict[str, Any]:
        state["metadata"].pop("thread_id", None)
        return state

    original_history = [remove_thread_id(state) for state in await page(client, thread_id)]
    copied_history = [remove_thread_id(state) for state in await page(client, copied_thread_id)]
    assert original_history == copied_history
    return "The histories are the same."


async def page(client: LangGraphClient, thread_id: str) -> list[Any]:
    """Return the history as the guide reads it: without a limit, for which the SDK sends 10."""
    return list(await client.threads.get_history(thread_id))


async def history(client: LangGraphClient, thread_id: str) -> list[Any]:
    """Return the history, with the limit that the guide leaves out."""
    return list(await client.threads.get_history(thread_id, limit=100))
