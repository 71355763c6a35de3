"""The auth handler of the faulty server: whoever names a user has threads that no other user reaches.

So runs of the contract beside one another do not see each other's threads. A user whose name ends in
``auditor`` may read everyone's.
"""

from typing import Any

from langgraph_sdk import Auth

USER = "x-threadcopy-user"

auth = Auth()


@auth.authenticate
async def who(headers: dict[bytes, bytes]) -> str:
    """Return the user whom the header names."""
    user = headers.get(USER.encode(), b"").decode()
    if not user:
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
    """Let an auditor read every thread."""
    return None if ctx.user.identity.endswith("auditor") else {"owner": ctx.user.identity}
