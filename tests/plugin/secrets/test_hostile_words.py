"""The text of a deployment is text in each output: nothing executes it."""

import re
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

import cmarkgfm  # type: ignore[import-untyped]
import pytest
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]

from tests.lab.browser import Open
from tests.lab.runs import run_pytest
from tests.plugin.secrets.echoing import Place, echoing

TITLE = "taken over"
WORDS = (
    f"\x1b]0;{TITLE}\x07\x1b[2J\x1b[35;46mred\x9b31m\x1b]8;;http://evil.example\x07link\x1b]8;;\x07\r\x08\x00"
    "\n::error::of another\n\u202egnp.exe\u2066\u200b"
    "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg onload=alert(3)>"
    "[click](javascript:alert(4)) | ![](http://evil.example/a.png) `$(touch pwned)` ]]>--> {{ 7*7 }}"
)
# The colours of pytest.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_HIDDEN_OR_OBEYED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]")
PICKED = "NEW-01 or NEW-06 or SAME-01 or CONT-01 or ROB-01"
CONTRACT = ("--pyargs", "pytest_threadcopy.contract", "-k", PICKED)
REPORTS = ("report.html", "report.md")


@pytest.fixture(scope="module", params=Place)
def folder(
    request: pytest.FixtureRequest, embedded_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a run in CI on a deployment that shows the hostile words: its reports and its output."""
    folder = tmp_path_factory.mktemp("words")
    reports = [f"--threadcopy-report={name}" for name in REPORTS]
    with echoing(embedded_url, request.param, WORDS) as url:
        options = (*CONTRACT, "--deployment-url", url, *reports)
        result = run_pytest(folder, *options, GITHUB_ACTIONS="true", CI="true")
        (folder / "output.txt").write_text("\n".join(result.outlines), encoding="utf-8")
    return folder


def test_a_browser_executes_nothing_of_it(folder: Path, open_page: Open) -> None:
    opened = open_page((folder / "report.html").read_text(encoding="utf-8"))
    page = opened.page
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.wait_for_timeout(200)
    assert opened.messages == []
    assert len(opened.requests) == 1
    assert page.evaluate("document.querySelectorAll('img, svg[onload], script[src], iframe').length") == 0
    assert page.evaluate("[...document.links].filter(one => /evil|javascript/.test(one.href)).length") == 0
    body_text = page.inner_text("body")
    assert "<script>alert(1)</script>" in body_text
    assert not _HIDDEN_OR_OBEYED.search(body_text)


def test_a_summary_has_no_markup_of_it(folder: Path) -> None:
    text = (folder / "report.md").read_text(encoding="utf-8")
    page = cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE)
    assert not re.search(r"<(script|img|svg)|<a [^>]*(evil|javascript:)", page)
    assert not _HIDDEN_OR_OBEYED.search(text)


def test_github_reads_no_command_of_it(folder: Path) -> None:
    output = (folder / "output.txt").read_text(encoding="utf-8")
    heard = re.sub(r"(?s)::stop-commands::(\w+)\n.*?\n::\1::", "", output)
    commands = [line for line in heard.splitlines() if line.lstrip().startswith("::")]
    assert all(re.match(r"::(error|warning|notice) title=", line) for line in commands)


def test_no_shell_executes_it(folder: Path) -> None:
    assert not list(folder.rglob("pwned"))


@pytest.mark.parametrize("style", ["auto", "long", "short", "line", "native"])
@pytest.mark.parametrize("place", Place)
def test_a_terminal_executes_nothing_of_it(
    tmp_path: Path, embedded_url: str, place: Place, style: str
) -> None:
    """In a real terminal, whose input and title the test reads."""
    if shutil.which("tmux") is None:
        pytest.fail("the tests need tmux: without it, no test reads a terminal")
    with echoing(embedded_url, place, WORDS) as url:
        options = ["-p", "no:cacheprovider", "-vv", f"--tb={style}", "--log-cli-level=INFO", "-rA", *CONTRACT]
        command = [sys.executable, "-m", "pytest", *options, "--deployment-url", url]
        heard, title = in_a_terminal(tmp_path, command)
    assert "thread copy contract" in heard
    assert title != TITLE
    assert "\x1b[35;46m" not in heard
    assert not _HIDDEN_OR_OBEYED.search(_COLOUR.sub("", heard).replace("\x1b[?2026", ""))


def in_a_terminal(folder: Path, command: list[str]) -> tuple[str, str]:
    """Run a command in a terminal of 100 columns; return its output and the terminal's title."""
    name = f"threadcopy-{uuid.uuid4().hex[:8]}"
    tmux = ["tmux", "-L", name, "-f", "/dev/null"]
    raw, end = folder / "raw", folder / "done"
    script = f"cd {shlex.quote(str(folder))}; {shlex.join(command)}; touch {shlex.quote(str(end))}; sleep 60"
    started = ["new-session", "-d", "-x", "100", "-y", "50", f"sleep 0.3; {script}"]
    try:
        subprocess.run([*tmux, *started, ";", "pipe-pane", f"cat > {shlex.quote(str(raw))}"], check=True)
        deadline = time.monotonic() + 90
        while not end.exists():
            assert time.monotonic() < deadline, "the run did not end"
            time.sleep(0.1)
        time.sleep(0.3)
        command = [*tmux, "display-message", "-p", "#{pane_title}"]
        title = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
    return raw.read_bytes().decode("utf-8", errors="replace"), title
