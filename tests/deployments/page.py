"""``docs/deployments.md``: what was recorded of each deployment, and how what it breaks is explained."""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pytest_threadcopy.catalogue import read_catalogue
from pytest_threadcopy.requirements import Level, Outcome, Requirement

from .findings import BROKEN, Finding, explanations, recorded
from .servers import DEPLOYMENTS, HERE, Deployment

PAGE = HERE.parents[1] / "docs" / "deployments.md"
COMMAND = "python -m tests.deployments.page"
INTRODUCTION = f"""\
# What the contract finds on real deployments

<!-- Written by `{COMMAND}` from tests/deployments. Change those, not this. -->

The project's own tests start each of these deployments from its published package, run the whole contract on
it, and fail when a requirement ends otherwise than is recorded here. What a deployment breaks was reproduced
by hand: put its address into `URL`, and paste the commands. Each of them serves the graphs of [the
kit](kit.md).
"""
# What of the capabilities is told in the table, and in which words.
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
    parts = [INTRODUCTION, _summary(findings, rows), _capabilities(findings)]
    parts += ["\n".join(_section(*one, rows)) for one in findings]
    return "\n".join(parts)


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
    lines = [["", *(deployment.title for deployment, _ in findings)]]
    for key, words in _CAPABILITIES.items():
        lines.append([words, *(_told(finding.capabilities, key) for _, finding in findings)])
    return "## What each can do\n\n" + _table(lines)


def _told(capabilities: dict[str, Any], key: str) -> str:
    value: Any = capabilities
    for part in key.split("."):
        value = (value or {}).get(part)
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    return str(value).replace("_", " ")


def _section(deployment: Deployment, finding: Finding, rows: dict[str, Requirement]) -> Iterator[str]:
    yield f"## {deployment.title}\n"
    yield f"{deployment.about}\n"
    versions = ", ".join(f"{name} {version}" for name, version in finding.versions.items())
    yield f"Versions: {versions}. Verdict: **{finding.verdict.replace('-', ' ')}**.\n"
    explained = explanations(deployment)
    for id_, outcome in finding.outcomes.items():
        if outcome in BROKEN:
            why = explained.get(id_)
            yield f"### {id_} ({rows[id_].level}) is {outcome}\n"
            yield f"{rows[id_].title}\n"
            yield f"{why.reason if why else 'Not explained yet'}.\n"
            if why and why.see:
                yield f"```bash\n{why.see.strip()}\n```\n"
    untestable: dict[str, list[str]] = {}
    for id_, reason in finding.reasons.items():
        untestable.setdefault(reason, []).append(id_)
    if untestable:
        yield "Not tested:\n"
    for reason, ids in untestable.items():
        told = "every requirement" if len(ids) == len(finding.outcomes) else ", ".join(ids)
        yield f"- {told}: {reason}"
    if untestable:
        yield ""


def _table(lines: list[list[str]]) -> str:
    head, *rest = lines
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *rest]) + "\n"


def _anchor(title: str) -> str:
    return "".join(letter for letter in title.lower() if letter.isalnum() or letter in " -").replace(" ", "-")


if __name__ == "__main__":
    write_page()
    sys.exit(0)
