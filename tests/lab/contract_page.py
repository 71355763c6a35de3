"""``docs/contract.md``: every requirement, and the faults that it catches.

``python -m tests.lab.contract_page`` writes it from the contract's tests, from ``tests/lab/faults`` and from
the matrix in ``docs/faults.md``.
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

This page says, requirement by requirement, what "this deployment copies threads correctly" means. Each
requirement is one test in `pytest_threadcopy/contract/`. The docstring of the test is the sentence below.
`pytest --threadcopy-list` prints all requirements, `-k CONT-` runs a group (with the dash), and
`-k CONT-03` runs one requirement.

## Where the requirements come from

- **guide**: LangGraph's how-to *Copying Threads*. It makes three promises: a copy is *a new thread*; the
  copy has *the same history as the existing thread*; a user can *continue executing runs* on the copy, and
  these runs are *independent and do not affect the original thread*.
- **docs**: LangSmith's page *Use threads*: a copy is *an independent thread whose history is identical to
  the original thread at the time of the operation*.
- **openapi**: the document that a deployment publishes at `/openapi.json`, and that of the reference server.
- **protocol**: the Agent Protocol, which lists copying among its routes.

## Levels and outcomes

A **MUST** follows from a promise of guide or docs. If a MUST fails, the deployment is *not conformant*, and
the run fails. A **SHOULD** follows from openapi or protocol, or from what a careful user expects. If a
SHOULD fails, the deployment *deviates*, and the run fails only with `--threadcopy-strict`. A **MAY** gives
information. It has the same effect as a SHOULD.

Each requirement has one of these outcomes:

- *passed*: it was tested, and passes.
- *violated*: a MUST that was tested and fails.
- *deviated*: a SHOULD or MAY that was tested and fails.
- *waived*: violated or deviated, and listed with a reason in the waivers of the user.
- *stale waiver*: it passes although listed in the waivers; the run fails until the waiver is removed.
- *untestable*: it was not tested, because the deployment or the user's settings do not allow it. The reason
  says what the test needs. An untestable requirement never counts as passed: if it is a MUST, the verdict
  is *incomplete*.
- *error*: during the test the deployment was unreachable or refused the credentials, or the plugin has a
  bug.

Only a thread's own id may differ between a source and its copy, and only at the places of a thread state
that hold it, such as `checkpoint.thread_id`. Everything else must be identical: checkpoint ids, parents,
namespaces, times, next nodes, values, tasks, interrupts, errors and metadata.

A requirement is useful if it catches faults. For [faults.md](faults.md), {len(FAULTS)} faults were put into
a faithful server, one at a time. That page lists every requirement that caught each fault. Below, each
requirement lists the faults that it is meant to catch.

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
    """Yield the lines about a requirement; ``caught`` counts all faults that it catches."""
    yield f"### {row.id}\n"
    yield f"**{row.level}**: {row.title}\n"
    yield f"Source: {row.source}. Faults caught: {caught}. Meant to catch:\n"
    for fault in FAULTS.values():
        if fault.caught_by == row.id:
            yield f"- `{fault.name}`: {fault.sentence}"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
