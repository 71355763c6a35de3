"""Which assistant plays which role on the real server, and with what input."""

from pathlib import Path
from typing import Any

from pytest_threadcopy.config.role_table import read_roles
from pytest_threadcopy.deployment.roles import Role, Roles, message
from pytest_threadcopy.scenarios import GRAPH_ID
from tests.lab.deployed import deployed


def find(url: str, name: str, **settings: Any) -> Role:
    """Return the assistant that plays a role under these settings."""
    with deployed(url, **settings) as deployment:
        role = deployment.roles.find(name)
    assert role is not None
    return role


def table(folder: Path, text: str) -> Any:
    """Return the roles that a pyproject.toml with this text names."""
    pyproject = folder / "pyproject.toml"
    pyproject.write_text(text)
    return read_roles(pyproject)


def test_the_kits_graphs_play_every_role_without_settings(embedded_url: str) -> None:
    with deployed(embedded_url) as deployment:
        assert deployment.roles.playable() == GRAPH_ID
        roles = [deployment.roles.find(name) for name in GRAPH_ID]
    assert all(role and role.may_run for role in roles)
    assert roles[0] == Role("plain", "threadcopy_plain", message("Hello"), "left", True, "data")


def test_a_role_in_pyproject_names_assistant_input_and_resume_value(
    embedded_url: str, tmp_path: Path
) -> None:
    roles = table(
        tmp_path,
        """
        [tool.threadcopy.roles.interrupting]
        assistant = "threadcopy_nested"
        input = {messages = [], counter = 3}
        resume = {approved = true}
        """,
    )
    role = find(embedded_url, "interrupting", roles=roles)
    assert role.assistant_id == "threadcopy_nested"
    assert role.input == {"messages": [], "counter": 3}
    assert role.resume == {"approved": True}
    assert role.may_run, "an input allows a run"


def test_a_role_in_pyproject_without_an_input_may_not_run(embedded_url: str, tmp_path: Path) -> None:
    roles = table(tmp_path, '[tool.threadcopy.roles.slow]\nassistant = "threadcopy_nested"')
    role = find(embedded_url, "slow", roles=roles)
    assert (role.assistant_id, role.input, role.may_run) == ("threadcopy_nested", message("Hello"), False)


def test_pyproject_wins_over_the_kit_for_its_own_role_alone(embedded_url: str, tmp_path: Path) -> None:
    roles = table(tmp_path, '[tool.threadcopy.roles.slow]\nassistant = "threadcopy_nested"')
    assert find(embedded_url, "slow", roles=roles).assistant_id == "threadcopy_nested"
    assert find(embedded_url, "failing", roles=roles).assistant_id == "threadcopy_failing"


def test_the_assistant_of_the_option_plays_plain_and_may_not_run(embedded_url: str) -> None:
    role = find(embedded_url, "plain", assistant="threadcopy_nested")
    assert (role.assistant_id, role.may_run) == ("threadcopy_nested", False)


def test_the_option_can_name_an_assistant_by_its_id(embedded_url: str) -> None:
    with deployed(embedded_url) as deployment:
        listed = {each["graph_id"]: each["assistant_id"] for each in deployment.assistants}
    role = find(embedded_url, "plain", assistant=listed["threadcopy_nested"])
    assert (role.assistant_id, role.free_key) == (listed["threadcopy_nested"], "data")


def test_an_input_allows_the_assistant_to_run(embedded_url: str) -> None:
    role = find(embedded_url, "plain", assistant="threadcopy_nested", input={"counter": 1})
    assert (role.input, role.may_run) == ({"counter": 1}, True)


def test_the_published_schemas_give_the_input_and_the_free_key(embedded_url: str) -> None:
    role = find(embedded_url, "plain", assistant="threadcopy_nested")
    assert (role.input, role.free_key) == (message("Hello"), "data")


def test_an_assistant_without_schemas_gets_a_message(embedded_url: str) -> None:
    role = find(embedded_url, "plain", assistant="nobody's")
    assert (role.input, role.free_key, role.may_run) == (message("Hello"), None, False)


def test_without_the_kit_the_first_assistant_plays_plain_and_no_other_role(embedded_url: str) -> None:
    with deployed(embedded_url) as deployment:
        users_own = [
            {**listed, "graph_id": f"my_{listed['graph_id']}"}
            for listed in deployment.assistants
            if listed["graph_id"] in ("threadcopy_nested", "threadcopy_slow")
        ]
        roles = Roles(deployment.client, deployment.settings, users_own)
        assert roles.playable() == {"plain": users_own[0]["graph_id"]}
        role = roles.find("plain")
    assert role
    assert not role.may_run


def test_a_deployment_without_assistants_plays_no_role(embedded_url: str) -> None:
    with deployed(embedded_url) as deployment:
        assert Roles(deployment.client, deployment.settings, []).playable() == {}
