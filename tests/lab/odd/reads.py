"""Oddities of reads of threads."""

import json
import random
import uuid
from collections import Counter

from tests.lab.hostile.wire import Reply, Request
from tests.lab.odd.oddity import HISTORY, Forward, Json, asks, odd, odd_state, refusal

_random = random.Random(1)
_NAMED = str(uuid.uuid4())
_READ_ONLY = ("SAME-01", "SAME-03", "SAME-10", "SAME-15", "NEW-04", "FORM-01", "FORM-03")


@odd_state("SAME-01", "SAME-03", "SAME-07", "NEW-04")
def state_names_its_thread(state: Json, thread_id: str) -> None:
    """A state also has its thread's id at its top level."""
    state["thread_id"] = thread_id


@odd_state("SAME-01", "SAME-03", "SAME-04", "SAME-10", "SAME-13")
def new_message_ids_at_each_read(state: Json, _: str) -> None:
    """Each message has a new id at each read."""
    for message in state["values"].get("messages", []):
        message["id"] = str(uuid.uuid4())


@odd_state("SAME-05", "SAME-16")
def metadata_names_the_request(state: Json, _: str) -> None:
    """The metadata of a checkpoint has the id of the request that reads it, and new message ids."""
    request = {
        "request_id": str(uuid.uuid4()),
        "writes": {"greet": {"messages": [{"id": str(uuid.uuid4())}]}},
    }
    state["metadata"] = {**state["metadata"], **request}


@odd_state("SAME-06", "SAME-16")
def tasks_in_any_order(state: Json, _: str) -> None:
    """The order of parallel tasks differs from read to read."""
    _random.shuffle(state["tasks"])


@odd_state("SAME-01", "SAME-03", untestable=["SAME-03"])
def values_hidden(state: Json, _: str) -> None:
    """No state shows its values."""
    del state["values"]


@odd_state("SAME-01", "SAME-16", untestable=["SAME-16"])
def metadata_hidden(state: Json, _: str) -> None:
    """No checkpoint shows metadata."""
    state["metadata"] = None


@odd_state("SAME-01", "SAME-04", "SAME-07", "SAME-10", "SAME-16")
def configs_in_place_of_checkpoints(state: Json, thread_id: str) -> None:
    """A state names its checkpoint by configs, like LangGraph's own state snapshots."""
    for key, name in (("checkpoint", "config"), ("parent_checkpoint", "parent_config")):
        place = state.pop(key)
        state[name] = place and {"configurable": place}
    for task in state["tasks"]:
        place = task.pop("checkpoint")
        if place and not task["state"]:
            task["state"] = {"configurable": place}


@odd("SAME-03", "SAME-07", "SAME-14")
def no_subgraphs(request: Request, forward: Forward) -> Reply:
    """No state can be read with its subgraphs."""
    return refusal(422, "subgraphs: unknown") if "subgraphs=" in request.target else forward()


@odd("SAME-03", "SAME-07", untestable=["SAME-07"])
def no_history_of_subgraphs(request: Request, forward: Forward) -> Reply:
    """The history of each subgraph is empty."""
    is_history = asks(request, HISTORY) and request.method == "POST"
    return Reply.of([]) if is_history and request.body.get("checkpoint") else forward()


@odd("SAME-03", "SAME-05", "SAME-11", "SAME-13", untestable=["SAME-03", "SAME-05", "SAME-11", "SAME-13"])
def no_history(request: Request, forward: Forward) -> Reply:
    """There is no route for histories."""
    return refusal(404, "Not Found") if asks(request, HISTORY) else forward()


@odd(*_READ_ONLY, untestable=_READ_ONLY, options=("--thread-id", _NAMED))
def named_thread_has_no_history(request: Request, forward: Forward) -> Reply:
    """No history is shown, and the user names a thread that never ran."""
    if _NAMED in request.path:
        named = json.dumps({"thread_id": _NAMED, "if_exists": "do_nothing"}).encode()
        forward(method="POST", target="/threads", content=named)
    return Reply.of([]) if asks(request, HISTORY) else forward()


@odd("SAME-01", "SAME-13")
def supersteps_ignored(request: Request, forward: Forward) -> Reply:
    """A thread that is created with supersteps stays empty."""
    if not asks(request, "POST /threads"):
        return forward()
    body = {key: value for key, value in request.body.items() if key != "supersteps"}
    return forward(content=json.dumps(body).encode())


@odd("SAME-11", "SAME-13")
def threads_begin_with_a_checkpoint(request: Request, forward: Forward) -> Reply:
    """A thread that never ran has a checkpoint."""
    thread = forward()
    if asks(request, "POST /threads") and not request.body.get("supersteps"):
        first = json.dumps({"values": {}, "as_node": "__start__"}).encode()
        forward(target=f"/threads/{thread.body['thread_id']}/state", content=first)
    return thread


_reads: Counter[str] = Counter()


@odd("SAME-01", "SAME-04")
def history_fails_once(request: Request, forward: Forward) -> Reply:
    """The second read of a thread's history fails with 500."""
    if asks(request, HISTORY):
        _reads[request.path] += 1
    return refusal(500, "try again") if _reads[request.path] == 2 else forward()
