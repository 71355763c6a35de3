"""The recipes of docs/ci.md are valid, and a run of their commands does what the page says."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from pytest_threadcopy.embedded.server import HOST, free_port
from tests.lab.runs import CONTRACT, FOREIGN_PREFIXES, run_pytest, start_pytest

PAGE = (Path(__file__).parents[3] / "docs" / "ci.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
GITHUB, GITLAB = (text for language, text in BLOCKS if language == "yaml")
KEY = "canary-of-the-key"
FILES = {f"thread-copies{suffix}" for suffix in (".html", ".md", ".json", ".xml", "-badge.json")}


def load(recipe: str) -> Any:
    """Return a recipe as data, in which ``on`` is a key and not a boolean."""
    return yaml.load(recipe, Loader=yaml.BaseLoader)


def shell(folder: Path, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run commands as a CI system does, on two requirements: SAME-11 is violated."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_PREFIXES)}
    chosen = {"CI": "true", "PYTEST_ADDOPTS": "-p no:cacheprovider -k 'NEW-01 or SAME-11'"}
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env=inherited | chosen | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A user's checkout whose environment came from the cache: here it is the environment of this test."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


@pytest.mark.parametrize(("schema", "recipe"), [("github-workflows", GITHUB), ("gitlab-ci", GITLAB)])
def test_a_recipe_is_valid_for_its_ci_system(tmp_path: Path, schema: str, recipe: str) -> None:
    file = tmp_path / "recipe.yml"
    file.write_text(recipe, encoding="utf-8")
    command = ["check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(file)]
    result = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_githubs_recipe_shows_the_result_although_the_test_fails(checkout: Path, embedded_url: str) -> None:
    install, test, show = (step for step in load(GITHUB)["jobs"]["contract"]["steps"] if "run" in step)
    assert install["if"] == "steps.environment.outputs.cache-hit != 'true'"
    result = shell(
        checkout,
        test["run"],
        DEPLOYMENT_URL=embedded_url,
        DEPLOYMENT_API_KEY=KEY,
        GITHUB_ACTIONS="true",
    )
    assert result.returncode == pytest.ExitCode.TESTS_FAILED
    assert "\n::error title=SAME-11 violated" in result.stdout
    assert show["if"] == "always()"
    summary = checkout / "summary"
    assert shell(checkout, show["run"], GITHUB_STEP_SUMMARY=str(summary)).returncode == 0
    assert summary.read_text(encoding="utf-8").startswith("## Thread copies: not conformant\n")
    assert_written(checkout, result.stdout + result.stderr)


def test_githubs_recipe_uploads_the_files_although_the_test_fails() -> None:
    *_, keep = load(GITHUB)["jobs"]["contract"]["steps"]
    assert keep["if"] == "always()"
    patterns = keep["with"]["path"].split()
    assert {file for file in FILES for pattern in patterns if Path(file).match(pattern)} == FILES


def test_githubs_recipe_takes_url_and_key_from_the_repository() -> None:
    (environment,) = (step["env"] for step in load(GITHUB)["jobs"]["contract"]["steps"] if "env" in step)
    assert environment == {
        "DEPLOYMENT_URL": "${{ vars.DEPLOYMENT_URL }}",
        "DEPLOYMENT_API_KEY": "${{ secrets.DEPLOYMENT_API_KEY }}",
    }


def test_gitlabs_recipe_writes_its_artifacts_although_the_test_fails(
    checkout: Path, embedded_url: str
) -> None:
    job = load(GITLAB)["thread-copies"]
    variables = {"DEPLOYMENT_URL": embedded_url, "DEPLOYMENT_API_KEY": KEY, "GITLAB_CI": "true"}
    result = shell(checkout, "\n".join(job["script"]), **variables)
    assert result.returncode == pytest.ExitCode.TESTS_FAILED
    assert shell(checkout, "\n".join(job["after_script"]), **variables).returncode == 0
    assert job["artifacts"]["when"] == "always"
    assert {*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]} == FILES
    assert_written(checkout, result.stdout + result.stderr)


def assert_written(folder: Path, output: str) -> None:
    """Assert that a recipe wrote all of its files whole, without a secret."""
    written = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("thread-copies*")}
    assert set(written) == FILES
    assert json.loads(written["thread-copies.json"])["deployments"][0]["verdict"] == "not-conformant"
    assert "<html" in written["thread-copies.html"]
    assert len(list(ElementTree.fromstring(written["thread-copies.xml"]).iter("testcase"))) == 2
    assert json.loads(written["thread-copies-badge.json"])["message"] == "not conformant"
    assert KEY not in output + "".join(written.values())


@pytest.mark.parametrize("recipe", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_a_recipe_runs_in_parallel_in_a_cached_environment(recipe: str) -> None:
    assert " -n 4" in recipe
    assert "requirements-thread-copies.txt" in recipe
    (requirements,) = (text.split() for language, text in BLOCKS if language == "text")
    assert requirements == ["pytest-threadcopy", "pytest-xdist"]


def test_the_badge_is_the_one_that_the_page_shows() -> None:
    (badge,) = (json.loads(text) for language, text in BLOCKS if language == "json")
    from pytest_threadcopy.report.markdown import render_markdown
    from tests.lab.sample_reports import sample_deployment, sample_report

    last = render_markdown(sample_report(sample_deployment())).splitlines()[-1]
    assert last == f"<!-- {json.dumps(badge)} -->"


def test_exit_code_0_if_all_that_was_tested_passes(tmp_path: Path, embedded_url: str) -> None:
    assert run(tmp_path, embedded_url, "-k", "NEW-01") == 0


def test_exit_code_1_if_a_must_is_violated(tmp_path: Path, embedded_url: str) -> None:
    assert run(tmp_path, embedded_url, "-k", "SAME-11") == 1


@pytest.mark.parametrize("row", ["NEW-07", "ROB-10"], ids=["a SHOULD fails", "a MUST is untestable"])
def test_exit_code_1_if_the_run_is_strict(tmp_path: Path, embedded_url: str, row: str) -> None:
    assert run(tmp_path, embedded_url, "-k", row) == 0
    assert run(tmp_path, embedded_url, "-k", row, "--threadcopy-strict") == 1


def test_exit_code_1_if_a_users_own_test_fails(tmp_path: Path, embedded_url: str) -> None:
    (tmp_path / "test_mine.py").write_text("def test_mine():\n    assert False\n")
    assert run(tmp_path, embedded_url, "test_mine.py", "-k", "NEW-01 or mine") == 1


def test_exit_code_1_if_one_deployment_of_several_cannot_be_tested(tmp_path: Path, embedded_url: str) -> None:
    assert (
        run(tmp_path, embedded_url, "-k", "NEW-01", "--deployment-url", f"http://{HOST}:{free_port()}") == 1
    )


def test_exit_code_2_after_ctrl_c(tmp_path: Path, embedded_url: str) -> None:
    arguments = (*CONTRACT, "-v", "--deployment-url", embedded_url)
    with start_pytest(tmp_path, *arguments, PYTHONUNBUFFERED="1") as process:
        assert process.stdout is not None
        assert any("PASSED" in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 2


def test_exit_code_3_if_a_plugin_fails(tmp_path: Path, embedded_url: str) -> None:
    (tmp_path / "failing.py").write_text("def pytest_runtestloop():\n    raise KeyError('a bug')\n")
    assert run(tmp_path, embedded_url, "-k", "NEW-01", "-p", "failing") == 3


def test_exit_code_4_if_the_deployment_is_unreachable(tmp_path: Path) -> None:
    assert run(tmp_path, f"http://{HOST}:{free_port()}") == 4


def test_exit_code_4_for_a_bad_option(tmp_path: Path, embedded_url: str) -> None:
    assert run(tmp_path, embedded_url, "--threadcopy-timeout", "soon") == 4


def test_exit_code_5_if_no_test_is_selected(tmp_path: Path, embedded_url: str) -> None:
    assert run(tmp_path, embedded_url, "-k", "NEW-99") == 5


def test_the_page_lists_each_exit_code_of_pytest() -> None:
    documented = {int(code) for code in re.findall(r"^\| (\d) \|", PAGE, re.MULTILINE)}
    assert {code.value for code in pytest.ExitCode} <= documented


def run(folder: Path, url: str, *arguments: str) -> int:
    return int(run_pytest(folder, *CONTRACT, "--deployment-url", url, *arguments).ret)


def test_the_junit_file_has_the_properties_that_the_page_lists(tmp_path: Path, embedded_url: str) -> None:
    run(tmp_path, embedded_url, "-k", "NEW-01", "--junitxml", "junit.xml")
    names = [str(prop.get("name")) for prop in ElementTree.parse(tmp_path / "junit.xml").iter("property")]
    documented = re.findall(r"^\| `(threadcopy_\w+)` \|", PAGE, re.MULTILINE)
    assert sorted(name for name in names if name != "note") == sorted(documented)
