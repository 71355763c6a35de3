"""The report as a page: one self-contained HTML file, safe to open whatever the deployment sent.

Everything in it goes through one template environment that escapes by default and writes control characters,
and those that turn the direction of writing, as their escapes. Its content security policy allows the one
style and the one script of the page, by their hashes, and no request.
"""

import base64
import hashlib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_threadcopy.report.document import ended, of_group, was_tested
from pytest_threadcopy.report.page import page_text
from pytest_threadcopy.report.page.history_tree import draw
from pytest_threadcopy.report.verdict_text import learned, meaning, word
from pytest_threadcopy.requirements import GROUPS, OPEN, WORST_FIRST, Level, Outcome
from pytest_threadcopy.text.terminal import visible

if TYPE_CHECKING:
    from jinja2 import Template

Json = dict[str, Any]
_FILES = Path(__file__).parent
_LONGEST_SCRIPT = 50_000
_LANGUAGES = {"curl": "cURL", "python": "Python", "javascript": "JavaScript"}
# What a reader is to look at, known or not.
_TROUBLES = {*OPEN, Outcome.WAIVED}


def render_page(report: Json) -> str:
    """Return a report as an HTML page, complete in itself.

    Args:
        report: What ``RunReport.as_json()`` returns (``schemas/report.json``).
    """
    deployments = [{**one, "index": index} for index, one in enumerate(report["deployments"])]
    rows = [_row(results) for results in zip(*(one["requirements"] for one in deployments), strict=True)]
    troubles = [
        (row, result, one)
        for row in rows
        for result, one in zip(row["results"], deployments, strict=True)
        if result["outcome"] in _TROUBLES
    ]
    return _template().render(
        plugin=report["plugin"],
        started=report["started"],
        seconds=report["seconds"],
        deployments=deployments,
        several=len(deployments) > 1,
        count=len(rows),
        groups=_groups(rows, len(deployments)),
        troubles=sorted(troubles, key=lambda trouble: WORST_FIRST.index(trouble[1]["outcome"])),
        kept=any(was_tested(one) and ended(one["requirements"], Outcome.PASSED) for one in deployments),
        disagreements=[row["id"] for row in rows if row["disagrees"]],
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def shown(value: Any) -> Any:
        return (
            visible(value, keep="\n\t")
            if isinstance(value, str) and not hasattr(value, "__html__")
            else value
        )

    pages = Environment(
        loader=FileSystemLoader(_FILES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {
        "called": page_text.called,
        "counted": page_text.counted,
        "cut": page_text.cut,
        "draw": draw,
        "gap": page_text.gap,
        "in_brief": page_text.in_brief,
        "in_words": page_text.in_words,
        "learned": learned,
        "meaning": meaning,
        "word": word,
    }
    style, script = (_read(name) for name in ("page.css", "page.js"))
    pages.globals |= {
        "KINDS": page_text.KINDS,
        "LANGUAGES": _LANGUAGES,
        "LEVELS": list(Level),
        "LONGEST_SCRIPT": _LONGEST_SCRIPT,
        "MARKS": page_text.MARKS,
        "SIGNS": page_text.SIGNS,
        "VERDICTS": page_text.VERDICTS,
        "style": Markup(style),
        "script": Markup(script),
        "style_hash": _hash(style),
        "script_hash": _hash(script),
    }
    return pages.get_template("page.html.jinja")


def _read(name: str) -> str:
    return (_FILES / name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    """Return what a content security policy calls an inline style or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _row(results: tuple[Json, ...]) -> Json:
    """Return one requirement with its results on each deployment."""
    outcomes = [result["outcome"] for result in results]
    first = results[0]
    return {
        "id": first["id"],
        "level": first["level"],
        "title": first["title"],
        "source": first["source"],
        "results": results,
        "disagrees": len(set(outcomes)) > 1,
        "is_open": any(outcome in OPEN for outcome in outcomes),
        "brief": _brief(results),
    }


def _brief(results: tuple[Json, ...]) -> str:
    """Return the line under which the details of a requirement are found."""
    reasons = {result["reason"].partition("\n")[0] for result in results if result["reason"]}
    if any(result["outcome"] in OPEN for result in results):
        return "Why, and how to see it"
    if len(reasons) == 1:
        return page_text.cut(reasons.pop(), 160)
    pictures = any(result["comparisons"] for result in results)
    return "Details, and what was compared" if pictures else "Details"


def _groups(rows: list[Json], deployments: int) -> list[Json]:
    """Return the groups of requirements, with counts of their outcomes for each deployment and level."""
    groups = []
    for key, title in GROUPS.items():
        own = of_group(rows, key)
        ends = [
            Counter((row["level"], row["results"][i]["outcome"]) for row in own) for i in range(deployments)
        ]
        counts = [
            {level: {outcome: end[level, outcome] for outcome in Outcome} for level in Level} for end in ends
        ]
        groups.append({"key": key, "title": title, "rows": own, "counts": counts})
    return groups
