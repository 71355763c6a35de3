"""The report as Markdown, for the summary of a job on GitHub or GitLab.

One template writes it. It escapes each text by default, and text that a deployment may have sent stands in
code, where no mention, link, image or markup works.
"""

import json
import re
import textwrap
from functools import cache
from itertools import accumulate
from pathlib import Path

from jinja2 import Template
from markupsafe import Markup

from pytest_threadcopy.report.document import (
    Deployment,
    Report,
    ResultRow,
    by_reason,
    counts_of,
    disagree,
    ended_anywhere,
    of_group,
    reached,
    server_text,
    side_by_side,
    was_tested,
)
from pytest_threadcopy.report.marks import LISTED, VERDICTS, word
from pytest_threadcopy.report.templates import load_template
from pytest_threadcopy.report.verdict_text import meaning
from pytest_threadcopy.requirements import GROUPS
from pytest_threadcopy.text.terminal import excerpt, one_line, visible

# GitHub takes twice as much from one step, which may write a summary of its own.
_LIMIT = 512 * 1024
_LONGEST_SCRIPT = 8_000
# It ends a part, which the summary has whole or not at all. No escaped text contains it.
_END = Markup("\f")
# Characters that Markdown may read as markup inside a line; the colon and the dot are those of a link.
_SPECIAL = re.compile(r"""[^\w ./,;:'"(){}?=+-]|_|:(?=/)|(?<=www)\.""", re.IGNORECASE)


def render_markdown(report: Report) -> str:
    """Return a report as Markdown, of at most 512 KiB.

    The verdicts come first, then the counts of all deployments side by side, then each requirement that did
    not simply pass. The last line is a comment that holds the JSON of a shields.io badge.
    """
    deployments = report["deployments"]
    text = _template().render(
        deployments=deployments,
        several=len(deployments) > 1,
        disagreements=list(filter(disagree, side_by_side(deployments))),
        not_passed={outcome: ended_anywhere(deployments, outcome) for outcome in LISTED},
        untestable=_untestable(deployments),
    )
    parts = [part.strip("\n") for part in text.split(_END)[:-1]]
    sizes = accumulate(len(part.encode()) + 2 for part in parts)
    fitting = [part for part, size in zip(parts, sizes, strict=True) if size <= _LIMIT]
    if len(fitting) < len(parts):
        fitting.append("The findings are too long for this summary: the other reports have them all.")
    return "\n\n".join([*fitting, f"<!-- {_badge(deployments)} -->"]) + "\n"


@cache
def _template() -> Template:
    return load_template(
        Path(__file__).with_name("summary.md.jinja"),
        _escape,
        filters={
            "code": _code,
            "counts_of": counts_of,
            "fence": _fence,
            "meaning": meaning,
            "of_group": of_group,
            "reason": _reason,
            "server_text": server_text,
            "visible": visible,
            "was_tested": was_tested,
            "word": word,
        },
        names={"END": _END, "GROUPS": GROUPS, "LONGEST_SCRIPT": _LONGEST_SCRIPT},
    )


def _untestable(deployments: list[Deployment]) -> dict[str, list[tuple[ResultRow, list[Deployment]]]]:
    """Return the requirements that were untestable, by reason; none where the verdict gives the reason."""
    reasons: dict[str, dict[str, tuple[ResultRow, list[Deployment]]]] = {}
    for deployment in filter(was_tested, deployments):
        for reason, rows in by_reason(reached(deployment["requirements"])).items():
            for row in rows:
                _, where = reasons.setdefault(reason, {}).setdefault(row["id"], (row, []))
                where.append(deployment)
    return {reason: list(requirements.values()) for reason, requirements in reasons.items()}


def _badge(deployments: list[Deployment]) -> str:
    worst = max((one["verdict"] for one in deployments), key=list(VERDICTS).index)
    badge = {"schemaVersion": 1, "label": "thread copies", "message": word(worst)}
    return json.dumps(badge | {"color": VERDICTS[worst].badge})


def _reason(text: str) -> str:
    """Return the first lines of a reason, in lines that need no scrolling."""
    lines = excerpt(text, lines=8, width=400).splitlines()
    return "\n".join(textwrap.fill(line, 100, break_on_hyphens=False) for line in lines)


def _fence(text: str, language: str = "text") -> Markup:
    """Return a block of code that no text inside can end."""
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return Markup(f"{ticks}{language}\n{text}\n{ticks}")


def _code(text: str) -> Markup:
    return Markup(f"<code>{_escape(excerpt(one_line(text), lines=1, width=200))}</code>")


def _escape(text: str) -> Markup:
    """Return a line that Markdown shows as it is, also in the cell of a table."""
    return Markup(re.sub(_SPECIAL, lambda match: f"&#{ord(match[0])};", text))
