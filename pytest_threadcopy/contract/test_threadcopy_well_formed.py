"""FORM: responses keep their schema."""

import pytest

from pytest_threadcopy.contract.steps import Steps
from pytest_threadcopy.schemas import assert_valid
from pytest_threadcopy.sources import Source, Sources

requirement = pytest.mark.threadcopy


@requirement("FORM-01", "MUST")
def test_form_01_responses_about_the_copy_are_valid(steps: Steps, plain: Source, sources: Sources) -> None:
    """The copy's response, thread, state and history are valid against the plugin's schemas.

    Source: openapi, corrected where faithful deployments differ from it (schemas/).
    """
    copied = [plain, sources.shared("nested")] if sources.plays("nested") else [plain]
    for source in copied:
        answer = steps.threads.copy(source.thread_id)
        assert_valid(answer, "thread")
        copy_id = answer["thread_id"]
        assert_valid(steps.threads.get(copy_id), "thread")
        for subgraphs in (False, True):
            assert_valid(steps.threads.get_state(copy_id, subgraphs=subgraphs), "thread_state")
        history = steps.history(copy_id)
        assert history, "the history of the copy is empty: nothing was validated"
        assert_valid(history, "history")
