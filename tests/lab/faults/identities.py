"""The auth handler of the faulty server: a request names its user, and each user has private threads.

So runs of the contract at the same time do not see each other's threads. A user whose name ends in
``auditor`` may read all threads.
"""

from typing import Any

from langgraph_sdk import Auth

USER = "x-threadcopy-user"

auth = Auth()


@auth.authenticate
async def user(headers: dict[bytes, bytes]) -> str:
    """Return the user whom the header names."""
    name = headers.get(USER.encode(), b"").decode()
    if not name:
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
    """Let an auditor read every thread."""
    return None if ctx.user.identity.endswith("auditor") else {"owner": ctx.user.identity}
