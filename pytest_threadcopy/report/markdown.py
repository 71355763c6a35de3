"""The verdict as Markdown, for the summary of a job on GitHub or GitLab.

Whatever a deployment may have said stands in code, where a mention, a link, an image or markup is text.
"""

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from pytest_threadcopy.report.document import (
    by_reason,
    ended,
    group_of,
    of_group,
    reached,
    server,
    was_tested,
)
from pytest_threadcopy.report.excerpt import excerpt
from pytest_threadcopy.report.verdict_text import meaning, word
from pytest_threadcopy.requirements import GROUPS, WORST_FIRST, Level, Outcome, Verdict
from pytest_threadcopy.text.terminal import one_line, visible

Json = dict[str, Any]
Found = tuple[Json, Json]
"""A deployment, and one of its requirements."""

# Half of what GitHub takes from one step, which may write a summary of its own.
_LIMIT = 512 * 1024
_LONGEST_SCRIPT = 8_000
# What Markdown may take for more than itself inside a line; the colon and the dot are those of a link.
_SPECIAL = re.compile(r"""[^\w ./,;:'"(){}?=+-]|_|:(?=/)|(?<=www)\.""", re.IGNORECASE)
# From the best to the worst: the badge shows the worst of several deployments.
_COLOURS = {
    Verdict.CONFORMANT: "brightgreen",
    Verdict.CONFORMANT_WITH_WAIVERS: "green",
    Verdict.INCOMPLETE: "yellow",
    Verdict.NO_VERDICT: "lightgrey",
    Verdict.NOT_IMPLEMENTED: "red",
    Verdict.NOT_CONFORMANT: "red",
}
_SECTIONS = {
    Outcome.VIOLATED: "Violated",
    Outcome.ERROR: "Errors of the run",
    Outcome.STALE_WAIVER: "Waived, yet kept",
    Outcome.DEVIATED: "Deviated",
    Outcome.WAIVED: "Waived",
}


def render_markdown(report: Json) -> str:
    """Return a report as Markdown, of at most 512 KiB.

    The verdicts come first, then the counts of all deployments side by side, then each requirement that was
    not simply kept. The last line is a comment that holds the JSON of a shields.io badge.

    Args:
        report: What ``RunReport.as_json()`` returns (``schemas/report.json``).
    """
    deployments = report["deployments"]
    heading = "## Thread copies: " + ", ".join(
        word(one["verdict"]) + (f" on {_code(one['name'])}" if len(deployments) > 1 else "")
        for one in deployments
    )
    parts = _bounded(
        [
            heading,
            *map(_verdict, deployments),
            _counts(deployments),
            *_disagreements(deployments),
            *_broken(deployments),
            *_untested(deployments),
        ]
    )
    return "\n\n".join([*parts, f"<!-- {_badge(deployments)} -->"]) + "\n"


def _verdict(deployment: Json) -> str:
    name, url, verdict = deployment["name"], deployment["url"], deployment["verdict"]
    which = " ".join(_code(one) for one in dict.fromkeys((name, url, server(deployment))))
    told = f"**{word(verdict).capitalize()}**: {which}"
    # Where there is nothing but one reason, it is in the deployment's own words.
    if not was_tested(deployment):
        return f"{told}\n\n{_fence(_reason(meaning(deployment)))}"
    return f"{told}. {_escape(meaning(deployment))}"


def _counts(deployments: list[Json]) -> str:
    rows = [["", *(_code(one["name"]) for one in deployments)]]
    for group, title in GROUPS.items():
        cells = []
        for one in deployments:
            own = of_group(one["requirements"], group)
            cells.append("<br>".join(_count(own, level) for level in Level if _count(own, level)))
        rows.append([f"{group}: {title}", *cells])
    totals = ("<br>".join(_count(one["requirements"], level) for level in Level) for one in deployments)
    return _table([*rows, ["**all**", *totals]])


def _count(rows: list[Json], level: Level) -> str:
    """Return how the requirements of a level ended, empty where there is none."""
    counts = Counter(row["outcome"] for row in rows if row["level"] == level)
    told = ", ".join(f"{counts[one]} {word(one)}" for one in Outcome if counts[one])
    return f"{level}: {told}" if told else ""


