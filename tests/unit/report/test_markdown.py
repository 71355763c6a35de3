"""The summary of a job, rendered by GitHub's own Markdown parser."""

import json
import re
from xml.etree import ElementTree

import cmarkgfm  # type: ignore[import-untyped]
import pytest
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]

from pytest_threadcopy.report.document import Deployment
from pytest_threadcopy.report.markdown import render_markdown
from pytest_threadcopy.requirements import Outcome, Verdict
from tests.lab.sample_reports import HOSTILE, MISSED, Json, sample_deployment, sample_report

CURL = 'curl -s "$URL/threads" -H "x-api-key: $DEPLOYMENT_API_KEY"'
VIOLATED = {"outcome": "violated", "reason": "the copy is empty", "reproduction": {"curl": CURL}}


def page(*deployments: Deployment) -> ElementTree.Element:
    """Return the summary as GitHub's parser parses it."""
    html = cmarkgfm.github_flavored_markdown_to_html(
        render_markdown(sample_report(*deployments)), Options.CMARK_OPT_UNSAFE
    )
    return ElementTree.fromstring(f"<page>{html.replace('<br>', '<br/>')}</page>")


def text(element: ElementTree.Element) -> str:
    return "".join(element.itertext())


def text_of(*deployments: Deployment) -> str:
    """Return the text of the summary."""
    return text(page(*deployments))


def cells(table: ElementTree.Element) -> list[list[str]]:
    return [[text(cell) for cell in row] for row in table.iter("tr")]


def test_the_verdict_comes_first() -> None:
    first = render_markdown(sample_report(sample_deployment(outcomes={"CONT-03": VIOLATED}))).partition("\n")[
        0
    ]
    assert first == "## Thread copies: not conformant"


def test_each_deployment_has_a_line_with_its_verdict_and_what_it_means() -> None:
    lines = text_of(sample_deployment("good"), sample_deployment("bad", {"CONT-03": VIOLATED})).splitlines()
    assert "Thread copies: conformant on good, not conformant on bad" in lines
    assert (
        "Conformant: good https://staging.example langgraph-api 0.16.7. Safe to fork threads on"
        in " ".join(lines)
    )
    assert any(line.startswith("Not conformant: bad ") and "CONT-03" in line for line in lines)


def test_counts_are_by_group_and_level_with_the_deployments_side_by_side() -> None:
    table = page(sample_deployment("good"), sample_deployment("bad", {"CONT-03": VIOLATED})).find("table")
    assert table is not None
    head, *rows = cells(table)
    assert head == ["", "good", "bad"]
    cells_of = {row[0].partition(":")[0]: row[1:] for row in rows}
    assert cells_of["CONT"] == [
        "MUST: 10 passedSHOULD: 2 passed",
        "MUST: 9 passed, 1 violatedSHOULD: 2 passed",
    ]
    assert cells_of["all"][0] == "MUST: 44 passedSHOULD: 18 passedMAY: 1 passed"


def test_a_requirement_with_different_outcomes_is_listed_side_by_side() -> None:
    deployments = (sample_deployment("good"), sample_deployment("bad", {"CONT-03": VIOLATED}))
    _, table = page(*deployments).iter("table")
    assert cells(table) == [
        ["requirement", "good", "bad"],
        ["CONT-03 (MUST): The copy of a thread that never ran can run.", "passed", "violated"],
    ]


@pytest.mark.parametrize(
    ("id_", "outcome", "heading"),
    [
        ("CONT-03", "violated", "Violated (1)"),
        ("CONT-03", "waived", "Waived (1)"),
        ("CONT-03", "stale-waiver", "Stale waiver (1)"),
        ("CONT-03", "error", "Error (1)"),
        ("CONT-03", "untestable", "Untestable (1)"),
        ("CONT-12", "deviated", "Deviated (1)"),
    ],
)
def test_a_failure_is_listed_with_sentence_and_reason(id_: str, outcome: str, heading: str) -> None:
    deployment = sample_deployment(outcomes={id_: {"outcome": outcome, "reason": "because\nof this"}})
    summary = text_of(deployment)
    row = next(row for row in deployment["requirements"] if row["id"] == id_)
    assert heading in summary
    assert f"{id_} ({row['level']}): {row['title']}" in summary
    assert "because\nof this" in summary


def test_a_long_reason_needs_no_scrolling() -> None:
    long = VIOLATED | {"reason": "the run on the copy fails " * 10}
    reason = page(sample_deployment(outcomes={"CONT-03": long})).find("pre")
    assert reason is not None
    assert max(map(len, text(reason).splitlines())) <= 100


def test_the_worst_is_listed_first() -> None:
    summary = text_of(
        sample_deployment(
            outcomes={
                "NEW-01": {"outcome": "untestable"},
                "NEW-02": {"outcome": "deviated"},
                "CONT-03": {"outcome": "violated"},
            }
        )
    )
    headings = [line for line in summary.splitlines() if re.fullmatch(r"\w+ \(1\)", line)]
    assert headings == ["Violated (1)", "Deviated (1)", "Untestable (1)"]


def test_a_requirement_that_two_deployments_fail_is_listed_once_with_both_reasons() -> None:
    other_reason = VIOLATED | {"reason": "the copy is the source"}
    summary = text_of(
        sample_deployment("one", {"CONT-03": VIOLATED}), sample_deployment("two", {"CONT-03": other_reason})
    )
    assert summary.count("CONT-03 (MUST)") == 1
    assert "On one:\nthe copy is empty" in summary
    assert "On two:\nthe copy is the source" in summary


