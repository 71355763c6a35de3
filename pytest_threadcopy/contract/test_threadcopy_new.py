"""NEW: the copy is a thread of its own."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from pytest_threadcopy.contract.steps import Steps
from pytest_threadcopy.difference import show_path
from pytest_threadcopy.sources import Source, Sources
from pytest_threadcopy.structural import structural_thread_ids

requirement = pytest.mark.threadcopy


@requirement("NEW-01", "MUST")
def test_new_01_copy_answers_with_a_thread_of_its_own(steps: Steps, plain: Source) -> None:
    """Copy answers 200 or 201 with a thread object of another id, and GET finds that thread.

    Source: guide, "creates a new thread".
    """
    answer = steps.threads.copy_answer(plain.thread_id)
    assert answer.status in (200, 201), str(answer.error())
    thread = answer.json()
    assert thread is not None, f"copy answered {answer.status} with an empty body, so nobody knows the copy"
    assert isinstance(thread, dict), str(answer.error(" with what is no thread object"))
    copy_id = thread.get("thread_id")
    assert isinstance(copy_id, str), str(answer.error(" with a thread that has no thread_id"))
    assert copy_id, str(answer.error(" with an empty thread_id"))
    assert copy_id != plain.thread_id, f"copy answered with the source's own thread_id {copy_id}"
    assert steps.threads.get(copy_id)["thread_id"] == copy_id


@requirement("NEW-02", "SHOULD")
def test_new_02_copy_answers_200(steps: Steps, plain: Source) -> None:
    """The code of a successful copy is 200.

    Source: openapi and protocol.
    """
    status = steps.threads.copy_answer(plain.thread_id).status
    assert status == 200, f"copy answered {status}"


@requirement("NEW-03", "MUST")
def test_new_03_twenty_copies_are_twenty_threads(steps: Steps, plain: Source) -> None:
    """Twenty copies of one thread, ten one after another and ten at once, are twenty whole threads.

    Source: guide, "creates a new thread".
    """
    copies = [steps.copy(plain.thread_id) for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        copies += pool.map(steps.copy, [plain.thread_id] * 10)
        assert len({plain.thread_id, *copies}) == 21, f"twenty copies share ids: {sorted(copies)}"
        for _ in pool.map(partial(steps.same_history, plain.thread_id), copies):
            pass


@requirement("NEW-04", "MUST")
def test_new_04_each_thread_id_is_the_copys_own(steps: Steps, plain: Source, sources: Sources) -> None:
    """In every response about the copy, each structural position holds the copy's id.

    Source: guide, "a new thread"; positions: contract.
    """
    copied = [plain, sources.shared("nested")] if sources.plays("nested") else [plain]
    for source in copied:
        answer = steps.threads.copy(source.thread_id)
        copy_id = answer["thread_id"]
        thread = steps.threads.get(copy_id)
        assert thread["thread_id"] == copy_id
        responses = {
            "the answer to the copy": answer,
            "the thread": thread,
            "the state": steps.threads.get_state(copy_id),
            "the state with subgraphs": steps.threads.get_state(copy_id, subgraphs=True),
        }
        history = steps.history(copy_id)
        assert history, "the history of the copy is empty"
        responses |= {f"history[{index}]": state for index, state in enumerate(history)}
        for where, response in responses.items():
            for path, thread_id in structural_thread_ids(response):
                whose = "the source's id" if thread_id == source.thread_id else repr(thread_id)
                assert thread_id == copy_id, f"{where} of copy {copy_id} holds {whose} at {show_path(path)}"
