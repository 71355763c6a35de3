"""An error says what is wrong by its fields: the steps of its explanation follow them, and never its text."""

import pytest

from pytest_threadcopy.api.client import RunFailed
from pytest_threadcopy.reproduction.evidence.evidence import Evidence
from pytest_threadcopy.reproduction.evidence.slicing import slice_of
from pytest_threadcopy.reproduction.explain import explain
from pytest_threadcopy.reproduction.violation import AFTER_THE_SAME, Compared, Violation, expect
from pytest_threadcopy.wire.transport import ApiError
from tests.unit.reproduction.test_record import COPY, OTHER, SOURCE, Asked, differing, state


@pytest.fixture
def asked() -> Asked:
    """A source with two copies, each of which was read."""
    asked = Asked()
    asked.create(SOURCE)
    for copy_id in (COPY, OTHER):
        asked.copy(SOURCE, copy_id)
        asked.read(copy_id, 2)
    asked.read(SOURCE, 1)
    return asked


def _reads(asked: Asked, error: BaseException) -> set[str]:
    """Return the threads whose reads the explanation of an error shows."""
    steps = explain(asked.record, error).steps
    return {step.split()[5].rstrip(":") for step in steps if step.startswith("read the history")}


def test_a_violation_is_about_its_threads_and_their_sources(asked: Asked) -> None:
    assert _reads(asked, Violation("wrong", COPY)) == {COPY, SOURCE}


def test_a_text_that_names_a_thread_says_nothing(asked: Asked) -> None:
    named = explain(asked.record, AssertionError(f"{COPY} is wrong, its thread object too"))
    unnamed = explain(asked.record, AssertionError("wrong"))
    assert named.steps == unnamed.steps


def test_a_cause_says_what_is_wrong_too(asked: Asked) -> None:
    error = Violation("the copy has other data")
    error.__cause__ = differing(1, 2)
    assert _reads(asked, error) == {COPY, SOURCE}


def test_a_failed_run_names_its_thread(asked: Asked) -> None:
    assert _reads(asked, RunFailed(OTHER, "out of memory")) == {OTHER, SOURCE}


def test_a_thread_that_no_copy_touches_shows_nothing(asked: Asked) -> None:
    fresh = "55555555-0000-4000-8000-000000000000"
    asked.create(fresh)
    asked.read(fresh, 3)
    assert _reads(asked, Violation("wrong", COPY, fresh)) == {COPY, SOURCE}


def test_what_was_done_to_another_thread_is_done_again() -> None:
    asked = Asked()
    asked.create(SOURCE)
    asked.copy(SOURCE, COPY)
    asked.read(COPY, 1)
    asked.ask("DELETE", f"/threads/{SOURCE}", None, status=204)
    asked.read(COPY, 2)
    deletion = f"deleted {SOURCE}: 204"
    assert deletion in explain(asked.record, Violation("wrong", COPY, SOURCE)).steps


def test_an_answer_is_found_by_its_method_target_and_status(asked: Asked) -> None:
    for what in ("state", "runs"):
        asked.ask("GET", f"/threads/{SOURCE}/{what}", {"detail": "no"}, status=500)
    path = f"/threads/{SOURCE}/runs"
    error = ApiError("GET", f"http://deployment.example{path}", 500, "no", target=path)
    text = "\n".join(explain(asked.record, Violation("the runs cannot be listed", error)).steps)
    assert f"listed the runs of {SOURCE}: 500" in text
    assert "read the state" not in text


def test_the_reason_of_an_expectation_is_its_message_alone() -> None:
    with pytest.raises(Violation) as caught:
        expect([] == [1], "two lists differ", COPY)
    assert str(caught.value) == "two lists differ"
    assert caught.value.thread_ids == [COPY]


def test_reads_that_were_compared_over_time_are_the_first_since_then_and_the_last(asked: Asked) -> None:
    for value in (1, 2, 3, 4):
        asked.read(SOURCE, value)
    began = next(one.started for one in asked.record.exchanges()[1] if one.value == [state(SOURCE, 2)])
    (pair,) = _evidence(asked, Compared(SOURCE, SOURCE, None, since=began))
    assert [one.value[0]["values"] for one in pair.exchanges] == [2, 4]


def test_counts_of_all_threads_are_compared_with_the_failed_copies_between(asked: Asked) -> None:
    for number in (7, 9):
        asked.ask("POST", "/threads/count", number, {"metadata": {}})
        asked.ask("POST", f"/threads/{OTHER}/copy", {"detail": "no"}, status=404)
    (pair,) = _evidence(asked, Compared(None, None, None))
    assert [one.value for one in pair.exchanges] == [7, 9]
    assert len(pair.between) == 1


def test_of_a_longer_history_the_compared_checkpoints_alone_are_shown(asked: Asked) -> None:
    asked.read(SOURCE, 5, 1)
    (pair,) = _evidence(asked, Compared(SOURCE, COPY, length=1))
    assert (pair.view.kind, pair.view.length) == ("tail", 1)


def test_answers_that_are_equal_in_what_was_compared_are_shown_one_by_one(asked: Asked) -> None:
    asked.read(SOURCE, 2)
    shown = _evidence(asked, Compared(OTHER, COPY, AFTER_THE_SAME))
    assert {len(one.exchanges) for one in shown} == {1}


def _evidence(asked: Asked, compared: Compared) -> list[Evidence]:
    return slice_of(*asked.record.exchanges(), Violation("wrong", compared)).evidence
