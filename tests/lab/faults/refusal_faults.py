"""Faults of refusals: what the server refuses, to which user, and what a refusal leaves behind."""

from typing import Any

from tests.lab.faults.exchange import COPY, DELETE, Answer, Exchange, Server
from tests.lab.faults.fault import behaviour
from tests.lab.faults.identities import USER
from tests.lab.faults.rows import row_of


def _is_uuid(exchange: Exchange) -> bool:
    return str(exchange.thread_id).count("-") == 4


def _create(exchange: Exchange, **body: Any) -> Exchange:
    return exchange.as_(path="/threads", content=b"").saying(**body)


@behaviour("ROB-01", "must be refused with a 4xx")
async def unknown_thread_is_made(exchange: Exchange, server: Server) -> Answer:
    """Copying an unknown thread answers with a new, empty thread."""
    answer = await server(exchange)
    return await server(_create(exchange)) if exchange.asks(COPY) and answer.status == 409 else answer


@behaviour("ROB-01", "answered 500")
async def unknown_thread_is_a_500(exchange: Exchange, server: Server) -> Answer:
    """Copying an unknown thread is a 500."""
    answer = await server(exchange)
    return Answer(500, answer.content) if exchange.asks(COPY) and answer.status == 409 else answer


@behaviour("ROB-01", "leave threads behind")
async def unknown_thread_leaves_one_behind(exchange: Exchange, server: Server) -> Answer:
    """Copying an unknown thread is refused, and leaves an empty thread behind."""
    answer = await server(exchange)
    if exchange.asks(COPY) and answer.status == 409:
        await server(_create(exchange))
    return answer


@behaviour("ROB-02", "the code must be 404 or 409")
async def unknown_thread_is_a_400(exchange: Exchange, server: Server) -> Answer:
    """Copying an unknown thread is a 400."""
    answer = await server(exchange)
    return Answer(400, answer.content) if exchange.asks(COPY) and answer.status == 409 else answer


@behaviour("ROB-03", "answered 500")
async def malformed_id_is_a_500(exchange: Exchange, server: Server) -> Answer:
    """Copying a thread whose id is malformed is a 500."""
    answer = await server(exchange)
    return Answer(500, answer.content) if exchange.asks(COPY) and not _is_uuid(exchange) else answer


@behaviour("ROB-03", "the code must be 422")
async def malformed_id_is_a_400(exchange: Exchange, server: Server) -> Answer:
    """Copying a thread whose id is malformed is a 400 (langgraph-api, JavaScript server)."""
    answer = await server(exchange)
    return Answer(400, answer.content) if exchange.asks(COPY) and not _is_uuid(exchange) else answer


@behaviour("ROB-04", "no JSON")
async def refusals_are_html(exchange: Exchange, server: Server) -> Answer:
    """Refusals of a copy are pages in HTML."""
    answer = await server(exchange)
    refused = exchange.asks(COPY) and answer.status >= 400
    return Answer(answer.status, b"<h1>Sorry</h1>", "text/html") if refused else answer


@behaviour("ROB-04", "a refusal says why")
async def refusals_say_nothing(exchange: Exchange, server: Server) -> Answer:
    """Refusals of a copy are JSON without a message."""
    answer = await server(exchange)
    return answer.saying({}) if exchange.asks(COPY) and answer.status >= 400 else answer


@behaviour("ROB-05", "must be refused with a 4xx")
async def deleted_threads_can_be_copied(exchange: Exchange, server: Server) -> Answer:
    """A deleted thread is only hidden, and can still be copied."""
    thread_id = str(exchange.thread_id)
    if exchange.asks(DELETE) and thread_id not in _hidden.values():
        spare = await server(exchange.as_(method="POST", path=f"{exchange.path}/copy", content=b""))
        if spare.status == 200:
            _hidden[thread_id] = spare.body["thread_id"]
    return await server(
        exchange.to(_hidden[thread_id]) if exchange.asks(COPY) and thread_id in _hidden else exchange
    )


_hidden: dict[str, str] = {}
"""Id of a deleted thread to the id of the copy that replaces it."""


@behaviour("ROB-06", "the code must be 405 or 404")
async def copies_by_get(exchange: Exchange, server: Server) -> Answer:
    """GET of /copy copies the thread."""
    if exchange.method == "GET" and exchange.path.endswith("/copy"):
        return await server(exchange.as_(path=exchange.path, method="POST"))
    return await server(exchange)


