"""Faults of a copy's thread object, and of searches for it."""

import json
from typing import Any

from tests.lab.faults.exchange import COPY, SEARCH, THREAD, Answer, Exchange, Server
from tests.lab.faults.fault import behaviour, response
from tests.lab.faults.rows import row_of
from tests.lab.faults.threads import source_of


async def _copied(exchange: Exchange, server: Server, **changes: Any) -> Answer:
    """Send a request on; if it makes a copy, change the copy's row."""
    answer = await server(exchange)
    if exchange.asks(COPY) and answer.status == 200:
        (await row_of(answer.body["thread_id"])).update(changes)
    return answer


def _without_copies(answer: Answer) -> Answer:
    return answer.saying([thread for thread in answer.body if thread["thread_id"] not in source_of])


@response(SEARCH, "NEW-05", "a search by its metadata does not find copy", whose="any")
def search_does_not_find_copies(answer: Answer, exchange: Exchange) -> Answer:
    """A search does not find copies."""
    return _without_copies(answer)


@response(SEARCH, "NEW-05", "a search by its status", whose="any")
def search_by_status_does_not_find_copies(answer: Answer, exchange: Exchange) -> Answer:
    """A search by status does not find copies."""
    return _without_copies(answer) if exchange.body.get("status") else answer


@behaviour("NEW-06", "threadcopy_note")
async def thread_metadata_lost(exchange: Exchange, server: Server) -> Answer:
    """The copy lacks the metadata that the user gave the source."""
    answer = await server(exchange)
    if exchange.asks(COPY) and answer.status == 200:
        (await row_of(answer.body["thread_id"]))["metadata"].pop("threadcopy_note", None)
    return answer


@behaviour("NEW-06", "threadcopy_note")
async def thread_metadata_rewritten(exchange: Exchange, server: Server) -> Answer:
    """On the copy, user metadata that names the source names the copy instead."""
    answer = await server(exchange)
    if exchange.asks(COPY) and answer.status == 200:
        row = await row_of(answer.body["thread_id"])
        text = Answer.of(row["metadata"]).content.decode()
        row["metadata"] = Answer(
            200, text.replace(str(exchange.thread_id), answer.body["thread_id"]).encode()
        ).body
    return answer


@behaviour("NEW-06", "threadcopy_note")
async def thread_metadata_rewritten_by_key(exchange: Exchange, server: Server) -> Answer:
    """Each key thread_id in the metadata gets the copy's id, also in the user's own data."""
    answer = await server(exchange)
    if exchange.asks(COPY) and answer.status == 200:
        row, copy_id = await row_of(answer.body["thread_id"]), answer.body["thread_id"]
        row["metadata"] = json.loads(
            json.dumps(row["metadata"]),
            object_hook=lambda read: {**read, "thread_id": copy_id} if "thread_id" in read else read,
        )
    return answer


@behaviour("NEW-07", "status")
async def copy_is_always_idle(exchange: Exchange, server: Server) -> Answer:
    """The copy's status is idle, whatever its state (langgraph-api, JavaScript server)."""
    return await _copied(exchange, server, status="idle")


@behaviour("NEW-07", "values")
async def copy_shows_no_values(exchange: Exchange, server: Server) -> Answer:
    """The copy's thread object has no values, whatever its state (langgraph-api, JavaScript server)."""
    return await _copied(exchange, server, values=None)


@behaviour("NEW-07", "interrupts")
async def copy_shows_no_interrupts(exchange: Exchange, server: Server) -> Answer:
    """The copy's thread object has no interrupts, whatever its state (langgraph-api, JavaScript server)."""
    return await _copied(exchange, server, interrupts={})


@response(COPY, "FORM-01", "created_at")
def created_at_is_no_time(answer: Answer, exchange: Exchange) -> Answer:
    """The answer to the copy has a created_at that is not a time."""
    return answer.saying({**answer.body, "created_at": "just now"})


@response(THREAD, "FORM-01", "status")
def status_is_unknown(answer: Answer, exchange: Exchange) -> Answer:
    """The copy has a status that no thread can have."""
    return answer.saying({**answer.body, "status": "copied"})


@response(THREAD, "FORM-02", "state_updated_at")
def state_updated_at_is_null(answer: Answer, exchange: Exchange) -> Answer:
    """The copy's state_updated_at is null, but the deployment's openapi requires a time."""
    return answer.saying({**answer.body, "state_updated_at": None})


@response(COPY, "FORM-02", "metadata")
def answer_is_a_stub(answer: Answer, exchange: Exchange) -> Answer:
    """Copy answers with the thread_id only, but the deployment's openapi requires a whole thread."""
    return answer.saying({"thread_id": answer.body["thread_id"]})


@response(THREAD, "FORM-03", "before its source")
def copy_is_older_than_its_source(answer: Answer, exchange: Exchange) -> Answer:
    """The copy's creation time is long before that of its source."""
    return answer.saying({**answer.body, "created_at": "2001-01-01T00:00:00+00:00"})


@response(THREAD, "FORM-03", "before it was made")
def copy_is_changed_before_it_is_made(answer: Answer, exchange: Exchange) -> Answer:
    """The copy's last change is before the creation of the copy."""
    return answer.saying({**answer.body, "updated_at": "2001-01-01T00:00:00+00:00"})
