"""Oddities of refusals, thread objects and paging."""

import re
import time
from itertools import count
from threading import Timer

from tests.lab.faults.identities import USER
from tests.lab.hostile.wire import Reply, Request
from tests.lab.odd.oddity import (
    HISTORY,
    RUN,
    THREAD,
    UPDATE,
    Forward,
    Json,
    asks,
    odd,
    odd_answer,
    odd_state,
    refusal,
)

_COPY = r"POST /threads/[^/]+/copy"
_DELETE = r"DELETE /threads/[^/]+"
_DELAY = 1.0


@odd_answer(THREAD, "NEW-04", "FORM-01", "FORM-03", untestable=["FORM-03"])
def threads_are_thin(thread: Json, _: Request) -> Json:
    """A thread object has null times, and a status with another name."""
    return {**thread, "created_at": None, "updated_at": None, "status": "success"}


@odd_answer(THREAD, "FORM-01", "FORM-03")
def thread_times_have_no_offset(thread: Json, _: Request) -> Json:
    """A thread object has only one of its times, without an offset."""
    times = {**thread, "created_at": thread["created_at"].partition("+")[0]}
    del times["updated_at"]
    return times


@odd_state("NEW-04", "FORM-01")
def states_are_thin(state: Json, _: str) -> None:
    """A state has nulls in the place of empty values, and its checkpoint's id at its top level only."""
    state["checkpoint_id"] = state.pop("checkpoint")["checkpoint_id"]
    state.update(parent_checkpoint={}, created_at=None, interrupts=None, next=state["next"] or None)
    state["metadata"] = {**state["metadata"], "step": None}
    for task in state["tasks"]:
        del task["id"]


@odd("NEW-04", "FORM-01")
def no_state_with_subgraphs(request: Request, forward: Forward) -> Reply:
    """No state can be read with its subgraphs."""
    return refusal(422, "subgraphs: unknown") if "subgraphs=" in request.target else forward()


@odd("NEW-07", "FORM-01")
def threads_say_what_their_state_says(request: Request, forward: Forward) -> Reply:
    """A thread object agrees with its state; it has its interrupts in a list and its id in its config."""
    reply = forward()
    if not asks(request, r"GET /threads/[^/]+") or reply.status >= 300:
        return reply
    state = forward(target=f"{request.path}/state").body
    waiting = [interrupt for task in state["tasks"] for interrupt in task["interrupts"]]
    config = {"configurable": {"thread_id": reply.body["thread_id"]}}
    fields = {
        "values": state["values"],
        "interrupts": waiting,
        "status": "interrupted" if waiting else "idle",
    }
    return Reply.of({**reply.body, **fields, "config": config})


@odd("SAME-15", untestable=["SAME-15"])
def post_history_refused(request: Request, forward: Forward) -> Reply:
    """A request for history by POST is refused."""
    is_posted = asks(request, HISTORY) and request.method == "POST"
    return refusal(400, "no such body") if is_posted else forward()


@odd_answer(r"POST /threads/[^/]+/history", "SAME-15")
def post_history_is_thinner(history: Json, _: Request) -> Json:
    """History by POST has no tasks, and other metadata."""
    return [{**state, "tasks": [], "metadata": {"by": "POST"}} for state in history]


_copied: dict[str, float] = {}
"""The time of each copy."""


@odd("NEW-05")
def search_lags(request: Request, forward: Forward) -> Reply:
    """A search finds a copy a second after its creation, and not before."""
    reply = forward()
    if asks(request, _COPY) and reply.status == 200:
        _copied[reply.body["thread_id"]] = time.monotonic()
    if not asks(request, "POST /threads/search"):
        return reply
    late = time.monotonic() - _DELAY
    return Reply.of([thread for thread in reply.body if _copied.get(thread["thread_id"], 0) < late])


