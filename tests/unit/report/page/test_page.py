"""The page as HTML: it is complete and in one file, and the words of a deployment are text in it."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from pytest_threadcopy.report.page.render import render_page
from pytest_threadcopy.session.catalogue import read_catalogue
from tests.lab.hostile_report import hostile_report
from tests.lab.page_documents import branched, chain, compared, copied, violated
from tests.lab.sample_reports import MISSED, sample_deployment, sample_report

Json = dict[str, Any]


class Text(HTMLParser):
    """The text of a page, and its tags and attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(outcomes: dict[str, Json] | None = None, **fields: Any) -> str:
    """Return the page of one deployment; all requirements passed, except these outcomes."""
    return render_page(sample_report(sample_deployment(outcomes=outcomes, **fields)))


def test_the_page_has_every_requirement_with_its_sentence_and_source() -> None:
    text = Text(rendered()).text
    for row in read_catalogue():
        assert row.id in text
        assert row.title in text
        assert f"Source: {row.source}" in text


def test_the_verdict_comes_first() -> None:
    html = rendered({"SAME-01": violated()})
    text = Text(html.partition('<main id="main" tabindex="-1">')[2]).text.split()
    assert text[:5] == ["✗", "Not", "conformant", "Not", "safe"]


def test_a_violated_requirement_is_open_and_shows_all() -> None:
    copy = copied(chain("source", 3))[1:]
    html = rendered({"SAME-01": violated("3 are not 2", compared(chain("source", 3), copy))})
    text = html.partition('id="SAME-01"')[2].partition("</tbody>\n<tbody")[0]
    assert "<details open>" in text
    for part in ("3 are not 2", "made thread", "cURL", "Python", "JavaScript", "missing from the copy"):
        assert part in text
    assert text.index("cURL") < text.index("Python") < text.index("JavaScript")


def test_the_picture_is_described_in_words_too() -> None:
    copy = copied(chain("source", 3))[1:]
    text = Text(rendered({"SAME-01": violated("lost", compared(chain("source", 3), copy))})).text
    assert (
        "Histories of source, 3 checkpoints, and copy, 2 checkpoints. "
        "Missing from the copy: step 1 (loop). Newest first." in text
    )


def test_several_deployments_stand_side_by_side() -> None:
    html = render_page(
        sample_report(sample_deployment("staging", {"SAME-01": violated()}), sample_deployment("embedded"))
    )
    row = html.partition('id="SAME-01">')[2].partition('<tr role="row" class="more"')[0]
    assert Text(row).text.strip().endswith("staging: ✗ violatedembedded: ✓ passed")
    assert "differ in 1 of" in Text(html).text


@pytest.mark.parametrize("seconds", [0, 41.5])
def test_a_run_that_reached_nothing_has_a_page(seconds: float) -> None:
    nothing = {row.id: MISSED | {"seconds": seconds} for row in read_catalogue()}
    html = rendered(nothing, verdict="no-verdict", problem="it is unreachable")
    assert "it is unreachable" in Text(html).text


@pytest.mark.parametrize("verdict", ["no-verdict", "not-implemented"])
def test_if_nothing_could_be_tested_nothing_is_said_to_pass(verdict: str) -> None:
    text = Text(rendered(verdict=verdict)).text
    assert "Nothing was tested: the verdict says why." in text
    assert "that was tested passes" not in text


def test_if_all_passed_there_is_nothing_to_look_at() -> None:
    assert "Nothing: every requirement that was tested passes." in Text(rendered()).text


def test_the_page_loads_nothing_and_allows_nothing() -> None:
    html = rendered()
    page = Text(html)
    assert not {"iframe", "object", "embed", "form", "img", "base"} & set(page.tags)
    assert page.tags.count("script") == page.tags.count("style") == page.tags.count("link") == 1
    assert not [name for name in page.attributes if name.startswith("on") or name in ("src", "style")]
    assert not re.search(r"""(href|url)[=(]["']?(https?:|//)""", html)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]


def test_a_run_of_the_whole_contract_with_all_that_was_compared_takes_little_room() -> None:
    copy = copied(chain("source", 130))
    pairs = [compared(chain("source", 130), copy[i:]) for i in range(2)]
    rows: Json = {row.id: {"comparisons": pairs} for row in read_catalogue()}
    assert len(rendered(rows).encode()) < 1_000_000


def test_a_run_with_a_third_of_the_contract_violated_has_a_page_of_less_than_a_megabyte() -> None:
    copy = copied(chain("source", 130))
    line = """curl -sS -X POST "$DEPLOYMENT_URL/threads/$COPY/copy" -H 'content-type: application/json'\n"""
    # As long as in a real run.
    scripts = {"curl": line * 45, "python": line * 60, "javascript": line * 55}
    violation = violated("lost", compared(chain("source", 130), copy[1:])) | {"reproduction": scripts}
    musts = [row.id for row in read_catalogue() if row.level == "MUST"]
    assert len(rendered(dict.fromkeys(musts[:21], violation)).encode()) < 1_000_000


def test_the_counts_are_those_of_each_group_and_level() -> None:
    untestable = {"outcome": "untestable", "reason": "this takes two identities"}
    table = rendered({"SAME-01": violated(), "SAME-15": {"outcome": "deviated"}, "ROB-10": untestable})
    rows = re.findall(r'<tr><th scope="row">(.*?)</tr>', table.partition('class="matrix')[2], re.DOTALL)
    text = [" ".join(Text(row.replace("</t", " </t")).text.split()) for row in rows]
    assert (
        "SAME its history is the source's history ✓ 13 passed ✗ 1 violated ✓ 1 passed ! 1 deviated none"
        in text
    )
    assert "ROB wrong requests are refused ✓ 5 passed ? 1 untestable ✓ 7 passed none" in text
    assert text[-1] == "All ✓ 42 passed ✗ 1 violated ? 1 untestable ✓ 17 passed ! 1 deviated ✓ 1 passed"


def test_the_picture_has_badges_for_remarkable_checkpoints() -> None:
    same = {"comparisons": [compared(branched("source"), copied(branched("source")))]}
    picture = rendered({"SAME-04": same}).partition("<figure")[2].partition("</figure>")[0]
    badges = [Text(badge).text for badge in re.findall(r'<span class="badge.*?</span>', picture)]
    of_each_side = ["✗ task error", "↱ branches off step 2 (loop)", "‖ 1 interrupt", "▣ subgraph"]
    assert sorted({*badges} & {*of_each_side}) == sorted(of_each_side)
    assert all(badges.count(badge) == 2 for badge in of_each_side)


def test_a_deployments_words_are_text_only() -> None:
    copy = copied(branched("source"))
    violation = violated("lost", compared(branched("source"), copy), compared(branched("source"), copy[2:]))
    harmless = Text(
        render_page(
            sample_report(sample_deployment(outcomes={"SAME-01": violation}), sample_deployment("other"))
        )
    )
    html = render_page(hostile_report())
    page = Text(html)
    assert page.tags.count("script") == 1
    assert "img" not in page.tags
    assert page.attributes <= harmless.attributes
    assert "<script>alert(1)</script>" in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", html)
    assert "\\x1b[31m" in page.text
    assert "\\u202e" in page.text
