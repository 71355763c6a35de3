"""Faults of the server's behaviour: while it copies a thread, and later with the copy."""

import asyncio
from datetime import UTC, datetime

from tests.lab.faults import threads
from tests.lab.faults.exchange import COPY, DELETE, PATCH, RUN, RUNS, UPDATE, Answer, Exchange, Server
from tests.lab.faults.fault import behaviour
from tests.lab.faults.rows import row_of

_copying: dict[str, asyncio.Task[Answer]] = {}


@behaviour("NEW-03", "share ids")
async def concurrent_copies_are_one(exchange: Exchange, server: Server) -> Answer:
    """A request for a copy during another copy of the same source is answered with that other copy."""
    if not exchange.asks(COPY):
        return await server(exchange)

    async def slowly() -> Answer:
        answer = await server(exchange)
        await asyncio.sleep(0.05)
        return answer

    source = str(exchange.thread_id)
    if source not in _copying:
        _copying[source] = asyncio.create_task(slowly())
        _copying[source].add_done_callback(lambda _: _copying.pop(source))
    return await _copying[source]


@behaviour("NEW-03", "share ids")
async def a_second_copy_is_the_first(exchange: Exchange, server: Server) -> Answer:
    """A source has one copy: every further request to copy it is answered with this copy."""
    copies = threads.copies_of(str(exchange.thread_id))
    if exchange.asks(COPY) and copies:
        return await server(exchange.as_(method="GET", path=f"/threads/{copies[0]}", content=b""))
    return await server(exchange)


@behaviour("INDEP-07", "changed by a metadata patch on the copy")
async def metadata_is_shared(exchange: Exchange, server: Server) -> Answer:
    """Patching the copy's metadata patches the source's."""
    if exchange.asks(PATCH) and exchange.source_id:
        await server(exchange.to(exchange.source_id))
    return await server(exchange)


@behaviour("INDEP-07", "changed by a metadata patch on the source")
async def metadata_follows_the_source(exchange: Exchange, server: Server) -> Answer:
    """Patching the source's metadata patches that of its copies."""
    if exchange.asks(PATCH):
        for copy in threads.copies_of(str(exchange.thread_id)):
            await server(exchange.to(copy))
    return await server(exchange)


@behaviour("INDEP-07", "changed by a metadata patch on the copy")
async def nested_metadata_is_shared(exchange: Exchange, server: Server) -> Answer:
    """Objects in the metadata are shared: patching one on the copy patches it on the source."""
    if exchange.asks(PATCH) and exchange.source_id:
        metadata = (await row_of(exchange.source_id)).get("metadata", {})
        patched = exchange.body["metadata"].items()
        shared = {key: value for key, value in patched if isinstance(value, dict) and key in metadata}
        if shared:
            await server(exchange.to(exchange.source_id).saying(metadata=shared))
    return await server(exchange)


@behaviour("INDEP-05", "changed by deleting thread")
async def copy_is_gone_with_its_source(exchange: Exchange, server: Server) -> Answer:
    """Deleting the source deletes its copies."""
    if exchange.asks(DELETE):
        for copy in threads.copies_of(str(exchange.thread_id)):
            await server(exchange.to(copy))
    return await server(exchange)


@behaviour("INDEP-06", "changed by deleting thread")
async def source_is_gone_with_its_copy(exchange: Exchange, server: Server) -> Answer:
    """Deleting the copy deletes its source."""
    if exchange.asks(DELETE) and exchange.source_id:
        await server(exchange.to(exchange.source_id))
    return await server(exchange)


@behaviour("INDEP-01", "changed by copying it")
async def source_is_deleted(exchange: Exchange, server: Server) -> Answer:
    """Copying deletes the source."""
    answer = await server(exchange)
    if exchange.asks(COPY):
        await server(exchange.as_(method="DELETE", path=f"/threads/{exchange.thread_id}", content=b""))
    return answer


@behaviour("INDEP-01", "changed by copying it")
async def source_is_renamed(exchange: Exchange, server: Server) -> Answer:
    """Copying writes into the source's metadata how often the source was copied."""
    answer = await server(exchange)
    if exchange.asks(COPY):
        patch = exchange.as_(method="PATCH", path=f"/threads/{exchange.thread_id}", content=b"")
        await server(patch.saying(metadata={"copies": len(threads.copies_of(str(exchange.thread_id)))}))
    return answer


@behaviour("INDEP-03", "changed by a run on the copy")
async def runs_of_copies_are_listed_at_the_source(exchange: Exchange, server: Server) -> Answer:
    """The source's list of runs also shows the runs of its copies."""
    answer = await server(exchange)
    if exchange.asks(RUNS):
        answers = [await server(exchange.to(copy)) for copy in threads.copies_of(str(exchange.thread_id))]
        return answer.saying(sum((each.body for each in answers if each.status == 200), answer.body))
    return answer


@behaviour("NEW-08", "nobody ran on copy")
async def runs_of_the_source_are_listed(exchange: Exchange, server: Server) -> Answer:
    """The copy's list of runs shows its source's runs."""
    answer = await server(exchange)
    if exchange.asks(RUNS) and exchange.source_id:
        return answer.saying(answer.body + (await server(exchange.to(exchange.source_id))).body)
    return answer


@behaviour("INDEP-02", "changed by POST state on the copy")
async def updates_reach_the_source(exchange: Exchange, server: Server) -> Answer:
    """An update of the copy is also written on top of its source."""
    if exchange.asks(UPDATE) and exchange.source_id and not exchange.body.get("checkpoint"):
        await server(exchange.to(exchange.source_id))
    return await server(exchange)


@behaviour("INDEP-08", "changed by writing to its siblings")
async def updates_reach_the_siblings(exchange: Exchange, server: Server) -> Answer:
    """An update of a copy is also written on top of each other copy of its source."""
    if exchange.asks(UPDATE) and exchange.source_id and not exchange.body.get("checkpoint"):
        for sibling in threads.copies_of(exchange.source_id):
            if sibling != exchange.thread_id:
                await server(exchange.to(sibling))
    return await server(exchange)


@behaviour("INDEP-03", "changed by a run on the copy")
async def runs_touch_the_source(exchange: Exchange, server: Server) -> Answer:
    """A new turn on the copy changes the source's time of last change."""
    if exchange.asks(RUN) and exchange.source_id and exchange.body.get("input"):
        source = await row_of(exchange.source_id)
        if source and not exchange.body.get("checkpoint"):
            source["updated_at"] = datetime.now(UTC)
    return await server(exchange)
