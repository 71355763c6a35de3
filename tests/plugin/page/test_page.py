"""The page in a browser: of a hostile deployment, and of a real run."""

import json
from pathlib import Path

from pytest_threadcopy import assert_valid
from pytest_threadcopy.report.page.render import render_page
from tests.lab.browser import Open
from tests.lab.hostile_report import hostile_report
from tests.lab.runs import CONTRACT, run_pytest


def test_no_text_of_a_deployment_is_executed(open_page: Open, tmp_path: Path) -> None:
    opened = open_page(render_page(hostile_report()), width=390)
    opened.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert opened.page.get_by_text("<script>alert(1)</script>").first.is_visible()
    assert opened.page.evaluate("document.documentElement.scrollWidth") == 390
    assert opened.requests == [(tmp_path / "report.html").as_uri()]
    assert opened.messages == []


def test_the_page_of_a_real_run_has_pictures(tmp_path: Path, embedded_url: str, open_page: Open) -> None:
    reports = ("--threadcopy-report", "report.html", "--threadcopy-report", "report.json")
    picked = ("-k", "SAME-02 or SAME-04 or SAME-09")
    run_pytest(tmp_path, *CONTRACT, "--deployment-url", embedded_url, *reports, *picked)
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert_valid(document, "report")
    rows = document["deployments"][0]["requirements"]
    assert any(row["comparisons"] for row in rows)
    page = open_page((tmp_path / "report.html").read_text(encoding="utf-8")).page
    page.locator("#SAME-02 summary").first.click()
    page.locator("#SAME-02 .equal summary").click()
    assert page.locator("#SAME-02 .tree .count").first.inner_text() == "126 equal checkpoints"
    assert page.locator("#SAME-04 .tree").get_by_text("branches off").count() == 2
    assert page.locator("#SAME-09 .tree tr.differs .paths").first.is_visible()
