"""Which exchanges a record stores, and which of them explain a failure."""

import json
from typing import Any

import pytest

from pytest_threadcopy.histories.comparison import HistoriesDiffer, compare_histories
from pytest_threadcopy.reproduction import explain as explaining
from pytest_threadcopy.reproduction.address import PublicAddress
from pytest_threadcopy.reproduction.explain import NO_STEPS, explain
from pytest_threadcopy.reproduction.record import Record
from pytest_threadcopy.reproduction.violation import Violation
from pytest_threadcopy.text.secrets import Redactor
from pytest_threadcopy.wire.decoding import DEEPEST
from pytest_threadcopy.wire.transport import ApiError

SOURCE, COPY, OTHER = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "123")
CHECKPOINT = "1f1e6921-c60c-6773-8003-9a67a572ff11"


class RecordedRequests:
    """A record of requests that were never sent; each method adds one."""

    def __init__(self, **address: Any) -> None:
        self.record = Record(PublicAddress("http://deployment.example", **address))
        self._clock = 0.0

    def add(
        self,
        method: str,
        path: str,
        answer: Any,
        body: Any = None,
        status: int = 200,
        *,
        streamed: bool = False,
    ) -> None:
        self._clock += 1.0
        self.record.noting("first")(
            method=method,
            path=path,
            params=None,
            content=None if body is None else json.dumps(body).encode(),
            status=status,
            answer=(answer if streamed else json.dumps(answer)).encode(),
            started=self._clock,
            ended=self._clock + 0.5,
            streamed=streamed,
        )

    def create(self, thread_id: str) -> None:
        self.add("POST", "/threads", {"thread_id": thread_id}, {"metadata": {"graph_id": "agent"}})

    def copy(self, thread_id: str, copy_id: str) -> None:
        self.add("POST", f"/threads/{thread_id}/copy", {"thread_id": copy_id})

    def read(self, thread_id: str, *values: Any) -> None:
        self.add("GET", f"/threads/{thread_id}/history", [state(thread_id, value) for value in values])


def state(thread_id: str, value: Any) -> dict[str, Any]:
    return {"values": value, "checkpoint": {"thread_id": thread_id, "checkpoint_id": CHECKPOINT}}


def differing(original: Any, copy: Any) -> HistoriesDiffer:
    return HistoriesDiffer(compare_histories([state(SOURCE, original)], [state(COPY, copy)]))


def refused(path: str, body: str = "") -> ApiError:
    return ApiError("POST", f"http://deployment.example{path}", 500, body, target=path)


@pytest.fixture
def requests() -> RecordedRequests:
    requests = RecordedRequests()
    requests.create(SOURCE)
    return requests


def test_steps_show_how_the_threads_were_made_and_read(requests: RecordedRequests) -> None:
    requests.copy(SOURCE, COPY)
    requests.read(COPY, 2)
    requests.read(SOURCE, 1)
    assert explain(requests.record, differing(1, 2)).steps == [
        f"created thread {SOURCE} of assistant agent: 200",
        f"copied {SOURCE} to {COPY}: 200",
        f"read the history (GET) of {COPY}: 1 checkpoint",
        f"read the history (GET) of {SOURCE}: 1 checkpoint",
    ]


def test_steps_show_a_thread_of_an_earlier_test(requests: RecordedRequests) -> None:
    requests.record.forget()
    requests.copy(SOURCE, COPY)
    requests.read(COPY, 2)
    requests.read(SOURCE, 1)
    assert explain(requests.record, differing(1, 2)).steps[0].startswith(f"created thread {SOURCE}")


def test_reads_of_an_earlier_test_are_forgotten(requests: RecordedRequests) -> None:
    requests.read(SOURCE, 1)
    requests.record.forget()
    assert explain(requests.record, AssertionError("wrong")).steps == []


def test_other_threads_are_left_out_and_other_copies_counted(requests: RecordedRequests) -> None:
    requests.create(OTHER)
    for number in range(5):
        requests.copy(SOURCE, f"4444444{number}-0000-4000-8000-000000000000")
    requests.copy(SOURCE, COPY)
    requests.read(COPY, 2)
    requests.read(SOURCE, 1)
    steps = explain(requests.record, differing(1, 2)).steps
    assert len(steps) == 5
    assert steps[-1] == f"(left out: 5 more copies of {SOURCE})"


def test_deleted_thread_is_forgotten_unless_a_copy_rests_on_it(requests: RecordedRequests) -> None:
    requests.create(OTHER)
    requests.copy(SOURCE, COPY)
    for thread in (SOURCE, OTHER):
        requests.add("DELETE", f"/threads/{thread}", None, status=204)
    requests.record.forget()
    requests.read(COPY, 2)
    text = "\n".join(explain(requests.record, Violation("wrong", COPY, OTHER)).steps)
    assert f"created thread {SOURCE}" in text
    assert OTHER not in text


