"""Faults of runs on a copy, and of writes to it."""

import asyncio
import uuid
from functools import cache
from pathlib import Path

from tests.lab.faults import threads
from tests.lab.faults.exchange import COPY, RUN, STATE, UPDATE, Answer, Exchange, Server
from tests.lab.faults.fault import behaviour
from tests.lab.faults.rows import row_of


@behaviour("CONT-02", "has another result than the same run on the source")
async def runs_keep_nothing(exchange: Exchange, server: Server) -> Answer:
    """A run on the copy answers correctly, but writes nothing to the copy: it runs on a second copy."""
    if exchange.asks(RUN) and exchange.source_id and not (exchange.body.get("command")):
        spare = await server(exchange.as_(path=f"/threads/{exchange.thread_id}/copy", content=b""))
        return await server(exchange.to(spare.body["thread_id"]))
    return await server(exchange)


@behaviour("CONT-02", "fails, where the same run on the source does not")
async def a_copy_runs_only_once(exchange: Exchange, server: Server) -> Answer:
    """A second turn on the copy is refused."""
    if exchange.asks(RUN) and exchange.source_id and exchange.body.get("input"):
        if exchange.thread_id in _ran:
            return Answer.of({"detail": "the thread is at another version"}, 409)
        _ran.add(str(exchange.thread_id))
    return await server(exchange)


@behaviour("CONT-08", "events")
async def streams_of_copies_skip_steps(exchange: Exchange, server: Server) -> Answer:
    """A streamed run on the copy delivers the last values, and no earlier values."""
    answer = await server(exchange)
    if exchange.path.endswith("/stream") and exchange.source_id:
        parts = answer.content.decode().replace("\r\n", "\n").split("\n\n")
        values = [part for part in parts if part.startswith("event: values")]
        parts = [part for part in parts if part not in values[:-1]]
        return Answer(200, "\n\n".join(parts).encode(), answer.media_type)
    return answer


@behaviour("CONT-04", "has another result than the same run on the source")
async def resume_starts_over(exchange: Exchange, server: Server) -> Answer:
    """Resuming the copy runs its graph from the start."""
    if exchange.asks(RUN) and exchange.source_id and exchange.body.get("command"):
        return await server(exchange.saying(command=None, input={"counter": 0}))
    return await server(exchange)


@behaviour("CONT-04", "has another result than the same run on the source")
async def resume_goes_to_the_source(exchange: Exchange, server: Server) -> Answer:
    """Resuming the copy resumes its source."""
    if exchange.asks(RUN) and exchange.source_id and exchange.body.get("command"):
        return await server(exchange.to(exchange.source_id))
    return await server(exchange)


@behaviour("INDEP-10", "changed by POST state at its checkpoint")
async def fork_goes_to_the_source(exchange: Exchange, server: Server) -> Answer:
    """A write to an older checkpoint of the copy goes to that checkpoint of its source."""
    if exchange.asks(UPDATE) and exchange.source_id and exchange.body.get("checkpoint"):
        checkpoint = {**exchange.body["checkpoint"], "thread_id": exchange.source_id}
        return await server(exchange.to(exchange.source_id).saying(checkpoint=checkpoint))
    return await server(exchange)


@behaviour("CONT-06", "the parent of the fork is")
async def fork_ignores_its_checkpoint(exchange: Exchange, server: Server) -> Answer:
    """A write to an older checkpoint of the copy goes on top of its newest checkpoint."""
    if exchange.asks(UPDATE) and exchange.source_id:
        return await server(exchange.saying(checkpoint={}))
    return await server(exchange)


@behaviour("CONT-08", "values")
async def streams_of_copies_are_empty(exchange: Exchange, server: Server) -> Answer:
    """A streamed run on the copy delivers no event except its end."""
    answer = await server(exchange)
    if exchange.path.endswith("/stream") and exchange.source_id:
        return Answer(200, b"event: end\ndata: null\n\n", answer.media_type)
    return answer


@behaviour("SAME-03", "checkpoint.checkpoint_id")
async def state_is_the_one_before(exchange: Exchange, server: Server) -> Answer:
    """The state of the copy is that of the checkpoint before the newest, which contradicts the history."""
    answer = await server(exchange)
    if not (exchange.asks(STATE) and exchange.source_id and exchange.path.endswith("/state")):
        return answer
    parent = (answer.body.get("parent_checkpoint") or {}).get("checkpoint_id")
    return await server(exchange.as_(path=f"{exchange.path}/{parent}")) if parent else answer