@behaviour("ROB-06", "is gone after DELETE")
async def delete_of_copy_deletes_the_thread(exchange: Exchange, server: Server) -> Answer:
    """DELETE of /copy deletes the thread."""
    if exchange.method == "DELETE" and exchange.path.endswith("/copy"):
        return await server(exchange.as_(path=exchange.path.removesuffix("/copy")))
    return await server(exchange)


@behaviour("ROB-07", "failed and left threads")
async def failed_copy_leaves_its_row(exchange: Exchange, server: Server) -> Answer:
    """Copying a deleted thread is refused, and leaves behind a thread with the old metadata."""
    thread_id = str(exchange.thread_id)
    if exchange.asks(DELETE):
        _metadata[thread_id] = (await row_of(thread_id)).get("metadata", {})
    answer = await server(exchange)
    if exchange.asks(COPY) and answer.status == 409 and thread_id in _metadata:
        await server(_create(exchange, metadata=_metadata[thread_id]))
    return answer


_metadata: dict[str, Any] = {}
"""The metadata of each deleted thread."""


@behaviour("ROB-09", "with {} the copy is refused")
async def empty_object_is_refused(exchange: Exchange, server: Server) -> Answer:
    """A copy is refused if the body of its request is an empty object."""
    if exchange.asks(COPY) and exchange.content == b"{}":
        return Answer.of({"detail": "there must be no body"}, 422)
    return await server(exchange)


@behaviour("ROB-09", "with null the copy is refused")
async def null_is_refused(exchange: Exchange, server: Server) -> Answer:
    """A copy is a 500 if the body of its request is null."""
    if exchange.asks(COPY) and exchange.content == b"null":
        return Answer.of({"detail": "Internal Server Error"}, 500)
    return await server(exchange)


@behaviour("ROB-10", "must be refused with a 4xx")
async def anyone_may_copy(exchange: Exchange, server: Server) -> Answer:
    """Every user may copy every thread, also another user's private thread."""
    owner = (await row_of(str(exchange.thread_id))).get("metadata", {}).get("owner")
    if exchange.asks(COPY) and owner and exchange.header(USER):
        answer = await server(exchange.with_header(USER, owner))
        (await row_of(answer.body["thread_id"]))["metadata"]["owner"] = exchange.header(USER)
        return answer
    return await server(exchange)


@behaviour("ROB-10", "now has thread")
async def refused_copy_appears_at_the_owner(exchange: Exchange, server: Server) -> Answer:
    """A user who may not read a thread is refused, but a copy appears among the owner's threads."""
    owner = (await row_of(str(exchange.thread_id))).get("metadata", {}).get("owner")
    if exchange.asks(COPY) and owner and exchange.header(USER) != owner:
        await server(exchange.with_header(USER, owner))
    return await server(exchange)


@behaviour("ROB-10", "leave threads behind")
async def refused_copy_leaves_an_empty_thread(exchange: Exchange, server: Server) -> Answer:
    """A user who may not read a thread is refused a copy, but gets an empty thread without metadata."""
    answer = await server(exchange)
    if exchange.asks(COPY) and answer.status >= 400 and await row_of(str(exchange.thread_id)):
        await server(_create(exchange))
    return answer


@behaviour("ROB-11", "an anonymous copy must be refused")
async def nobody_may_copy(exchange: Exchange, server: Server) -> Answer:
    """A request without credentials may copy any thread."""
    owner = (await row_of(str(exchange.thread_id))).get("metadata", {}).get("owner")
    if exchange.asks(COPY) and owner and not exchange.header(USER):
        return await server(exchange.with_header(USER, owner))
    return await server(exchange)


@behaviour("ROB-12", "made copy", second="auditor")
async def copy_belongs_to_the_sources_owner(exchange: Exchange, server: Server) -> Answer:
    """The copy belongs to the owner of its source, and not to the user who copied it (langgraph-api)."""
    answer = await server(exchange)
    if exchange.asks(COPY) and answer.status == 200:
        source, copy = await row_of(str(exchange.thread_id)), await row_of(answer.body["thread_id"])
        if source:
            copy["metadata"]["owner"] = source["metadata"]["owner"]
    return answer
