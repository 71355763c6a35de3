"""The report as Markdown, for the summary of a job on GitHub or GitLab.

Text that a deployment may have sent stands in code, where no mention, link, image or markup works.
"""

import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby

from pytest_threadcopy.report.document import (
    Deployment,
    Report,
    ResultRow,
    by_reason,
    counts_of,
    ended,
    group_of,
    of_group,
    reached,
    server_text,
    was_tested,
)
from pytest_threadcopy.report.marks import LISTED, VERDICTS, word
from pytest_threadcopy.report.verdict_text import meaning
from pytest_threadcopy.requirements import GROUPS
from pytest_threadcopy.text.terminal import excerpt, one_line, visible

# GitHub takes twice as much from one step, which may write a summary of its own.
_LIMIT = 512 * 1024
_LONGEST_SCRIPT = 8_000
# Characters that Markdown may read as markup inside a line; the colon and the dot are those of a link.
_SPECIAL = re.compile(r"""[^\w ./,;:'"(){}?=+-]|_|:(?=/)|(?<=www)\.""", re.IGNORECASE)


def render_markdown(report: Report) -> str:
    """Return a report as Markdown, of at most 512 KiB.

    The verdicts come first, then the counts of all deployments side by side, then each requirement that did
    not simply pass. The last line is a comment that holds the JSON of a shields.io badge.
    """
    deployments = report["deployments"]
    heading = "## Thread copies: " + ", ".join(
        word(one["verdict"]) + (f" on {_code(one['name'])}" if len(deployments) > 1 else "")
        for one in deployments
    )
    parts = [
        heading,
        *map(_verdict, deployments),
        _counts(deployments),
        *_disagreements(deployments),
        *_not_passed(deployments),
        *_untested(deployments),
    ]
    return "\n\n".join([*_bounded(parts), f"<!-- {_badge(deployments)} -->"]) + "\n"


def _verdict(deployment: Deployment) -> str:
    names = (deployment["name"], deployment["url"], server_text(deployment))
    line = f"**{word(deployment['verdict']).capitalize()}**: {' '.join(map(_code, dict.fromkeys(names)))}"
    # Where nothing was tested, the meaning quotes the deployment.
    if not was_tested(deployment):
        return f"{line}\n\n{_fence(_reason(meaning(deployment)))}"
    return f"{line}. {_escape(meaning(deployment))}"


def _counts(deployments: list[Deployment]) -> str:
    rows = [["", *(_code(one["name"]) for one in deployments)]]
    for group, title in GROUPS.items():
        cells = (_by_level(of_group(one["requirements"], group)) for one in deployments)
        rows.append([f"{group}: {title}", *cells])
    return _table([*rows, ["**all**", *(_by_level(one["requirements"]) for one in deployments)]])


def _by_level(rows: list[ResultRow]) -> str:
    """Return how many requirements of each level ended in each outcome."""
    counted = {
        level: ", ".join(f"{count} {word(outcome)}" for outcome, count in counts.items() if count)
        for level, counts in counts_of(rows).items()
    }
    return "<br>".join(f"{level}: {words}" for level, words in counted.items() if words)


def _disagreements(deployments: list[Deployment]) -> Iterator[str]:
    """Yield a table of the requirements that did not end the same on all deployments."""
    rows = [
        [_sentence(same[0]), *(word(row["outcome"]) for row in same)]
        for same in zip(*(one["requirements"] for one in deployments), strict=True)
        if len({row["outcome"] for row in same}) > 1
    ]
    if rows:
        yield "### Not the same everywhere"
        yield _table([["requirement", *(_code(one["name"]) for one in deployments)], *rows])


def _not_passed(deployments: list[Deployment]) -> Iterator[str]:
    """Yield each requirement that did not pass, by its outcome, the worst first; not the untestable ones."""
    for outcome in LISTED:
        results = [(row, one) for one in deployments for row in ended(one["requirements"], outcome)]
        if results:
            yield f"### {word(outcome).capitalize()} ({len(results)})"
        for _, same in groupby(sorted(results, key=_order), key=lambda result: result[0]["id"]):
            pairs = list(same)
            details = (_details(row, one, several=len(deployments) > 1) for row, one in pairs)
            yield "\n\n".join([_sentence(pairs[0][0]), *details])


def _order(result: tuple[ResultRow, Deployment]) -> tuple[int, str]:
    row, _ = result
    return list(GROUPS).index(group_of(row)), row["id"]


def _details(row: ResultRow, deployment: Deployment, *, several: bool) -> str:
    parts = [f"On {_code(deployment['name'])}:"] * several + [_fence(_reason(row["reason"]))]
    script = row["reproduction"].get("curl")
    if script and len(script) > _LONGEST_SCRIPT:
        parts.append("The commands that show it are too long for this summary; the other reports have them.")
    elif script:
        parts.append("<details><summary>See it with curl</summary>")
        parts += [_fence(visible(script, keep="\n\t"), "bash"), "</details>"]
    return "\n\n".join(parts)


def _untested(deployments: list[Deployment]) -> Iterator[str]:
    """Yield the requirements that were untestable, by reason; nothing where the verdict gives the reason."""
    reasons: dict[str, dict[str, list[str]]] = {}
    for one in filter(was_tested, deployments):
        for reason, same in by_reason(reached(one["requirements"])).items():
            for row in same:
                names = reasons.setdefault(reason, {}).setdefault(_sentence(row), [])
                names.append(_code(one["name"]))
    if reasons:
        yield f"### Untestable ({sum(len(names) for same in reasons.values() for names in same.values())})"
    for reason, sentences in reasons.items():
        listed = [
            f"- {sentence}" + f" ({', '.join(names)})" * (len(deployments) > 1)
            for sentence, names in sentences.items()
        ]
        yield "\n\n".join([_fence(_reason(reason)), "\n".join(listed)])


def _bounded(parts: Iterable[str]) -> Iterator[str]:
    """Yield the parts as far as they fit, and then a sentence that says so."""
    left = _LIMIT
    for part in parts:
        left -= len(part.encode()) + 2
        if left < 0:
            yield "The findings are too long for this summary: the other reports have them all."
            return
        yield part


def _badge(deployments: list[Deployment]) -> str:
    worst = max((one["verdict"] for one in deployments), key=list(VERDICTS).index)
    badge = {"schemaVersion": 1, "label": "thread copies", "message": word(worst)}
    return json.dumps(badge | {"color": VERDICTS[worst].badge})


def _sentence(row: ResultRow) -> str:
    return f"**{row['id']}** ({row['level']}): {_escape(row['title'])}"


def _reason(text: str) -> str:
    """Return the first lines of a reason, in lines that need no scrolling."""
    lines = excerpt(text, lines=8, width=400).splitlines()
    return "\n".join(textwrap.fill(line, 100, break_on_hyphens=False) for line in lines)


def _fence(text: str, language: str = "text") -> str:
    """Return a block of code that no text inside can end."""
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{ticks}{language}\n{text}\n{ticks}"


def _code(text: str) -> str:
    return f"<code>{_escape(excerpt(one_line(text), lines=1, width=200))}</code>"


def _escape(text: str) -> str:
    """Return a line that Markdown shows as it is, also in the cell of a table."""
    return re.sub(_SPECIAL, lambda match: f"&#{ord(match[0])};", text)


def _table(rows: list[list[str]]) -> str:
    head, *rest = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rest])