@behaviour("CONT-09", "fails, where the same run on the source does not")
async def a_failed_copy_cannot_run(exchange: Exchange, server: Server) -> Answer:
    """A run on a copy whose task failed is refused."""
    if exchange.asks(RUN) and exchange.source_id:
        state = await server(
            exchange.as_(method="GET", path=f"/threads/{exchange.thread_id}/state", content=b"")
        )
        if any(task.get("error") for task in state.body["tasks"]):
            return Answer.of({"detail": "the thread is in error"}, 409)
    return await server(exchange)


@behaviour("CONT-03", "fails, where the same run on the source does not")
async def a_copy_without_history_cannot_run(exchange: Exchange, server: Server) -> Answer:
    """A run on the copy of a thread that never ran is refused."""
    if exchange.asks(RUN) and exchange.source_id:
        path = f"/threads/{exchange.thread_id}/history"
        if not (await server(exchange.as_(method="GET", path=path, content=b""))).body:
            return Answer.of({"detail": "the thread has no checkpoint"}, 409)
    return await server(exchange)


@behaviour("CONT-10", "fails, where the same run on the source does not")
async def a_copy_of_a_copy_cannot_run(exchange: Exchange, server: Server) -> Answer:
    """A run on a copy of a copy is refused."""
    if exchange.asks(RUN) and exchange.source_id in threads.source_of:
        return Answer.of({"detail": "the source of this thread is not known"}, 409)
    return await server(exchange)


@behaviour("CONT-11", "fails, where the source's run does not")
async def copy_of_a_busy_thread_refuses(exchange: Exchange, server: Server) -> Answer:
    """The copy of a busy thread is busy for ever, and refuses runs."""
    answer = await server(exchange)
    if exchange.asks(COPY) and (await row_of(str(exchange.thread_id))).get("status") == "busy":
        _stuck.add(answer.body["thread_id"])
    if exchange.asks(RUN) and exchange.thread_id in _stuck:
        return Answer.of({"detail": "the thread is busy"}, 409)
    return answer


@behaviour("CONT-11", "is stuck in busy", options=("--threadcopy-run-timeout", "15"))
async def copy_of_a_busy_thread_waits(exchange: Exchange, server: Server) -> Answer:
    """The copy of a busy thread is busy for ever, and a run on it waits for ever."""
    busy = exchange.asks(COPY) and (await row_of(str(exchange.thread_id))).get("status") == "busy"
    if exchange.asks(RUN) and exchange.thread_id in _stuck:
        await asyncio.sleep(18)
        return Answer.of({"detail": "given up"}, 504)
    answer = await server(exchange)
    if busy:
        _stuck.add(answer.body["thread_id"])
        (await row_of(answer.body["thread_id"]))["status"] = "busy"
    return answer


_ran: set[str] = set()
"""Copies that had their first turn."""

_stuck: set[str] = set()
"""Copies that were made while their source was busy."""

_LIST = Path("copies.txt")
"""The ids of the copies that this server made, in its folder, which a restart keeps."""


@cache
def _made_before() -> set[str]:
    return set(_LIST.read_text().split()) if _LIST.exists() else set()


@behaviour("ROB-13", "changed by a restart", plugin="tests.lab.faults.restart")
async def copies_are_gone_after_a_restart(exchange: Exchange, server: Server) -> Answer:
    """After a restart, the server does not know the copies that it made before."""
    if exchange.thread_id in _made_before():
        return await server(exchange.to(str(uuid.uuid4())))
    answer = await server(exchange)
    if exchange.asks(COPY) and answer.status == 200:
        with _LIST.open("a") as file:
            file.write(f"{answer.body['thread_id']}\n")
    return answer


@behaviour("CONT-12", "shows no interrupt")
async def run_config_dropped(exchange: Exchange, server: Server) -> Answer:
    """The copy lacks the config of its source's run: its graph is built without it (JavaScript server)."""
    answer = await server(exchange)
    if exchange.asks(COPY) and answer.status == 200:
        (await row_of(answer.body["thread_id"]))["config"] = {}
    return answer
