"""``docs/deployments.md``: the recorded result of each deployment, and an explanation of each failure."""

import re
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pytest_threadcopy.config.waivers import Waiver
from pytest_threadcopy.requirements import Level, Outcome, Requirement
from pytest_threadcopy.session.catalogue import read_catalogue
from tests.lab.deployments.findings import FAILED, Finding, explanations, recorded
from tests.lab.deployments.servers import DEPLOYMENTS, HERE, Deployment

PAGE = HERE.parents[2] / "docs" / "deployments.md"
COMMAND = "python -m tests.lab.deployments.page"
INTRODUCTION = f"""\
# What the contract finds on real deployments

<!-- Written by `{COMMAND}` from tests/lab/deployments. Change those, not this. -->

The project's own tests start each of these deployments from its published package and run the whole contract
on it. They fail if the outcome of a requirement is not the one that is recorded here. Each failure below has
commands that reproduce it: put the address of the deployment into `URL`, and paste them. Each deployment
serves the graphs of [the kit](kit.md).
"""
# The capabilities in the table, and their column headings.
_CAPABILITIES = {
    "history.method": "history is read by",
    "history.page": "longest page",
    "history.before": "next page asked for by",
    "sources": "threads get a history",
    "update_state": "`POST /state`",
    "subgraph_state": "subgraph state",
    "search": "search",
    "streaming": "streaming",
    "stop_before_nodes": "`interrupt_before`",
    "stable_reads": "two reads say the same",
}
_WORDS = {True: "yes", False: "no", None: "not asked"}


def render() -> str:
    """Return the page."""
    findings = [(deployment, recorded(deployment.name)) for deployment in DEPLOYMENTS]
    rows = {row.id: row for row in read_catalogue()}
    explained_on: dict[Waiver, Deployment] = {}
    parts = [INTRODUCTION, _summary(findings, rows), _capabilities(findings)]
    parts += ["\n".join(_section(*one, rows, explained_on)) for one in findings]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts).rstrip("\n") + "\n")


def write_page() -> None:
    """Write the page."""
    PAGE.write_text(render(), encoding="utf-8")


def _summary(findings: list[tuple[Deployment, Finding]], rows: dict[str, Requirement]) -> str:
    lines = [["deployment", "verdict", *Level]]
    for deployment, finding in findings:
        cells = []
        for level in Level:
            own = (outcome for id_, outcome in finding.outcomes.items() if rows[id_].level is level)
            counts = Counter(own)
            cells.append(", ".join(f"{counts[one]} {one}" for one in Outcome if counts[one]))
        link = f"[{deployment.title}](#{_anchor(deployment.title)})"
        lines.append([link, finding.verdict.replace("-", " "), *cells])
    return _table(lines)


def _capabilities(findings: list[tuple[Deployment, Finding]]) -> str:
    lines = [["deployment", *_CAPABILITIES.values()]]
    for deployment, finding in findings:
        lines.append([deployment.title, *(_cell(finding.capabilities, key) for key in _CAPABILITIES)])
    return "## What each can do\n\n" + _table(lines)


def _cell(capabilities: dict[str, Any], key: str) -> str:
    value: Any = capabilities
    for part in key.split("."):
        value = (value or {}).get(part)
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    return str(value).replace("_", " ")


def _section(
    deployment: Deployment,
    finding: Finding,
    rows: dict[str, Requirement],
    explained_on: dict[Waiver, Deployment],
) -> Iterator[str]:
    """Yield the lines about one deployment; ``explained_on`` names the section of each explanation."""
    yield f"## {deployment.title}\n"
    yield f"{deployment.about}\n"
    versions = ", ".join(f"{name} {version}" for name, version in finding.versions.items())
    yield f"Versions: {versions}. Verdict: **{finding.verdict.replace('-', ' ')}**.\n"
    explained = explanations(deployment)
    failed = [rows[id_] for id_, outcome in finding.outcomes.items() if outcome in FAILED]
    for row in failed:
        waiver = explained.get(row.id)
        if waiver is None:
            yield f"- {_sentence(row)} Not explained yet."
        elif waiver in explained_on:
            title = explained_on[waiver].title
            yield f"- {_sentence(row)} As on [{title}](#{_anchor(title)})."
        else:
            explained_on[waiver] = deployment
            yield f"- {_sentence(row)} Here: {waiver.reason}.\n"
            yield textwrap.indent(f"```bash\n{waiver.see.strip()}\n```\n", "  ")
    untestable: dict[str, list[str]] = {}
    for id_, reason in finding.reasons.items():
        untestable.setdefault(reason, []).append(id_)
    if untestable:
        yield "\nNot tested:\n"
    for reason, ids in untestable.items():
        which = "every requirement" if len(ids) == len(finding.outcomes) else ", ".join(ids)
        yield f"- {which}: {reason}"
    yield ""


def _sentence(row: Requirement) -> str:
    return f"**{row.id}** ({row.level}): {row.title}"


def _table(lines: list[list[str]]) -> str:
    head, *rest = lines
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *rest]) + "\n"


def _anchor(title: str) -> str:
    return "".join(letter for letter in title.lower() if letter.isalnum() or letter in " -").replace(" ", "-")


if __name__ == "__main__":
    write_page()
    sys.exit(0)
