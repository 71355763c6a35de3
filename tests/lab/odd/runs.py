"""Oddities of runs, writes and forks."""

import re
import uuid
from threading import Lock

from tests.lab.hostile.wire import Reply, Request
from tests.lab.odd.oddity import (
    HISTORY,
    RUN,
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


@odd(
    *("CONT-01", "CONT-02", "CONT-04", "CONT-11", "INDEP-03", "INDEP-04", "INDEP-05", "INDEP-08"),
    untestable=("CONT-02", "CONT-04", "CONT-11", "INDEP-03", "INDEP-04", "INDEP-05", "INDEP-08"),
)
def no_runs_wait(request: Request, forward: Forward) -> Reply:
    """There is no route to wait for a run."""
    return refusal(404, "Not Found") if request.path.endswith("/runs/wait") else forward()


@odd("INDEP-05", "INDEP-06", "INDEP-08", untestable=["INDEP-05", "INDEP-06"])
def nothing_is_deleted(request: Request, forward: Forward) -> Reply:
    """No thread can be deleted."""
    return refusal(405, "Method Not Allowed") if request.method == "DELETE" else forward()


@odd("INDEP-07", untestable=["INDEP-07"])
def nothing_is_patched(request: Request, forward: Forward) -> Reply:
    """The metadata of a thread cannot be changed."""
    return refusal(405, "Method Not Allowed") if request.method == "PATCH" else forward()


@odd("CONT-01", "CONT-06", "INDEP-10", untestable=["CONT-06", "INDEP-10"])
def forks_are_refused(request: Request, forward: Forward) -> Reply:
    """A write to an older checkpoint is refused."""
    is_fork = asks(request, UPDATE) and request.body.get("checkpoint")
    return refusal(422, "checkpoint: extra fields not permitted") if is_fork else forward()


@odd("CONT-06", "INDEP-10", untestable=["CONT-06"])
def forks_go_on_top(request: Request, forward: Forward) -> Reply:
    """A write to an older checkpoint goes on top of the newest."""
    if asks(request, UPDATE):
        body = {key: value for key, value in request.body.items() if key != "checkpoint"}
        return forward(content=Reply.of(body).content)
    return forward()


@odd("CONT-06", "INDEP-10")
def history_of_one_branch(request: Request, forward: Forward) -> Reply:
    """A history shows the newest checkpoint and its ancestors, and no other branch."""
    reply = forward()
    if not asks(request, HISTORY) or reply.status >= 300 or "before" in request.target:
        return reply
    branch: list[Json] = []
    for state in reply.body:
        parent = (branch[-1]["parent_checkpoint"] or {}).get("checkpoint_id") if branch else None
        if not branch or state["checkpoint"]["checkpoint_id"] == parent:
            branch.append(state)
    return Reply.of(branch)


@odd_state("CONT-01", "CONT-02", "CONT-06")
def parents_are_null(state: Json, _: str) -> None:
    """The parent of every state is null."""
    state["parent_checkpoint"] = None
    state.pop("parent_checkpoint_id", None)


@odd_state("CONT-01", "CONT-02", "CONT-06", "INDEP-10", untestable=["CONT-06", "INDEP-10"])
def ids_are_hidden(state: Json, _: str) -> None:
    """No state shows the id of its checkpoint, but it shows the id of its parent."""
    state["checkpoint"] = {}
    state.pop("checkpoint_id", None)


@odd_state("CONT-01", "CONT-02", "CONT-06", "CONT-08", "INDEP-04", "INDEP-08", "INDEP-09")
def messages_get_ids_when_read(state: Json, _: str) -> None:
    """Each message has a new id at each read."""
    for message in (state["values"] or {}).get("messages") or []:
        message["id"] = str(uuid.uuid4())


_running: set[str] = set()
_lock = Lock()


@odd("CONT-11", "INDEP-09", untestable=["CONT-11", "INDEP-09"])
def busy_threads_are_not_copied(request: Request, forward: Forward) -> Reply:
    """A thread with a run under way cannot be copied."""
    match = re.match("/threads/([^/]+)", request.path)
    thread_id = match[1] if match else ""
    if asks(request, _COPY) and thread_id in _running:
        return refusal(409, "the thread is busy")
    if not asks(request, RUN):
        return forward()
    with _lock:
        _running.add(thread_id)
    try:
        return forward()
    finally:
        with _lock:
            _running.discard(thread_id)


@odd("CONT-03", "CONT-11", "INDEP-09")
def no_history_before_the_first_checkpoint(request: Request, forward: Forward) -> Reply:
    """The history of a thread without a checkpoint is a 404."""
    reply = forward()
    is_empty = asks(request, HISTORY) and "before" not in request.target and reply.content.strip() == b"[]"
    return refusal(404, "no checkpoints") if is_empty else reply


@odd(
    *("CONT-02", "CONT-04", "CONT-07", "CONT-10", "INDEP-04"),
    untestable=("CONT-04", "CONT-07", "CONT-10", "INDEP-04"),
)
def nothing_is_resumed(request: Request, forward: Forward) -> Reply:
    """A run with a command is refused, so that an interrupted thread waits for ever."""
    is_command = asks(request, RUN) and request.body.get("command")
    return refusal(422, "command: extra fields not permitted") if is_command else forward()


@odd("CONT-09", "SAME-12")
def failed_runs_are_server_errors(request: Request, forward: Forward) -> Reply:
    """The answer of a run that fails is a 500."""
    reply = forward()
    is_failure = request.path.endswith("/runs/wait") and b"__error__" in reply.content
    return refusal(500, "the run failed") if is_failure else reply


@odd_answer(r"GET /threads/[^/]+/state", "CONT-04", "INDEP-04")
def next_nodes_are_null(state: Json, _: Request) -> Json:
    """The current state shows its interrupts, but next is null."""
    return {**state, "next": None}


def _plain(assistant: str) -> tuple[str, ...]:
    """Return the options that let an assistant play the plain role and run."""
    return "--threadcopy-assistant", assistant, "--threadcopy-input", '{"messages": []}'


@odd("CONT-02", "CONT-08", "INDEP-03", options=_plain("threadcopy_interrupting"))
def the_agent_interrupts(_: Request, forward: Forward) -> Reply:
    """The agent in the plain role interrupts, and its stream has the interrupt beside the last values."""
    return forward()


@odd(
    *("CONT-02", "CONT-08", "INDEP-03", "INDEP-05", "INDEP-08"),
    untestable=("CONT-02", "CONT-08", "INDEP-03", "INDEP-05", "INDEP-08"),
    options=_plain("threadcopy_failing"),
)
def the_agent_fails(_: Request, forward: Forward) -> Reply:
    """The agent in the plain role fails, as if its model had no quota left."""
    return forward()


@odd(
    *("CONT-04", "CONT-10", "INDEP-04"),
    untestable=("CONT-04", "CONT-10", "INDEP-04"),
)
def nothing_waits(request: Request, forward: Forward) -> Reply:
    """No run stops at an interrupt: the server resumes it at once."""
    reply = forward()
    is_run = request.path.endswith("/runs/wait") and b"__interrupt__" in reply.content
    if not is_run:
        return reply
    command = {"assistant_id": request.body["assistant_id"], "command": {"resume": "left"}}
    return forward(content=Reply.of(command).content)
