"""``docs/contract.md``: every requirement, for people, and the faults that it is shown to catch.

``python -m tests.lab.contract_page`` writes it, from the contract's tests, ``tests/lab/faults`` and what
``docs/faults.md`` says of the whole matrix.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from pytest_threadcopy.requirements import GROUPS, Level, Requirement
from pytest_threadcopy.session.catalogue import read_catalogue
from tests.lab.faults.catalogue import FAULTS
from tests.lab.faults.page import read_page

PAGE = Path(__file__).parents[2] / "docs" / "contract.md"
COMMAND = "python -m tests.lab.contract_page"
_HEAD = f"""\
# The thread-copy contract

<!-- Written by `{COMMAND}` from the contract's tests. Change those, not this. -->

What "this deployment copies threads correctly" means, requirement by requirement. Each is one test in
`pytest_threadcopy/contract/`, whose docstring is the sentence below. `pytest --threadcopy-list` prints
them all, `-k CONT-` runs a group (with the dash), and `-k CONT-03` one.

## Where the requirements come from

- **guide**: LangGraph's how-to *Copying Threads*. It makes three promises: a copy is *a new thread*; it
  has *the same history as the existing thread*; one can *continue executing runs* on it, and those are
  *independent and do not affect the original thread*.
- **docs**: LangSmith's page *Use threads*: a copy is *an independent thread whose history is identical to
  the original thread at the time of the operation*.
- **openapi**: what a deployment publishes of itself at `/openapi.json`, and the reference server's.
- **protocol**: the Agent Protocol, which lists copying among its routes.

## Levels and outcomes

A **MUST** follows from a promise of guide or docs: a deployment that breaks one is *not conformant*, and
the run fails. A **SHOULD** is what openapi, protocol or a careful user expects beside them: a deployment
that breaks one *deviates*, which fails the run with `--threadcopy-strict` alone. A **MAY** informs, and
is treated as a SHOULD is.

Each requirement ends as one of these:

- *passed*: it was tested, and passes.
- *violated*: a MUST that was tested and fails.
- *deviated*: a SHOULD or MAY that was tested and fails.
- *waived*: violated or deviated, and listed with a reason in the waivers of the user.
- *stale waiver*: it passes although listed in the waivers; the run fails until the waiver is removed.
- *untestable*: the deployment, or what the user provided, gives no way to test it. The reason says what
  would. What was not tested never counts as passed: where it is a MUST, the verdict is *incomplete*.
- *error*: the deployment was unreachable or refused the credentials meanwhile, or the plugin has a bug.

Only a thread's own id may differ between a source and its copy, and only where a thread state has a place
for it, such as `checkpoint.thread_id`. Everything else is compared as it stands: checkpoint ids, parents,
namespaces, times, next nodes, values, tasks, interrupts, errors and metadata.

A requirement is worth what it catches. [faults.md](faults.md) tells of {len(FAULTS)} faults that were put
into a faithful server, one at a time, and of every requirement that caught each. Below, each requirement
names those that it is meant for.

## How many there are
"""


def render() -> str:
    """Return the page."""
    catalogue = read_catalogue()
    caught = Counter(id_ for _, _, ids in read_page().values() for id_ in ids)
    parts = [_HEAD, _counts(catalogue)]
    for group, rows in groupby(catalogue, key=lambda row: row.group):
        parts.append(f"## {group}: {GROUPS[group]}\n")
        for row in rows:
            parts += _section(row, caught[row.id])
    return "\n".join(parts)


def _counts(catalogue: list[Requirement]) -> str:
    lines = [["group", *Level], ["---"] * (1 + len(Level))]
    for group, title in GROUPS.items():
        levels = Counter(row.level for row in catalogue if row.group == group)
        lines.append([f"{group}: {title}", *(str(levels[level] or "") for level in Level)])
    totals = Counter(row.level for row in catalogue)
    lines.append([f"all {len(catalogue)}", *(str(totals[level]) for level in Level)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _section(row: Requirement, caught: int) -> Iterator[str]:
    """Yield the lines on a requirement, which catches so many faults, those meant for others too."""
    yield f"### {row.id}\n"
    yield f"**{row.level}**: {row.title}\n"
    yield f"Source: {row.source}. Faults caught: {caught}. Meant for it:\n"
    for fault in FAULTS.values():
        if fault.caught_by == row.id:
            yield f"- `{fault.name}`: {fault.sentence}"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
