"""The instructions of docs/kit.md work."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_threadcopy.embedded import EmbeddedServer
from pytest_threadcopy.scenarios import GRAPH_ID
from tests.lab.deployments.page import PAGE
from tests.lab.runs import CONTRACT, run_pytest

KIT = PAGE.with_name("kit.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", KIT, re.MULTILINE | re.DOTALL)
PYTHON, JAVASCRIPT = (json.loads(text) for language, text in BLOCKS if language == "json")
COPY_PYTHON, COPY_JAVASCRIPT = (text.removeprefix("$ ") for language, text in BLOCKS if language == "console")
(ROLES,) = (text for language, text in BLOCKS if language == "toml")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the kit and its own graph, which interrupts like the graph in the page's example."""
    folder = tmp_path_factory.mktemp("project")
    commands = f'export PATH="{Path(sys.executable).parent}:$PATH"\n{COPY_PYTHON}{COPY_JAVASCRIPT}'
    subprocess.run(["sh", "-ec", commands], cwd=folder, check=True)
    shutil.copy(folder / "threadcopy_graphs.py", folder / "agent.py")
    with (folder / "agent.py").open("a") as file:
        file.write("\ngraph = threadcopy_interrupting\n")
    (folder / "pyproject.toml").write_text(ROLES)
    return folder


@pytest.fixture(scope="module")
def project_url(project: Path) -> Iterator[str]:
    """The URL of that project, deployed with the page's langgraph.json."""
    graphs = {name: path.replace("./", f"{project.as_posix()}/") for name, path in PYTHON["graphs"].items()}
    with EmbeddedServer({**PYTHON, "graphs": graphs}) as server:
        yield server.url


def test_the_kit_plays_every_role_except_the_one_that_the_projects_own_graph_plays(
    project: Path, project_url: str
) -> None:
    options = ("--deployment-url", project_url, "--threadcopy-report", "report.json", "-rs")
    result = run_pytest(project, *CONTRACT, *options, "-k", "NEW-01 or SAME-05 or CONT-04")
    result.assert_outcomes(passed=3)
    (deployment,) = json.loads((project / "report.json").read_text())["deployments"]
    assert deployment["capabilities"]["roles"] == {**GRAPH_ID, "interrupting": "agent"}


def test_the_kit_in_javascript_is_at_the_path_of_its_page(project: Path) -> None:
    for graph_id in GRAPH_ID.values():
        path, _, name = JAVASCRIPT["graphs"][graph_id].partition(":")
        assert name == graph_id
        assert f"export const {name} = " in (project / path).read_text()


@pytest.mark.parametrize("role", GRAPH_ID)
def test_the_page_lists_every_role(role: str) -> None:
    assert f"| {role} | `{GRAPH_ID[role]}` |" in KIT
