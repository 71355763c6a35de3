"""Faults of the server's answers about a copy. The copy itself is correct."""

from collections.abc import Callable

from tests.lab.faults.copied import Json
from tests.lab.faults.exchange import COPY, HISTORY, STATE, THREAD, Answer, Exchange
from tests.lab.faults.fault import response


@response(COPY, "NEW-01", "with an empty body")
def copy_answers_nothing(answer: Answer, exchange: Exchange) -> Answer:
    """Copy answers 200 with an empty body."""
    return Answer(200, b"")


@response(COPY, "NEW-01", "with an empty body")
def copy_answers_null(answer: Answer, exchange: Exchange) -> Answer:
    """Copy answers 200 with null."""
    return answer.saying(None)


@response(COPY, "NEW-01", "no thread object")
def copy_answers_a_bare_id(answer: Answer, exchange: Exchange) -> Answer:
    """Copy answers 200 with the id of the copy alone, as a string."""
    return answer.saying(answer.body["thread_id"])


@response(COPY, "NEW-01", "no thread object")
def copy_answers_a_list(answer: Answer, exchange: Exchange) -> Answer:
    """Copy answers 200 with the thread in a list."""
    return answer.saying([answer.body])


@response(COPY, "NEW-01", "the source's own thread_id")
def copy_answers_its_source(answer: Answer, exchange: Exchange) -> Answer:
    """Copy answers 200 with the source's own thread object."""
    return answer.saying({**answer.body, "thread_id": exchange.thread_id})


@response(COPY, "NEW-01", "has no thread_id")
def copy_answers_without_an_id(answer: Answer, exchange: Exchange) -> Answer:
    """Copy answers 200 with a thread object that has no thread_id."""
    return answer.saying({key: value for key, value in answer.body.items() if key != "thread_id"})


@response(COPY, "NEW-01", "no JSON")
def copy_answers_html(answer: Answer, exchange: Exchange) -> Answer:
    """Copy answers 200 with a page in HTML."""
    return Answer(200, b"<!doctype html><title>Copied</title>", "text/html")


@response(COPY, "NEW-01", "no JSON")
def copy_answers_half(answer: Answer, exchange: Exchange) -> Answer:
    """Copy answers 200 with JSON that breaks off."""
    return Answer(200, answer.content[: len(answer.content) // 2])


@response(COPY, "NEW-01", "answered 202")
def copy_answers_202(answer: Answer, exchange: Exchange) -> Answer:
    """Copy answers 202, and names nothing to poll."""
    return Answer.of({"status": "accepted"}, 202)


@response(COPY, "NEW-01", "answered 404")
def copy_answers_an_unknown_id(answer: Answer, exchange: Exchange) -> Answer:
    """Copy answers with the id of a thread that does not exist."""
    return answer.saying({**answer.body, "thread_id": "00000000-0000-4000-8000-000000000000"})


@response(COPY, "NEW-02", "copy answered 201")
def copy_answers_201(answer: Answer, exchange: Exchange) -> Answer:
    """Copy answers 201."""
    return Answer(201, answer.content)


def _each_state(answer: Answer, edit: Callable[[Json], object]) -> Answer:
    """Change the state, or each state of the history, that an answer holds."""
    body = answer.body
    for state in body if isinstance(body, list) else [body]:
        edit(state)
    return answer.saying(body)


@response(THREAD, "NEW-04", "the source's id")
def thread_keeps_source_id(answer: Answer, exchange: Exchange) -> Answer:
    """The copy's thread object holds the source's id in its metadata."""
    thread = answer.body
    return answer.saying({**thread, "metadata": {**thread["metadata"], "thread_id": exchange.source_id}})


@response(COPY, "NEW-04", "the answer to the copy")
def answer_keeps_source_id(answer: Answer, exchange: Exchange) -> Answer:
    """The answer to the copy holds the source's id in its config."""
    config = {"configurable": {"thread_id": exchange.thread_id}}
    return answer.saying({**answer.body, "config": config})


@response(HISTORY, "NEW-04", "metadata.thread_id")
def checkpoint_metadata_keeps_source_id(answer: Answer, exchange: Exchange) -> Answer:
    """The metadata of the copy's checkpoints holds the source's id."""
    return _each_state(answer, lambda state: state["metadata"].update(thread_id=exchange.source_id))


@response(STATE, "NEW-04", "checkpoint.thread_id")
def state_keeps_source_id(answer: Answer, exchange: Exchange) -> Answer:
    """The copy's state says that its checkpoint belongs to the source."""
    return _each_state(answer, lambda state: state["checkpoint"].update(thread_id=exchange.source_id))


@response(STATE, "NEW-04", "tasks[0].state.")
def subgraph_state_keeps_source_id(answer: Answer, exchange: Exchange) -> Answer:
    """The state of a task that is a subgraph holds the source's id."""

    def edit(state: Json) -> None:
        for task in state["tasks"]:
            inner = (task.get("state") or {}).get("checkpoint")
            if inner:
                inner["thread_id"] = exchange.source_id

    return _each_state(answer, edit)


@response(HISTORY, "NEW-04", "tasks[0].checkpoint.thread_id")
def task_checkpoint_keeps_source_id(answer: Answer, exchange: Exchange) -> Answer:
    """A task of the copy that is a subgraph says that its checkpoints belong to the source."""

    def edit(state: Json) -> None:
        for task in state["tasks"]:
            if task.get("checkpoint"):
                task["checkpoint"]["thread_id"] = exchange.source_id

    return _each_state(answer, edit)


@response(STATE, "SAME-03", "values")
def state_with_subgraphs_lacks_values(answer: Answer, exchange: Exchange) -> Answer:
    """Read with subgraphs, the copy's state has no values, except at an interrupt or at the end."""
    state = answer.body
    if "subgraphs=true" not in exchange.query or not state["next"] or state["interrupts"]:
        return answer
    return _each_state(answer, lambda state: state.update(values={}))


@response(STATE, "SAME-10", "values")
def checkpoint_by_id_lacks_values(answer: Answer, exchange: Exchange) -> Answer:
    """A checkpoint of the copy has no values if it is read by its id."""
    if exchange.path.endswith("/state"):
        return answer
    return _each_state(answer, lambda state: state.update(values={}))


@response(HISTORY, "SAME-15", "tasks")
def history_by_post_lacks_tasks(answer: Answer, exchange: Exchange) -> Answer:
    """Read by POST, the copy's history has no tasks, except in subgraphs."""
    if exchange.method == "GET" or exchange.body.get("checkpoint"):
        return answer
    return _each_state(answer, lambda state: state.update(tasks=[]))


@response(STATE, "FORM-01", "next")
def next_is_null(answer: Answer, exchange: Exchange) -> Answer:
    """In the copy's state, next is null."""
    return _each_state(answer, lambda state: state.update(next=None))


@response(HISTORY, "FORM-01", "tasks")
def tasks_are_an_object(answer: Answer, exchange: Exchange) -> Answer:
    """In the copy's history, tasks are an object with ids as keys instead of a list."""
    return _each_state(
        answer, lambda state: state.update(tasks={task["id"]: task for task in state["tasks"]})
    )


@response(HISTORY, "FORM-01", "step")
def step_is_text(answer: Answer, exchange: Exchange) -> Answer:
    """In the copy's history, the step is text (JavaScript server)."""
    return _each_state(answer, lambda state: state["metadata"].update(step=str(state["metadata"]["step"])))