@odd("ROB-05", "ROB-07", "ROB-12")
def deletes_later(request: Request, forward: Forward) -> Reply:
    """A deleted thread exists for one more second."""
    if not asks(request, _DELETE):
        return forward()
    Timer(_DELAY, forward).start()
    return Reply.of({"status": "accepted"}, 202)


@odd("ROB-01", "ROB-02", "ROB-03", "ROB-04", "ROB-05", "ROB-07", untestable=["ROB-03"])
def ids_are_no_uuids(request: Request, forward: Forward) -> Reply:
    """The ids of threads are no UUIDs."""
    match = re.fullmatch(r"/threads/([^/]+)(/.*)?", request.path)
    if match and match[1] not in ("search", "count") and not match[1].startswith("thr_"):
        return refusal(404, "no such thread")
    content = request.content.replace(b"thr_", b"")
    reply = forward(target=request.target.replace("thr_", ""), content=content)
    content = re.sub(rb'("thread_id": ?")', rb"\1thr_", reply.content)
    return Reply(reply.status, content, reply.headers)


@odd("ROB-05", "ROB-12", untestable=["ROB-05"])
def neither_runs_nor_deletes(request: Request, forward: Forward) -> Reply:
    """A run cannot be waited for, and a thread cannot be deleted."""
    return refusal(405, "Method Not Allowed") if asks(request, f"{RUN}|{_DELETE}") else forward()


_written: dict[str, float] = {}
"""The time of the last write to each thread."""


@odd("ROB-08", untestable=["ROB-08"])
def written_threads_are_locked(request: Request, forward: Forward) -> Reply:
    """A thread cannot be copied in the first second after a write."""
    thread = request.path.rpartition("/")[0]
    if asks(request, UPDATE):
        _written[thread] = time.monotonic()
    locked = asks(request, _COPY) and time.monotonic() - _written.get(thread, -_DELAY) < _DELAY
    return refusal(409, "the thread is being written") if locked else forward()


@odd("ROB-11")
def strangers_are_sent_to_a_page(request: Request, forward: Forward) -> Reply:
    """A request without a user is redirected to a login page."""
    if request.headers.get(USER):
        return forward()
    return Reply(303, b"", {"location": "/login", "content-type": "text/plain"})


@odd("ROB-11", options=["--threadcopy-redirects=1"])
def strangers_see_a_page(request: Request, forward: Forward) -> Reply:
    """A request without a user is answered with a login page."""
    if request.headers.get(USER):
        return forward()
    return Reply(200, b"<!doctype html><title>Log in</title>", {"content-type": "text/html"})


_requests = count()


@odd("ROB-01", "ROB-07")
def others_make_threads(request: Request, forward: Forward) -> Reply:
    """Other users create threads all the time: one for every second request of the run."""
    threads = next(_requests) // 2
    reply = forward()
    if not asks(request, "POST /threads/count") or request.body.get("metadata"):
        return reply
    return Reply.of(reply.body + threads)


@odd("SAME-01", "SAME-02", "NEW-04", "FORM-01")
def no_way_past_a_page(request: Request, forward: Forward) -> Reply:
    """A history has one page, as long as its limit, and its states show no parents."""
    if not asks(request, HISTORY):
        return forward()
    if "before=" in request.target or (request.method == "POST" and "before" in request.body):
        return refusal(422, "before: unknown")
    return Reply.of([{**state, "parent_checkpoint": None} for state in forward().body])


_turned_away: set[str] = set()
"""The paths of the copy requests that were refused once."""


@odd("SCALE-01", untestable=["SCALE-01"], options=["--threadcopy-scale"])
def copies_wait_their_turn(request: Request, forward: Forward) -> Reply:
    """Each copy request is refused with 429 once, and succeeds when it is sent again."""
    if not asks(request, _COPY) or request.path in _turned_away:
        _turned_away.discard(request.path)
        return forward()
    _turned_away.add(request.path)
    return Reply.of({"detail": "too many requests"}, 429, retry_after="0")
