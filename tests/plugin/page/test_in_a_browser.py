"""The page in a real browser: light and dark, narrow and printed, seen and read aloud."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from pytest_threadcopy.report.document import Comparison, Deployment
from pytest_threadcopy.report.page.render import render_page
from tests.lab.browser import Open
from tests.lab.page_documents import branched, chain, compared, copied, violated
from tests.lab.sample_reports import sample_deployment, sample_report

Json = dict[str, Any]


def two_missing() -> Comparison:
    """A branched history, compared with a copy that lacks two of its checkpoints."""
    copy = copied(branched("source"))
    return compared(branched("source"), [*copy[:3], *copy[5:]])


def failing_deployment() -> Deployment:
    """A deployment with every kind of failure."""
    copy = copied(branched("source"))
    copy[0]["values"]["counter"] = 77
    newest = copied(chain("source", 130))[:1]
    return sample_deployment(
        "staging",
        {
            "SAME-02": violated("1 is not 130", compared(chain("source", 130), newest)),
            "SAME-04": violated(
                "two checkpoints are missing", two_missing(), compared(branched("source"), copy)
            ),
            "SAME-05": {"comparisons": [compared(branched("source"), copied(branched("source")))]},
            "NEW-06": {"outcome": "stale-waiver", "reason": "passes although waived"},
            "NEW-07": {"outcome": "deviated", "reason": "status is idle"},
            "ROB-10": {"outcome": "untestable", "reason": "this takes two identities"},
            "ROB-11": {"outcome": "error", "reason": "RuntimeError: a bug"},
            "CONT-03": {"outcome": "waived", "reason": "known. Seen: it fails"},
        },
        capabilities={
            "history": {"method": "GET", "page": 100, "before": "GET before=ID"},
            "sources": "by_supersteps",
            "search": False,
            "roles": {"plain": "threadcopy_plain"},
            "problems": {"search": "POST /threads/search answered 500"},
        },
    )


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """The pages of one deployment, of two, and of six."""
    others = [sample_deployment(f"https://deployment-{i}.example/with/a/long/path") for i in range(5)]
    return {
        "one": render_page(sample_report(failing_deployment())),
        "two": render_page(sample_report(failing_deployment(), others[0])),
        "six": render_page(sample_report(failing_deployment(), *others)),
    }


@pytest.fixture
def page_of_one(pages: dict[str, str]) -> str:
    """The page of one deployment."""
    return pages["one"]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("html", ["one", "two", "six"])
def test_the_page_fits_and_makes_no_request_and_no_message(
    pages: dict[str, str], open_page: Open, html: str, scheme: str, width: int
) -> None:
    opened = open_page(pages[html], width=width, color_scheme=scheme)
    opened.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert opened.page.evaluate("document.documentElement.scrollWidth") == width
    assert opened.page.screenshot()
    assert opened.requests == [opened.page.url]
    assert opened.messages == []


def test_dark_is_dark_and_light_is_light(open_page: Open, page_of_one: str) -> None:
    grounds = [
        open_page(page_of_one, color_scheme=scheme).page.evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    ]
    assert grounds == ["rgb(255, 255, 255)", "rgb(13, 17, 23)"]


def test_the_verdict_is_visible_without_scrolling(open_page: Open, page_of_one: str) -> None:
    page = open_page(page_of_one, width=390).page
    heading = page.get_by_role("heading", name="Not conformant").bounding_box()
    assert heading
    assert heading["y"] < 300


def test_folded_parts_are_printed(open_page: Open, page_of_one: str) -> None:
    opened = open_page(page_of_one)
    script = opened.page.locator("#SAME-04 details.script", has_text="JavaScript").locator("pre")
    assert not script.is_visible()
    opened.page.emulate_media(media="print")
    assert script.is_visible()
    assert opened.page.pdf(print_background=True).startswith(b"%PDF")
    assert opened.messages == []


def test_without_javascript_only_the_copy_buttons_are_missing(open_page: Open, page_of_one: str) -> None:
    page = open_page(page_of_one, java_script_enabled=False).page
    assert page.get_by_role("button", name="Copy").count() == 0
    page.locator("#SAME-05 summary").first.click()
    assert page.locator("#SAME-05 .source").is_visible()


def test_a_script_is_copied_by_its_button(open_page: Open, page_of_one: str) -> None:
    page = open_page(page_of_one, permissions=["clipboard-read", "clipboard-write"]).page
    page.locator("#SAME-04").get_by_role("button", name="Copy").first.click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("COPY=$(curl ")


def test_a_link_leads_to_the_requirement(open_page: Open, page_of_one: str) -> None:
    page = open_page(page_of_one).page
    page.get_by_role("link", name="SAME-04").first.click()
    expect(page.locator("#SAME-04 .reason")).to_be_in_viewport()


def test_the_first_key_leads_past_the_head(open_page: Open, page_of_one: str) -> None:
    page = open_page(page_of_one).page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_missing_checkpoint_has_a_gap_beside_it(open_page: Open, page_of_one: str) -> None:
    picture = open_page(page_of_one).page.locator("#SAME-04 .tree").first
    assert picture.locator("tbody tr").count() == 9
    row = picture.locator("tr.alone").first
    source, gap = row.locator(".side").first, row.locator(".gap")
    assert "step 4" in source.inner_text()
    assert gap.inner_text() == "missing from the copy"
    left, right = source.bounding_box(), gap.bounding_box()
    assert left
    assert right
    assert left["y"] <= right["y"] < left["y"] + left["height"]
    assert right["x"] >= left["x"] + left["width"]


def test_its_outline_is_read_aloud_in_order(open_page: Open, page_of_one: str) -> None:
    page = open_page(page_of_one).page
    assert page.evaluate("document.documentElement.lang") == "en"
    assert [page.get_by_role(role).count() for role in ("banner", "navigation", "main", "contentinfo")] == [
        1
    ] * 4
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5')].map(one => +one.tagName[1])")
    assert levels.count(1) == 1
    picture = page.locator("#SAME-04 .tree").first.aria_snapshot()
    assert 'row "step 4 loop next ask, count' in picture
    assert "on one side only missing from the copy" in picture


@pytest.mark.parametrize(
    ("html", "options"),
    [
        ("one", {"color_scheme": "light", "width": 1280}),
        ("one", {"color_scheme": "dark", "width": 390}),
        ("two", {"color_scheme": "light", "width": 390}),
    ],
)
def test_axe_finds_no_violation(
    pages: dict[str, str], open_page: Open, javascript_modules: Path, html: str, options: Json
) -> None:
    page = open_page(pages[html], bypass_csp=True, **options).page
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.add_script_tag(path=javascript_modules / "node_modules" / "axe-core" / "axe.min.js")
    result = page.evaluate("axe.run()")
    assert result["passes"]
    violations = [
        f"{violation['id']}: {node['html'][:200]} {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"][:3]
    ]
    assert not violations, "\n".join(violations)
