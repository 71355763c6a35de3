"""Source threads of every kind that the deployment can make. Each is new: nothing has read or copied it."""

from collections.abc import Callable, Mapping
from functools import partial

from pytest_threadcopy.contract.steps.odd_values import VALUES
from pytest_threadcopy.contract.steps.reading import together
from pytest_threadcopy.contract.steps.steps import Steps
from pytest_threadcopy.deployment.sources import Source, Sources
from pytest_threadcopy.requirements import Untestable

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
    of_roles = {
        f"a source of the role {name}": partial(source_after_a_run, steps, sources, name)
        for name in ROLES
        if sources.plays(name)
    }
    return {
        **of_roles,
        "a forked source": partial(_forked, steps, sources),
        "a source of odd values and metadata": partial(_odd, steps, sources),
    }


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
    history = steps.source_history(source.thread_id)
    if len(history) < 3:
        raise Untestable(f"the history of the source shows {len(history)} checkpoints: too few to fork from")
    steps.write(source.thread_id, source.role.input, at=history[-2])
    return source


def _odd(steps: Steps, sources: Sources) -> Source:
    short = {key: value for key, value in VALUES.items() if key != "long"}  # the test reads it many times
    source = sources.plain(values={"data": short})
    steps.annotate(source.thread_id, {"threadcopy_note": {"of": ["both"], "kept": [1, 2.5, True, None]}})
    return source
