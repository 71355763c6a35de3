"""Each recorded failure is explained, and docs/deployments.md is up to date: tests without a server."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.lab.deployments.findings import FAILED, changes, explanations, recorded
from tests.lab.deployments.page import COMMAND, PAGE, render
from tests.lab.deployments.servers import DEPLOYMENTS, Deployment


def _failures(deployment: Deployment) -> set[str]:
    return {id_ for id_, outcome in recorded(deployment.name).outcomes.items() if outcome in FAILED}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment.name)
def test_every_failure_is_explained_with_commands_that_show_it(deployment: Deployment) -> None:
    explained = {id_ for id_, waiver in explanations(deployment).items() if "curl" in waiver.see}
    assert _failures(deployment) - explained == set()


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment.name)
def test_no_requirement_ended_in_an_error(deployment: Deployment) -> None:
    assert "error" not in recorded(deployment.name).outcomes.values()


@pytest.mark.parametrize(
    "file", sorted({file for one in DEPLOYMENTS for file in one.explained}), ids=lambda file: file.stem
)
def test_every_explanation_is_of_a_failure(file: Path) -> None:
    sharing = [one for one in DEPLOYMENTS if file in one.explained]
    failures = {id_ for one in sharing for id_ in _failures(one)}
    assert set(explanations(replace(sharing[0], explained=(file,)))) - failures == set()


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), f"docs/deployments.md is not up to date: {COMMAND}"


def test_a_changed_outcome_is_reported_by_id() -> None:
    was = recorded("faithful")
    now = replace(was, verdict="not-conformant", outcomes={**was.outcomes, "NEW-01": "violated"})
    assert changes(was, now, {"NEW-01": "it has the id of its source"}) == [
        f"the verdict is not-conformant, and was {was.verdict}",
        "NEW-01 is violated, and was passed: it has the id of its source",
    ]
    assert changes(was, was, {}) == []


def test_a_changed_version_alone_is_no_difference() -> None:
    was = recorded("faithful")
    assert changes(was, replace(was, versions={"langgraph-api": "99"}), {}) == []


def test_a_requirement_that_is_not_recorded_is_a_difference() -> None:
    was = recorded("faithful")
    now = replace(was, outcomes={**was.outcomes, "NEW-99": "passed"})
    assert changes(was, now, {}) == ["NEW-99 is passed, and was not recorded: "]