def _disagreements(deployments: list[Json]) -> Iterator[str]:
    """Yield a table of the requirements that did not end the same on all deployments."""
    rows = [
        [_sentence(same[0]), *(word(row["outcome"]) for row in same)]
        for same in zip(*(one["requirements"] for one in deployments), strict=True)
        if len({row["outcome"] for row in same}) > 1
    ]
    if rows:
        yield "### Not the same everywhere"
        yield _table([["requirement", *(_code(one["name"]) for one in deployments)], *rows])


def _broken(deployments: list[Json]) -> Iterator[str]:
    """Yield what is to be told of each requirement that was tested and not simply kept, the worst first."""
    for outcome in filter(_SECTIONS.get, WORST_FIRST):
        found = [(one, row) for one in deployments for row in ended(one["requirements"], outcome)]
        if found:
            yield f"### {_SECTIONS[outcome]} ({len(found)})"
        for _, same in groupby(sorted(found, key=_order), key=lambda pair: pair[1]["id"]):
            pairs = list(same)
            yield "\n\n".join([_sentence(pairs[0][1]), *(_seen(*pair, len(deployments)) for pair in pairs)])


def _order(pair: Found) -> tuple[int, str]:
    row = pair[1]
    return list(GROUPS).index(group_of(row)), row["id"]


def _seen(deployment: Json, row: Json, deployments: int) -> str:
    parts = [f"On {_code(deployment['name'])}:"] * (deployments > 1) + [_fence(_reason(row["reason"]))]
    script = row["reproduction"].get("curl")
    if script and len(script) > _LONGEST_SCRIPT:
        parts.append("The commands that show it are too long for this summary; the other reports have them.")
    elif script:
        parts.append("<details><summary>See it with curl</summary>")
        parts += [_fence(visible(script, keep="\n\t"), "bash"), "</details>"]
    return "\n\n".join(parts)


def _untested(deployments: list[Json]) -> Iterator[str]:
    """Yield what was untestable, once for each reason; nothing where the verdict has told why."""
    reasons: dict[str, dict[str, list[str]]] = {}
    count = 0
    for one in filter(was_tested, deployments):
        for reason, same in by_reason(reached(one)).items():
            count += len(same)
            for row in same:
                names = reasons.setdefault(reason, {}).setdefault(_sentence(row), [])
                names.append(_code(one["name"]))
    if count:
        yield f"### Untestable ({count})"
    for reason, sentences in reasons.items():
        listed = [
            f"- {sentence}" + f" ({', '.join(names)})" * (len(deployments) > 1)
            for sentence, names in sentences.items()
        ]
        yield "\n\n".join([_fence(_reason(reason)), "\n".join(listed)])


def _bounded(parts: Iterable[str]) -> Iterator[str]:
    """Yield the parts as far as they fit, and say where some did not."""
    left = _LIMIT
    for part in parts:
        left -= len(part.encode()) + 2
        if left < 0:
            yield "More was found than this summary can hold: the other reports have it all."
            return
        yield part


def _badge(deployments: list[Json]) -> str:
    worst = max((one["verdict"] for one in deployments), key=list(_COLOURS).index)
    badge = {"schemaVersion": 1, "label": "thread copies", "message": word(worst)}
    return json.dumps(badge | {"color": _COLOURS[worst]})


def _sentence(row: Json) -> str:
    return f"**{row['id']}** ({row['level']}): {_escape(row['title'])}"


def _reason(text: str) -> str:
    """Return the first lines of a reason, in lines that need no scrolling."""
    lines = excerpt(text, lines=8, width=400).splitlines()
    return "\n".join(textwrap.fill(line, 100, break_on_hyphens=False) for line in lines)


def _fence(text: str, language: str = "text") -> str:
    """Return a block of code that no text can end."""
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{ticks}{language}\n{text}\n{ticks}"


def _code(text: str) -> str:
    return f"<code>{_escape(excerpt(one_line(text), lines=1, width=200))}</code>"


def _escape(text: str) -> str:
    """Return a line whose characters are themselves, in any place of Markdown, a table's cell too."""
    return re.sub(_SPECIAL, lambda found: f"&#{ord(found[0])};", text)


def _table(rows: list[list[str]]) -> str:
    head, *rest = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rest])