def test_id_from_an_earlier_answer_is_taken_from_that_answer_again(requests: RecordedRequests) -> None:
    requests.copy(SOURCE, COPY)
    requests.read(COPY, 1)
    requests.add(
        "POST", f"/threads/{COPY}/state", {}, {"values": 2, "checkpoint": {"checkpoint_id": CHECKPOINT}}, 500
    )
    scripts = explain(requests.record, refused(f"/threads/{COPY}/state")).reproduction
    code = [line.strip() for script in scripts.values() for line in script.splitlines()]
    assert not any(CHECKPOINT in line for line in code if not line.startswith(("#", "//")))
    assert """CHECKPOINT_ID=$(pick '.[0]["checkpoint"]["checkpoint_id"]')""" in scripts["curl"]
    assert 'checkpoint_id = pick(answer, 0, "checkpoint", "checkpoint_id")' in scripts["python"]
    assert 'checkpointId = pick(answer, 0, "checkpoint", "checkpoint_id");' in scripts["javascript"]


def test_secrets_are_named_and_never_shown() -> None:
    requests = RecordedRequests(
        headers={"first": ["x-api-key", "X-Tenant"]},
        has_user_info=True,
        redact=lambda text: text.replace("s3cret", "***"),
    )
    requests.create(SOURCE)
    requests.add("POST", f"/threads/{SOURCE}/state", {"detail": "s3cret"}, {"values": "s3cret"}, 500)
    explanation = explain(requests.record, refused(f"/threads/{SOURCE}/state", "s3cret"))
    assert "s3cret" not in str(explanation)
    for script in explanation.reproduction.values():
        for variable in ("DEPLOYMENT_API_KEY", "DEPLOYMENT_X_TENANT", "DEPLOYMENT_USER_INFO"):
            assert variable in script


def test_our_tag_is_replaced() -> None:
    requests = RecordedRequests(tag="threadcopy_run")
    body = {"metadata": {"threadcopy_run": "0123456789abcdef"}}
    requests.add("POST", "/threads", {"detail": "no"}, body, 500)
    scripts = explain(requests.record, refused("/threads")).reproduction
    assert all("by hand" in script and "0123456789abcdef" not in script for script in scripts.values())


def test_key_is_never_cut(requests: RecordedRequests) -> None:
    key = "".join(map(str, range(1000)))
    requests.add("POST", f"/threads/{SOURCE}/state", {}, {"values": {key: 1}}, 500)
    scripts = explain(requests.record, refused(f"/threads/{SOURCE}/state")).reproduction
    assert all(key in script and "is cut here" not in script for script in scripts.values())


def test_deep_answers_are_compared(requests: RecordedRequests) -> None:
    deep: Any = 1
    for _ in range(DEEPEST - 20):
        deep = [deep]
    requests.copy(SOURCE, COPY)
    requests.read(COPY, 2)
    requests.read(SOURCE, deep)
    explanation = explain(requests.record, differing(deep, 2))
    assert len(explanation.steps) == 4
    assert explanation.reproduction


def test_hostile_id_in_a_comment_stays_on_its_line(requests: RecordedRequests) -> None:
    requests.add("POST", f"/threads/{SOURCE}/copy", {"thread_id": "x\nrm -rf ~\u2028\x1b[31m"})
    scripts = explain(requests.record, Violation("wrong", SOURCE)).reproduction
    for script in scripts.values():
        assert script.isascii()
        assert not any(line.startswith("rm ") for line in script.splitlines())


def test_a_body_that_begins_as_a_secret_does_is_explained() -> None:
    requests = RecordedRequests(redact=Redactor(["null-and-void"]))
    requests.create(SOURCE)
    path = f"/threads/{SOURCE}/copy"
    request: dict[str, Any] = {"method": "POST", "path": path, "params": None, "content": b"null"}
    requests.record.noting("first")(**request, status=500, answer=b"{}", started=9.0, ended=9.5)
    steps = explain(requests.record, refused(path)).steps
    assert steps[-1] == f"copied {SOURCE}, sending ***,: 500 {{}}"


def test_a_fault_of_the_explanation_does_not_hide_the_failure(
    requests: RecordedRequests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining, "slice_of", lambda *_: 1 / 0)
    (step,) = explain(requests.record, AssertionError("wrong")).steps
    assert step.startswith(f"({NO_STEPS}: ZeroDivisionError at test_record.py:")


def test_stream_is_read_by_the_sdk_although_its_numbers_may_be_rounded(requests: RecordedRequests) -> None:
    requests.copy(SOURCE, COPY)
    for thread, value in ((SOURCE, "1.0"), (COPY, "2.0")):
        answer = f'event: values\ndata: {{"x": {value}}}\n\n'
        requests.add("POST", f"/threads/{thread}/runs/stream", answer, {"assistant_id": "a"}, streamed=True)
    scripts = explain(requests.record, AssertionError("wrong")).reproduction
    assert scripts["python"].count("client.runs.stream(") == 2
    assert scripts["javascript"].count("client.runs.stream(") == 2


@pytest.mark.parametrize(
    "body",
    [
        {"supersteps": [{"updates": [{"values": {"text": f"item {n}"}, "as_node": "a"} for n in range(5)]}]},
        {"supersteps": None},
        {"": 1},
    ],
    ids=["many updates in a superstep", "supersteps that are null", "an empty key"],
)
def test_any_creation_is_explained(body: dict[str, Any]) -> None:
    requests = RecordedRequests(tag="tag")
    requests.add("POST", "/threads", {"thread_id": SOURCE}, body)
    requests.copy(SOURCE, COPY)
    requests.read(COPY, 2)
    requests.read(SOURCE, 1)
    assert explain(requests.record, differing(1, 2)).steps[0].startswith(f"created thread {SOURCE}")
