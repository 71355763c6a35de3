"""Source threads of every kind that the deployment can make. Each is new: nothing has read or copied it."""

from collections.abc import Callable, Mapping
from functools import partial

from pytest_threadcopy.contract.steps.odd_values import VALUES
from pytest_threadcopy.contract.steps.reading import state_to_fork_from, together
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.sources import Source, Sources

ROLES = ("interrupting", "parallel", "nested", "failing", "configured")
"""Roles whose threads have what plain ones lack: interrupts, results of tasks, subgraphs, errors, config."""

Make = Callable[[], Source]


def source_after_a_run(steps: Steps, sources: Sources, role_name: str) -> Source:
    """Return a thread on which the assistant of a role ran once."""
    if role_name != "configured":
        return sources.take(role_name)
    source = sources.never_ran(sources.runnable(role_name))
    config = {"configurable": {"gate": True}}
    steps.run_source(source.thread_id, source.role, input=source.role.input, config=config)
    return source


def source_kinds(steps: Steps, sources: Sources) -> dict[str, Make]:
    """Return the name of each kind of source, with a function that makes one."""
    kinds: dict[str, Make] = {
        f"a source of the role {name}": partial(source_after_a_run, steps, sources, name)
        for name in ROLES
        if sources.plays(name)
    }
    kinds["a forked source"] = partial(_forked, steps, sources)
    kinds["a source of odd values and metadata"] = partial(_odd, steps, sources)
    return kinds


def make_each(steps: Steps, kinds: Mapping[str, Make]) -> dict[str, Source]:
    """Make a source of each kind, all at once. A kind that cannot be made is left out, with a note."""
    made = {}

    def make(kind: str, make_source: Make) -> None:
        with steps.where_shown(kind):
            made[kind] = make_source()

    together(*(partial(make, *kind) for kind in kinds.items()))
    return made


def _forked(steps: Steps, sources: Sources) -> Source:
    source = sources.plain()
    older = state_to_fork_from(steps.source_history(source.thread_id))
    steps.write(source.thread_id, source.role.input, at=older)
    return source


def _odd(steps: Steps, sources: Sources) -> Source:
    short = {key: value for key, value in VALUES.items() if key != "long"}  # the test reads it many times
    source = sources.plain(values={"data": short})
    steps.annotate(source.thread_id, {"threadcopy_note": {"of": ["both"], "kept": [1, 2.5, True, None]}})
    return source
