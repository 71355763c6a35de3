"""Repairs of the reference server's own faults, so that only the chosen fault is left.

Each repair names the requirement that the server fails. Remove it when the server passes that requirement.
"""

from copy import deepcopy
from functools import cache
from typing import Any

from tests.lab.faults.exchange import COPY, RUN, Answer, Exchange, Server
from tests.lab.faults.identities import USER
from tests.lab.faults.rows import row_of

Json = dict[str, Any]


async def repair_row_of_copy(source_id: str, copy_id: str) -> None:
    """Put into the thread object of a copy what its state shows; the server leaves this out (NEW-07)."""
    source, copy = await row_of(source_id), await row_of(copy_id)
    for key in ("values", "interrupts", "config", "error"):
        if key in source:
            copy[key] = deepcopy(source[key])
    if source and source["status"] != "busy":  # a copy has no run that could be under way
        copy["status"] = source["status"]


async def repaired(exchange: Exchange, server: Server) -> Answer:
    """Return the server's answer, repaired."""
    if exchange.path == "/openapi.json":
        return Answer.of(_true_openapi())
    if exchange.asks(RUN):
        await _keep_run_config(exchange)
    answer = await server(exchange)
    if exchange.asks(COPY) and answer.status == 400:  # a malformed id; openapi and protocol say 422 (ROB-03)
        return Answer(422, answer.content)
    if exchange.asks(COPY) and answer.status == 200:
        await _give_to_copier(exchange, answer.body["thread_id"])
    return answer


async def _keep_run_config(exchange: Exchange) -> None:
    """Store the config of a run with its thread: later runs and reads build the graph from it (CONT-12)."""
    configurable = (exchange.body.get("config") or {}).get("configurable")
    row = await row_of(str(exchange.thread_id))
    if configurable and row:
        row["config"] = {
            **row["config"],
            "configurable": {**row["config"].get("configurable", {}), **configurable},
        }


async def _give_to_copier(exchange: Exchange, copy_id: str) -> None:
    """Make the user who copied a thread the copy's owner; the server keeps the source's owner (ROB-12)."""
    row = await row_of(copy_id)
    row["metadata"] = {**row["metadata"], "owner": exchange.header(USER)}


@cache
def _true_openapi() -> Json:
    """Return the server's openapi document, which here allows the nulls that the server sends (FORM-02).

    The server's own answer lacks the routes of threads: the paths of a custom app replace them.
    """
    from langgraph_api.validation import openapi  # type: ignore[import-untyped]

    document: Json = deepcopy(openapi)
    schemas = document["components"]["schemas"]
    state = schemas["ThreadState"]["properties"]
    task = state["tasks"]["items"]["properties"]
    places = [(state, "parent_checkpoint"), (schemas["Interrupt"]["properties"], "response_schema")]
    for holder, key in [*places, *((task, key) for key in ("error", "checkpoint", "state"))]:
        holder[key] = {"anyOf": [holder[key], {"type": "null"}]}
    return document