def test_the_curl_commands_are_folded_away() -> None:
    details = page(sample_deployment(outcomes={"CONT-03": VIOLATED})).find("details")
    assert details is not None
    assert text(details).split() == ["See", "it", "with", "curl", *CURL.split()]


def test_untestable_requirements_with_one_reason_are_listed_below_it() -> None:
    why = {"outcome": "untestable", "reason": "deploy the kit"}
    deployments = [sample_deployment(name, {"CONT-03": why, "CONT-04": why}) for name in ("one", "two")]
    summary = text_of(*deployments)
    assert summary.count("deploy the kit") == 1
    assert "CONT-03 (MUST): The copy of a thread that never ran can run. (one, two)" in summary


def test_unreached_requirements_are_not_listed() -> None:
    assert "Untestable" not in text_of(sample_deployment(outcomes={"CONT-03": MISSED, "CONT-04": MISSED}))


@pytest.mark.parametrize(
    ("verdict", "fields"),
    [
        (Verdict.NO_VERDICT, {"problem": "connection refused"}),
        (Verdict.NOT_IMPLEMENTED, {"capabilities": {"no_copy": "connection refused"}}),
    ],
)
def test_a_deployment_that_cannot_be_tested_says_why_once(verdict: Verdict, fields: Json) -> None:
    why = {"outcome": "untestable", "reason": "connection refused"}
    deployment = sample_deployment(outcomes={"NEW-01": why, "NEW-02": why}, verdict=verdict, **fields)
    assert text_of(deployment).count("connection refused") == 1


def test_nothing_from_a_deployment_is_markup() -> None:
    hostile: Json = {"reason": HOSTILE, "reproduction": {"curl": HOSTILE}}
    outcomes: Json = {
        "CONT-03": hostile | {"outcome": "violated"},
        "NEW-02": hostile | {"outcome": "deviated"},
        "CONT-04": {"outcome": "untestable", "reason": HOSTILE},
    }
    fields: Json = {"url": HOSTILE, "server": {"name": HOSTILE, "version": HOSTILE}}
    deployments = [
        sample_deployment(f"tested {HOSTILE}", outcomes, **fields),
        sample_deployment(
            f"not tested {HOSTILE}", outcomes, verdict=Verdict.NO_VERDICT, problem=HOSTILE, **fields
        ),
    ]
    parsed = page(*deployments)
    allowed = {"page", "h2", "h3", "p", "strong", "code", "table", "thead", "tbody", "tr", "th", "td", "br"}
    allowed |= {"pre", "details", "summary", "ul", "li"}
    assert {tag.tag for tag in parsed.iter() if isinstance(tag.tag, str)} <= allowed
    headings = [text(one) for one in (*parsed.iter("h2"), *parsed.iter("h3"))]
    assert [one for one in headings if "forged" in one and not one.startswith("Thread copies: ")] == []
    in_code = "".join(text(one) for one in parsed.iter("code"))
    assert text(parsed).count("octocat") == in_code.count("octocat") > 0
    assert not re.search(r"[\x1b\u202e\ud800]", text(parsed))


def test_the_rows_of_a_table_keep_their_cells() -> None:
    table = page(sample_deployment("a|b\\|c\n"), sample_deployment("`|`")).find("table")
    assert table is not None
    assert {len(row) for row in cells(table)} == {3}
    assert cells(table)[0][1:] == ["a|b\\|c", "`|`"]


def test_the_summary_has_a_limited_size() -> None:
    endless = {"outcome": "violated", "reason": "x" * 2_000_000, "reproduction": {"curl": "y" * 7_000}}
    musts = [row["id"] for row in sample_deployment()["requirements"] if row["level"] == "MUST"]
    many = [sample_deployment(f"d{number}", dict.fromkeys(musts, endless)) for number in range(10)]
    summary = render_markdown(sample_report(*many))
    assert len(summary.encode()) < 520 * 1024
    assert "The findings are too long for this summary" in summary


def test_a_script_is_shown_whole_or_not_at_all() -> None:
    long = VIOLATED | {"reproduction": {"curl": "curl " * 5_000}}
    summary = text_of(sample_deployment(outcomes={"CONT-03": long}))
    assert "curl curl" not in summary
    assert "too long for this summary" in summary


def test_the_summary_ends_with_a_badge_of_the_worst_verdict() -> None:
    waived = {"NEW-01": {"outcome": "waived"}}
    report = sample_report(sample_deployment("one"), sample_deployment("two", waived))
    last = render_markdown(report).splitlines()[-1]
    assert json.loads(last.removeprefix("<!-- ").removesuffix(" -->")) == {
        "schemaVersion": 1,
        "label": "thread copies",
        "message": "conformant with waivers",
        "color": "green",
    }


@pytest.mark.parametrize("verdict", Verdict)
def test_each_verdict_has_a_badge(verdict: Verdict) -> None:
    report = sample_report(sample_deployment(verdict=verdict))
    assert f'"message": "{verdict.replace("-", " ")}", "color": ' in render_markdown(report)


def test_each_outcome_is_in_the_summary() -> None:
    for outcome in set(Outcome) - {Outcome.PASSED}:
        id_ = "NEW-02" if outcome is Outcome.DEVIATED else "NEW-01"
        assert id_ in text_of(sample_deployment(outcomes={id_: {"outcome": outcome}}))
