"""An auth handler for the reference server: a header names the user, and each user has threads.

``x-user: alice`` and ``x-user: bob`` reach their own threads alone. ``x-user: auditor`` may read all
threads, and write to its own. The user who creates a thread owns it.
"""

from typing import Any

from langgraph_sdk import Auth

USERS = ("alice", "bob", "auditor")

auth = Auth()


@auth.authenticate
async def user(headers: dict[bytes, bytes]) -> str:
    """Return the user whom the header names."""
    name = headers.get(b"x-user", b"").decode()
    if name not in USERS:
        raise Auth.exceptions.HTTPException(status_code=401, detail="who are you?")
    return name


@auth.on.threads
async def own_threads(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> dict[str, str]:
    """Let a user reach threads that the user owns."""
    return {"owner": ctx.user.identity}


@auth.on.threads.create
async def stamp(ctx: Auth.types.AuthContext, value: Auth.types.ThreadsCreate) -> dict[str, str]:
    """Make the user who creates a thread its owner."""
    value.setdefault("metadata", {})["owner"] = ctx.user.identity
    return {"owner": ctx.user.identity}


@auth.on.threads.read
async def read(ctx: Auth.types.AuthContext, value: Auth.types.ThreadsRead) -> dict[str, str] | None:
    """Let the auditor read every thread."""
    return None if ctx.user.identity == "auditor" else {"owner": ctx.user.identity}
