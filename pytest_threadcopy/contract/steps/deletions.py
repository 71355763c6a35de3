"""Deleting one of the threads that have a history in common."""

from collections.abc import Callable, Sequence
from functools import partial

from pytest_threadcopy.contract.steps.copies_mid_run import comes_to_rest
from pytest_threadcopy.contract.steps.reading import together
from pytest_threadcopy.contract.steps.source_kinds import ROLES, ran
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.roles import Role
from pytest_threadcopy.deployment.sources import Sources
from pytest_threadcopy.schemas import Json

_RESUMED = {"interrupting", "parallel"}

Sides = Callable[[str, str], tuple[str, str]]
"""Given a source and its copy: the one to delete, and the one to keep."""


def the_source(source_id: str, copy_id: str) -> tuple[str, str]:
    """Delete the source, and keep the copy."""
    return source_id, copy_id


def the_copy(source_id: str, copy_id: str) -> tuple[str, str]:
    """Delete the copy, and keep the source."""
    return copy_id, source_id


def delete_one_of_each_shape(steps: Steps, sources: Sources, sides: Sides) -> None:
    """Assert that a thread of each shape that is to be had outlives the one it shares its history with."""
    shapes = [name for name in ROLES if sources.plays(name)]
    if shapes:
        together(*(partial(_delete_one_of_a_shape, steps, sources, name, sides) for name in shapes))


def _delete_one_of_a_shape(steps: Steps, sources: Sources, name: str, sides: Sides) -> None:
    with steps.where_shown(f"deleting one of two threads of the role {name}"):
        source = ran(steps, sources, name)
        delete, keep = sides(source.thread_id, steps.copy(source.thread_id))
        if name in _RESUMED:
            steps.must_wait(source)
        another = partial(ran, steps, sources, name)
        what = delete_one(steps, delete, keep=[keep], like=lambda: another().thread_id)
        if name in _RESUMED:
            _resume(steps, source.role, keep, what)


def delete_one(
    steps: Steps, thread_id: str, *, keep: Sequence[str], like: Callable[[], str] | None = None
) -> str:
    """Delete a thread, and assert that others are as they were; return in words what was done.

    ``like`` makes a thread of the same kind, that nobody copied.
    """
    for each in keep:
        comes_to_rest(steps, each)
    before = [steps.observation(each) for each in keep]
    steps.delete(thread_id)
    what = f"deleting thread {thread_id}"
    for each, observation in zip(keep, before, strict=True):
        steps.unaffected(each, observation, what, like=like)
    return what


def _resume(steps: Steps, role: Role, thread_id: str, what: str) -> None:
    """Assert that a thread still resumes, as one does that nobody copied."""
    turns: list[Json] = [{"input": role.input}, {"command": {"resume": role.resume}}]
    own, resumed = together(
        lambda: steps.turns(role, *turns)(steps.fresh(role.assistant_id)),
        lambda: steps.run(thread_id, role, **turns[-1]),
    )
    steps.same_ending(
        own,
        resumed,
        role,
        what=f"thread {thread_id}, resumed after {what},",
        like="a thread that nobody copied",
        repeat=steps.turns(role, *turns),
    )
