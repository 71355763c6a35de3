"""An auth handler for the reference server: users by header, each with threads of their own.

``x-user: alice`` and ``x-user: bob`` reach their own threads alone. ``x-user: auditor`` may read everyone's,
and write to their own. Whoever makes a thread owns it.
"""

from typing import Any

from langgraph_sdk import Auth

USERS = ("alice", "bob", "auditor")

auth = Auth()


@auth.authenticate
async def who(headers: dict[bytes, bytes]) -> str:
    """Return the user whom the header names."""
    user = headers.get(b"x-user", b"").decode()
    if user not in USERS:
        raise Auth.exceptions.HTTPException(status_code=401, detail="who are you?")
    return user


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
