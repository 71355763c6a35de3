"""An oddity hides no fault: the contract fails on a deployment that is odd and faulty."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.lab.faults.matrix import run_contract
from tests.lab.hostile.wire import Reply, Request, ask, serving
from tests.lab.odd.oddity import THREAD, asks, refusal

_copies: set[str] = set()
_AS_ITS_SOURCE = {"thread_id": "the source's"}


def _note_copy(request: Request, reply: Reply) -> Reply:
    if request.path.endswith("/copy") and reply.status == 200:
        _copies.add(reply.body["thread_id"])
    return reply


def config_is_a_list(request: Request, reply: Reply) -> Reply:
    """The config of every thread object is a list."""
    is_thread = asks(request, THREAD) and reply.status == 200
    return Reply.of({**reply.body, "config": []}) if is_thread else reply


def status_of_copies_is_null(request: Request, reply: Reply) -> Reply:
    """Thread objects have no created_at, and those of copies have no status."""
    if not asks(request, THREAD) or reply.status != 200:
        return reply
    thread = {**reply.body, "created_at": None}
    return Reply.of({**thread, "status": None} if thread["thread_id"] in _copies else thread)


def no_subgraphs_and_another_id(request: Request, reply: Reply) -> Reply:
    """No state can be read with subgraphs, and the thread object of a copy names another thread."""
    if "subgraphs=" in request.target:
        return refusal(422, "subgraphs: unknown")
    is_copy = asks(request, r"GET /threads/[^/]+") and request.path.rpartition("/")[2] in _copies
    return Reply.of({**reply.body, "metadata": _AS_ITS_SOURCE}) if is_copy and reply.status == 200 else reply


@pytest.mark.parametrize(
    ("answer", "row", "says"),
    [
        (config_is_a_list, "FORM-01", "$.config: [] breaks type"),
        (status_of_copies_is_null, "FORM-01", "$.status: None breaks enum"),
        (no_subgraphs_and_another_id, "NEW-04", '"the source\'s" at metadata.thread_id'),
    ],
)
def test_the_fault_of_an_odd_deployment_is_caught(
    faithful_url: str, answer: Callable[[Request, Reply], Reply], row: str, says: str
) -> None:
    host = urlsplit(faithful_url).netloc

    def serve(request: Request) -> None:
        reply = ask(host, request.method, request.target, request.content)
        request.answer(answer(request, _note_copy(request, reply)))

    with serving(serve) as server:
        findings = run_contract(f"http://127.0.0.1:{server.port}", select=row)
    assert findings.outcomes == {row: "violated"}
    assert says in findings.reasons[row]
