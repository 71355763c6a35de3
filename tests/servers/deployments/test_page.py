"""What is recorded is explained and told: no server is needed to see that."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.lab.deployments.findings import FAILED, changes, explanations, recorded
from tests.lab.deployments.page import COMMAND, PAGE, render
from tests.lab.deployments.servers import DEPLOYMENTS, Deployment


def _broken(deployment: Deployment) -> set[str]:
    return {id_ for id_, outcome in recorded(deployment.name).outcomes.items() if outcome in FAILED}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment.name)
def test_all_that_is_broken_is_explained_with_commands_to_see_it(deployment: Deployment) -> None:
    explained = {id_ for id_, waiver in explanations(deployment).items() if "curl" in waiver.see}
    assert _broken(deployment) - explained == set()


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment.name)
def test_no_requirement_ended_in_an_error_of_ours(deployment: Deployment) -> None:
    assert "error" not in recorded(deployment.name).outcomes.values()


@pytest.mark.parametrize(
    "file", sorted({file for one in DEPLOYMENTS for file in one.explained}), ids=lambda file: file.stem
)
def test_nothing_is_explained_that_is_not_broken(file: Path) -> None:
    sharing = [one for one in DEPLOYMENTS if file in one.explained]
    broken = {id_ for one in sharing for id_ in _broken(one)}
    assert set(explanations(replace(sharing[0], explained=(file,)))) - broken == set()


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), f"docs/deployments.md is not up to date: {COMMAND}"


def test_what_ended_otherwise_than_recorded_is_told_by_id() -> None:
    was = recorded("faithful")
    now = replace(was, verdict="not-conformant", outcomes={**was.outcomes, "NEW-01": "violated"})
    assert changes(was, now, {"NEW-01": "it has the id of its source"}) == [
        f"the verdict is not-conformant, and was {was.verdict}",
        "NEW-01 is violated, and was passed: it has the id of its source",
    ]
    assert changes(was, was, {}) == []


def test_another_version_alone_is_no_difference() -> None:
    was = recorded("faithful")
    assert changes(was, replace(was, versions={"langgraph-api": "99"}), {}) == []


def test_a_requirement_that_is_not_recorded_is_a_difference() -> None:
    was = recorded("faithful")
    now = replace(was, outcomes={**was.outcomes, "NEW-99": "passed"})
    assert changes(was, now, {}) == ["NEW-99 is passed, and was not recorded: "]
