"""An error says what is wrong by its fields: the steps of its explanation follow them, and never its text."""

import pytest

from pytest_threadcopy.api.client import RunFailed
from pytest_threadcopy.reproduction.evidence.evidence import Evidence
from pytest_threadcopy.reproduction.evidence.slicing import slice_of
from pytest_threadcopy.reproduction.explain import explain
from pytest_threadcopy.reproduction.violation import AFTER_THE_SAME, Compared, Violation, expect
from pytest_threadcopy.wire.transport import ApiError
from tests.unit.reproduction.test_record import COPY, OTHER, SOURCE, RecordedRequests, differing, state


@pytest.fixture
def requests() -> RecordedRequests:
    """A source with two copies, each of which was read."""
    requests = RecordedRequests()
    requests.create(SOURCE)
    for copy_id in (COPY, OTHER):
        requests.copy(SOURCE, copy_id)
        requests.read(copy_id, 2)
    requests.read(SOURCE, 1)
    return requests


def _reads(requests: RecordedRequests, error: BaseException) -> set[str]:
    """Return the threads whose reads the explanation of an error shows."""
    steps = explain(requests.record, error).steps
    return {step.split()[5].rstrip(":") for step in steps if step.startswith("read the history")}


def test_a_violation_is_about_its_threads_and_their_sources(requests: RecordedRequests) -> None:
    assert _reads(requests, Violation("wrong", COPY)) == {COPY, SOURCE}


def test_a_text_that_names_a_thread_says_nothing(requests: RecordedRequests) -> None:
    named = explain(requests.record, AssertionError(f"{COPY} is wrong, its thread object too"))
    unnamed = explain(requests.record, AssertionError("wrong"))
    assert named.steps == unnamed.steps


def test_a_cause_says_what_is_wrong_too(requests: RecordedRequests) -> None:
    error = Violation("the copy has other data")
    error.__cause__ = differing(1, 2)
    assert _reads(requests, error) == {COPY, SOURCE}


def test_a_failed_run_names_its_thread(requests: RecordedRequests) -> None:
    assert _reads(requests, RunFailed(OTHER, "out of memory")) == {OTHER, SOURCE}


def test_reads_of_a_thread_that_is_neither_copy_nor_source_are_left_out(requests: RecordedRequests) -> None:
    fresh = "55555555-0000-4000-8000-000000000000"
    requests.create(fresh)
    requests.read(fresh, 3)
    assert _reads(requests, Violation("wrong", COPY, fresh)) == {COPY, SOURCE}


def test_the_deletion_of_the_source_is_a_step() -> None:
    requests = RecordedRequests()
    requests.create(SOURCE)
    requests.copy(SOURCE, COPY)
    requests.read(COPY, 1)
    requests.add("DELETE", f"/threads/{SOURCE}", None, status=204)
    requests.read(COPY, 2)
    deletion = f"deleted {SOURCE}: 204"
    assert deletion in explain(requests.record, Violation("wrong", COPY, SOURCE)).steps


def test_an_answer_is_found_by_its_method_target_and_status(requests: RecordedRequests) -> None:
    for what in ("state", "runs"):
        requests.add("GET", f"/threads/{SOURCE}/{what}", {"detail": "no"}, status=500)
    path = f"/threads/{SOURCE}/runs"
    error = ApiError("GET", f"http://deployment.example{path}", 500, "no", target=path)
    text = "\n".join(explain(requests.record, Violation("the runs cannot be listed", error)).steps)
    assert f"listed the runs of {SOURCE}: 500" in text
    assert "read the state" not in text


def test_the_reason_of_an_expectation_is_its_message_alone() -> None:
    with pytest.raises(Violation) as caught:
        expect([] == [1], "two lists differ", COPY)
    assert str(caught.value) == "two lists differ"
    assert caught.value.thread_ids == [COPY]


def test_reads_that_were_compared_over_time_are_the_first_since_then_and_the_last(
    requests: RecordedRequests,
) -> None:
    for value in (1, 2, 3, 4):
        requests.read(SOURCE, value)
    began = next(one.started for one in requests.record.exchanges()[1] if one.value == [state(SOURCE, 2)])
    (pair,) = _evidence(requests, Compared(SOURCE, SOURCE, None, since=began))
    assert [one.value[0]["values"] for one in pair.exchanges] == [2, 4]


def test_counts_of_all_threads_are_compared_with_the_failed_copies_between(
    requests: RecordedRequests,
) -> None:
    for number in (7, 9):
        requests.add("POST", "/threads/count", number, {"metadata": {}})
        requests.add("POST", f"/threads/{OTHER}/copy", {"detail": "no"}, status=404)
    (pair,) = _evidence(requests, Compared(None, None, None))
    assert [one.value for one in pair.exchanges] == [7, 9]
    assert len(pair.between) == 1


def test_of_a_longer_history_the_compared_checkpoints_alone_are_shown(requests: RecordedRequests) -> None:
    requests.read(SOURCE, 5, 1)
    (pair,) = _evidence(requests, Compared(SOURCE, COPY, length=1))
    assert (pair.view.kind, pair.view.length) == ("tail", 1)


def test_answers_that_are_equal_in_what_was_compared_are_shown_one_by_one(requests: RecordedRequests) -> None:
    requests.read(SOURCE, 2)
    shown = _evidence(requests, Compared(OTHER, COPY, AFTER_THE_SAME))
    assert {len(one.exchanges) for one in shown} == {1}


def _evidence(requests: RecordedRequests, compared: Compared) -> list[Evidence]:
    return slice_of(*requests.record.exchanges(), Violation("wrong", compared)).evidence
