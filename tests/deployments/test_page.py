"""What is recorded is explained and told: no server is needed to see that."""

import pytest

from .findings import BROKEN, explanations, recorded
from .page import COMMAND, PAGE, render
from .servers import DEPLOYMENTS, Deployment


def _broken(deployment: Deployment) -> set[str]:
    return {id_ for id_, outcome in recorded(deployment.name).outcomes.items() if outcome in BROKEN}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment.name)
def test_all_that_is_broken_is_explained_with_commands_to_see_it(deployment: Deployment) -> None:
    explained = {id_ for id_, waiver in explanations(deployment).items() if "curl" in waiver.see}
    assert _broken(deployment) - explained == set()


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment.name)
def test_no_requirement_ended_in_an_error_of_ours(deployment: Deployment) -> None:
    assert "error" not in recorded(deployment.name).outcomes.values()


@pytest.mark.parametrize("file", sorted({file for one in DEPLOYMENTS for file in one.explained}), ids=str)
def test_nothing_is_explained_that_is_not_broken(file: object) -> None:
    sharing = [one for one in DEPLOYMENTS if file in one.explained]
    broken = {id_ for one in sharing for id_ in _broken(one)}
    alone = Deployment("", "", "", sharing[0].start, (file,))  # type: ignore[arg-type]
    assert set(explanations(alone)) - broken == set()


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), f"docs/deployments.md is not up to date: {COMMAND}"
