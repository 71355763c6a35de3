"""The report as a page: one self-contained HTML file, safe to open whatever the deployment sent.

One template environment writes all of it. It escapes HTML by default, and shows control characters and those
that turn the direction of writing as escapes. The page's content security policy allows its one style and its
one script, by their hashes, and no request.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from pytest_threadcopy.report.document import (
    Counts,
    Report,
    ResultRow,
    counts_of,
    ended,
    group_of,
    was_tested,
)
from pytest_threadcopy.report.marks import LISTED, OPEN, OUTCOMES, VERDICTS, WORST_FIRST, word
from pytest_threadcopy.report.page import page_text
from pytest_threadcopy.report.page.history_tree import draw
from pytest_threadcopy.report.verdict_text import learned, meaning
from pytest_threadcopy.requirements import GROUPS, Level, Outcome
from pytest_threadcopy.text.terminal import visible

if TYPE_CHECKING:
    from jinja2 import Template

_FILES = Path(__file__).parent
_LONGEST_SCRIPT = 50_000
_LANGUAGES = {"curl": "cURL", "python": "Python", "javascript": "JavaScript"}


class _Row(TypedDict):
    """A requirement with its results, one for each deployment."""

    id: str
    level: Level
    title: str
    source: str
    results: tuple[ResultRow, ...]
    disagrees: bool
    is_open: bool
    brief: str


class _Group(TypedDict):
    """A group of requirements, and for each deployment and level how many ended in each outcome."""

    key: str
    title: str
    rows: list[_Row]
    counts: list[dict[Level, Counts]]


def render_page(report: Report) -> str:
    """Return a report as an HTML page, complete in itself."""
    deployments = report["deployments"]
    rows = [_row(results) for results in zip(*(one["requirements"] for one in deployments), strict=True)]
    troubles = [
        (row, result, one)
        for row in rows
        for result, one in zip(row["results"], deployments, strict=True)
        if result["outcome"] in LISTED
    ]
    return _template().render(
        plugin=report["plugin"],
        started=report["started"],
        seconds=report["seconds"],
        deployments=deployments,
        several=len(deployments) > 1,
        count=len(rows),
        groups=[_group(key, rows, len(deployments)) for key in GROUPS],
        troubles=sorted(troubles, key=lambda trouble: WORST_FIRST.index(trouble[1]["outcome"])),
        any_passed=any(was_tested(one) and ended(one["requirements"], Outcome.PASSED) for one in deployments),
        disagreements=[row["id"] for row in rows if row["disagrees"]],
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def without_controls(value: object) -> object:
        is_plain = isinstance(value, str) and not hasattr(value, "__html__")
        return visible(str(value), keep="\n\t") if is_plain else value

    pages = Environment(
        loader=FileSystemLoader(_FILES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=without_controls,
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
        "OUTCOMES": {one: OUTCOMES[one] for one in Outcome},
        "SIGNS": page_text.SIGNS,
        "VERDICTS": VERDICTS,
        "style": Markup(style),
        "script": Markup(script),
        "style_hash": _hash(style),
        "script_hash": _hash(script),
    }
    return pages.get_template("page.html.jinja")


def _read(name: str) -> str:
    return (_FILES / name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    """Return the hash by which a content security policy allows an inline style or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _row(results: tuple[ResultRow, ...]) -> _Row:
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


def _brief(results: tuple[ResultRow, ...]) -> str:
    """Return the line that opens the details of a requirement."""
    reasons = {result["reason"].partition("\n")[0] for result in results if result["reason"]}
    if any(result["outcome"] in OPEN for result in results):
        return "Why, and how to see it"
    if len(reasons) == 1:
        return page_text.cut(reasons.pop(), 160)
    pictures = any(result["comparisons"] for result in results)
    return "Details, and what was compared" if pictures else "Details"


def _group(key: str, rows: list[_Row], deployments: int) -> _Group:
    own = [row for row in rows if group_of(row["results"][0]) == key]
    counts = [counts_of([row["results"][number] for row in own]) for number in range(deployments)]
    return {"key": key, "title": GROUPS[key], "rows": own, "counts": counts}
