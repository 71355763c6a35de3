"""The report as a page: one self-contained HTML file, safe to open whatever the deployment sent.

One template writes all of it. It escapes HTML by default, and shows control characters and those that turn
the direction of writing as escapes. The page's content security policy allows its one style and its one
script, by their hashes, and no request.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Template
from markupsafe import Markup

from pytest_threadcopy.report.document import (
    Report,
    ResultRow,
    counts_of,
    disagree,
    ended,
    ended_anywhere,
    group_of,
    of_group,
    side_by_side,
    was_tested,
)
from pytest_threadcopy.report.marks import LISTED, OPEN, OUTCOMES, VERDICTS, word
from pytest_threadcopy.report.page.history_tree import draw
from pytest_threadcopy.report.templates import load_template
from pytest_threadcopy.report.verdict_text import learned, meaning
from pytest_threadcopy.requirements import GROUPS, Level, Outcome
from pytest_threadcopy.text.terminal import visible

_FILES = Path(__file__).parent
_LONGEST_SCRIPT = 50_000
_LANGUAGES = {"curl": "cURL", "python": "Python", "javascript": "JavaScript"}


def render_page(report: Report) -> str:
    """Return a report as an HTML page, complete in itself."""
    deployments = report["deployments"]
    rows = side_by_side(deployments)
    return _template().render(
        report,
        several=len(deployments) > 1,
        count=len(rows),
        groups={key: [row for row in rows if group_of(row[0]) == key] for key in GROUPS},
        troubles=[
            pair for outcome in LISTED for pairs in ended_anywhere(deployments, outcome) for pair in pairs
        ],
        any_passed=any(was_tested(one) and ended(one["requirements"], Outcome.PASSED) for one in deployments),
        disagreements=[row[0]["id"] for row in rows if disagree(row)],
    )


@cache
def _template() -> Template:
    style, script = ((_FILES / name).read_text(encoding="utf-8").strip() for name in ("page.css", "page.js"))
    return load_template(
        _FILES / "page.html.jinja",
        lambda text: visible(text, keep="\n\t"),
        filters={
            "brief": _brief,
            "counts_of": counts_of,
            "cut": _cut,
            "draw": draw,
            "learned": learned,
            "meaning": meaning,
            "of_group": of_group,
            "word": word,
        },
        names={
            "GROUPS": GROUPS,
            "LANGUAGES": _LANGUAGES,
            "LEVELS": list(Level),
            "LONGEST_SCRIPT": _LONGEST_SCRIPT,
            "OPEN": OPEN,
            "OUTCOMES": {one: OUTCOMES[one] for one in Outcome},
            "VERDICTS": VERDICTS,
            "disagree": disagree,
            "style": Markup(style),
            "script": Markup(script),
            "style_hash": _hash(style),
            "script_hash": _hash(script),
        },
    )


def _hash(text: str) -> str:
    """Return the hash by which a content security policy allows an inline style or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _cut(text: str, length: int) -> str:
    """Return a text, or its beginning and the number of characters that follow."""
    return text if len(text) <= length else f"{text[:length]}… ({len(text) - length:,} more characters)"


def _brief(results: tuple[ResultRow, ...]) -> str:
    """Return the line that opens the details of a requirement."""
    if ended(results, *OPEN):
        return "Why, and how to see it"
    reasons = {result["reason"].partition("\n")[0] for result in results if result["reason"]}
    if len(reasons) == 1:
        return _cut(reasons.pop(), 160)
    pictures = any(result["comparisons"] for result in results)
    return "Details, and what was compared" if pictures else "Details"
