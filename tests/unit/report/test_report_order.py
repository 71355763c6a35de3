"""Every report lists outcomes in one order, the worst first."""

from collections.abc import Callable

import pytest

from pytest_threadcopy.report.document import Report
from pytest_threadcopy.report.markdown import render_markdown
from pytest_threadcopy.report.page.render import render_page
from pytest_threadcopy.report.terminal.lines import brief_lines, summary_lines
from pytest_threadcopy.report.terminal.parts import Line
from tests.lab.sample_reports import sample_deployment, sample_report

OUTCOMES = {"SAME-01": "violated", "NEW-01": "error", "CONT-04": "stale-waiver", "NEW-02": "deviated"}
REPORT = sample_report(
    sample_deployment(outcomes={id_: {"outcome": outcome} for id_, outcome in OUTCOMES.items()})
)


def text(lines: list[Line]) -> str:
    return "\n".join("".join(span.text for span in line) for line in lines)


def summary(report: Report) -> str:
    return text(summary_lines(report, 80))


def brief(report: Report) -> str:
    return text(brief_lines(report, 80))


@pytest.mark.parametrize("render", [summary, brief, render_markdown, render_page])
def test_the_worst_is_listed_first(render: Callable[[Report], str]) -> None:
    report = render(REPORT)
    places = [report.index(id_) for id_ in OUTCOMES]
    assert places == sorted(places)
