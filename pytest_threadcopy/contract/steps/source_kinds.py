"""Source threads of every shape that is to be had, each made anew: nobody has read or copied them."""

from collections.abc import Callable, Mapping
from functools import partial

from pytest_threadcopy.contract.steps.odd_values import VALUES
from pytest_threadcopy.contract.steps.reading import together
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.sources import Source, Sources
from pytest_threadcopy.requirements import Untestable

ROLES = ("interrupting", "parallel", "nested", "failing", "configured")
"""Roles whose threads have what plain ones lack: interrupts, results of tasks, subgraphs, errors, config."""


def ran(steps: Steps, sources: Sources, name: str) -> Source:
    """Return a thread on which the assistant of a role ran once."""
    if name != "configured":
        return sources.take(name)
    source = sources.never_ran(sources.runnable(name))
    config = {"configurable": {"gate": True}}
    steps.run_source(source.thread_id, source.role, input=source.role.input, config=config)
    return source


def every_shape(steps: Steps, sources: Sources) -> dict[str, Callable[[], Source]]:
    """Return what makes a source of each shape, by what that is called."""
    of_roles = {
        f"a source of the role {name}": partial(ran, steps, sources, name)
        for name in ROLES
        if sources.plays(name)
    }
    return {
        **of_roles,
        "a forked source": partial(_forked, steps, sources),
        "a source of odd values and metadata": partial(_odd, steps, sources),
    }


def made_at_once(steps: Steps, ways: Mapping[str, Callable[[], Source]]) -> dict[str, Source]:
    """Make a source of each shape; one that is not to be had is left out, with a note."""
    made = {}

    def make(shape: str, way: Callable[[], Source]) -> None:
        with steps.where_shown(shape):
            made[shape] = way()

    together(*(partial(make, *each) for each in ways.items()))
    return made


def _forked(steps: Steps, sources: Sources) -> Source:
    source = sources.plain()
    history = steps.source_history(source.thread_id)
    if len(history) < 3:
        raise Untestable(f"the history of the source shows {len(history)} checkpoints: too few to fork from")
    steps.write(source.thread_id, source.role.input, at=history[-2])
    return source


def _odd(steps: Steps, sources: Sources) -> Source:
    short = {key: value for key, value in VALUES.items() if key != "long"}  # it is read many times
    source = sources.plain(values={"data": short})
    steps.annotate(source.thread_id, {"threadcopy_note": {"of": ["both"], "kept": [1, 2.5, True, None]}})
    return source
