"""Faults that one answer of many shows are caught too. A layer before a faithful server adds them."""

import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.lab.faults.identities import USER
from tests.lab.faults.matrix import run_contract
from tests.lab.hostile.wire import Reply, Request, ask, serving
from tests.lab.odd.oddity import HISTORY, Forward, asks
from tests.lab.odd.refusals import threads_say_what_their_state_says

_THREAD = r"GET /threads/[^/]+"
_COPY = r"POST /threads/[^/]+/copy"
_COUNT = "POST /threads/count"


class Layer:
    """A layer before a server; it knows which threads are copies."""

    def __init__(self) -> None:
        self.copies: set[str] = set()
        self.being_copied = ""
        self.refused = 0
        self.patched: dict[str, object] = {}

    def pass_on(self, request: Request, forward: Forward) -> Reply:
        """Return the server's answer, and note a new copy."""
        reply = forward()
        if asks(request, _COPY) and reply.status == 200:
            self.copies.add(reply.body["thread_id"])
        return reply

    def is_about_a_copy(self, request: Request) -> bool:
        return request.path.split("/")[2] in self.copies


def copies_at_once_are_crossed(layer: Layer, request: Request, forward: Forward) -> Reply:
    """If two threads are copied at once, both copies are of the second thread."""
    if not asks(request, _COPY):
        return forward()
    layer.being_copied = request.path
    time.sleep(0.05)
    return forward(target=layer.being_copied)


def patch_of_a_copy_replaces(layer: Layer, request: Request, forward: Forward) -> Reply:
    """A patch of a copy's metadata replaces all of its metadata."""
    reply = layer.pass_on(request, forward)
    if request.method == "PATCH" and layer.is_about_a_copy(request):
        layer.patched[request.path] = request.body["metadata"]
    if not asks(request, _THREAD) or request.path not in layer.patched:
        return reply
    return Reply.of({**reply.body, "metadata": layer.patched[request.path]})


def copy_answers_other_metadata(layer: Layer, request: Request, forward: Forward) -> Reply:
    """The answer to a copy names another graph than the copy's thread object."""
    reply = layer.pass_on(request, forward)
    is_copied = asks(request, _COPY) and reply.status == 200
    return Reply.of({**reply.body, "metadata": {"graph_id": "another"}}) if is_copied else reply


def copies_are_kept_for_a_minute(layer: Layer, request: Request, forward: Forward) -> Reply:
    """The server keeps threads for an hour, and copies for a minute."""
    reply = layer.pass_on(request, lambda **changed: threads_say_what_their_state_says(request, forward))
    if not asks(request, _THREAD) or reply.status != 200:
        return reply
    minutes = 1 if layer.is_about_a_copy(request) else 60
    ttl = {"strategy": "delete", "ttl_minutes": minutes, "expires_at": f"2026-11-22T10:{minutes - 1}:00Z"}
    return Reply.of({**reply.body, "ttl": ttl})


def state_by_id_lacks_interrupted_tasks(layer: Layer, request: Request, forward: Forward) -> Reply:
    """A copy's checkpoint that waits at an interrupt has no tasks if it is read by its id."""
    reply = layer.pass_on(request, forward)
    by_id = asks(request, r"GET /threads/[^/]+/state/.+") and layer.is_about_a_copy(request)
    waits = by_id and reply.status == 200 and any(task["interrupts"] for task in reply.body["tasks"])
    return Reply.of({**reply.body, "tasks": []}) if waits else reply


def copies_by_the_second_lack_a_checkpoint(layer: Layer, request: Request, forward: Forward) -> Reply:
    """The second user gets copies without the oldest checkpoint."""
    is_second = request.headers.get(USER, "").endswith("second")
    reply = layer.pass_on(request, forward) if is_second else forward()
    spoiled = asks(request, HISTORY) and layer.is_about_a_copy(request) and reply.status == 200
    return Reply.of(reply.body[:-1]) if spoiled else reply


def every_fourth_refused_copy_leaves_a_thread(layer: Layer, request: Request, forward: Forward) -> Reply:
    """Every fourth refused copy leaves a thread behind."""
    reply = forward()
    layer.refused += asks(request, _COPY) and reply.status >= 400
    if asks(request, _COUNT) and not request.body.get("metadata"):
        return Reply.of(reply.body + layer.refused // 4)
    return reply


@pytest.mark.parametrize(
    ("fault", "row", "says"),
    [
        (copies_at_once_are_crossed, "NEW-03", "the histories differ"),
        (patch_of_a_copy_replaces, "NEW-06", "once both are patched"),
        (copy_answers_other_metadata, "NEW-07", "the answer to the copy differs from"),
        (copies_are_kept_for_a_minute, "NEW-07", "is not kept for as long as its source"),
        (state_by_id_lacks_interrupted_tasks, "SAME-10", "tasks"),
        (copies_by_the_second_lack_a_checkpoint, "ROB-12", "missing from the copy"),
        (every_fourth_refused_copy_leaves_a_thread, "ROB-01", "leave threads behind"),
        (every_fourth_refused_copy_leaves_a_thread, "ROB-07", "leave threads behind"),
    ],
)
def test_a_small_fault_is_caught(
    faithful_url: str, fault: Callable[[Layer, Request, Forward], Reply], row: str, says: str
) -> None:
    host, layer = urlsplit(faithful_url).netloc, Layer()

    def answer(request: Request) -> None:
        def forward(target: str = request.target, content: bytes = request.content) -> Reply:
            return ask(host, request.method, target, content)

        request.answer(fault(layer, request, forward))

    with serving(answer) as server:
        findings = run_contract(f"http://127.0.0.1:{server.port}", select=row)
    assert findings.outcomes[row] in ("violated", "deviated"), findings.reasons
    assert says in findings.reasons[row]
