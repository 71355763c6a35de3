"""Deleting one of several threads that share a history."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from pytest_threadcopy.contract.steps.copies_mid_run import comes_to_rest
from pytest_threadcopy.contract.steps.reading import together
from pytest_threadcopy.contract.steps.source_kinds import ROLES, source_after_a_run
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.roles import Role
from pytest_threadcopy.deployment.sources import Sources
from pytest_threadcopy.schemas import Json

_RESUMED = {"interrupting", "parallel"}


def delete_one_of_each_role(steps: Steps, sources: Sources, side: Literal["source", "copy"]) -> None:
    """Assert that, for each role that an assistant plays, deleting one side leaves the other as it was."""
    names = [name for name in ROLES if sources.plays(name)]
    if names:
        together(*(partial(_delete_one_of_a_role, steps, sources, name, side) for name in names))


def _delete_one_of_a_role(steps: Steps, sources: Sources, name: str, side: str) -> None:
    with steps.where_shown(f"deleting one of two threads of the role {name}"):
        source = source_after_a_run(steps, sources, name)
        deleted_id, other_id = source.thread_id, steps.copy(source.thread_id)
        if side == "copy":
            deleted_id, other_id = other_id, deleted_id
        if name in _RESUMED:
            steps.must_wait(source)
        like = partial(source_after_a_run, steps, sources, name)
        delete_one(steps, deleted_id, keep=[other_id], like=lambda: like().thread_id)
        if name in _RESUMED:
            _assert_resumes(steps, source.role, other_id, deleted_id)


def delete_one(
    steps: Steps, thread_id: str, *, keep: Sequence[str], like: Callable[[], str] | None = None
) -> str:
    """Delete a thread, and assert that the threads ``keep`` are as before; return the deletion in words.

    ``like`` means the same as in `unaffected`.
    """
    for other_id in keep:
        comes_to_rest(steps, other_id)
    before = [steps.observation(other_id) for other_id in keep]
    steps.delete(thread_id)
    for other_id, observation in zip(keep, before, strict=True):
        steps.unaffected(other_id, observation, "deleting thread", thread_id, like=like)
    return f"deleting thread {thread_id}"


def _assert_resumes(steps: Steps, role: Role, thread_id: str, deleted_id: str) -> None:
    """Assert that a thread resumes to the same result as a thread that nobody copied."""
    resume: Json = {"command": {"resume": role.resume}}
    repeat = steps.turns(role, {"input": role.input}, resume)
    on_new, resumed = together(
        lambda: repeat(steps.new_thread(role.assistant_id)), lambda: steps.run(thread_id, role, **resume)
    )
    what = f"thread {thread_id}, resumed after deleting thread {deleted_id},"
    like = "a thread that nobody copied"
    steps.same_result(on_new, resumed, role, deleted_id, what=what, like=like, repeat=repeat)
