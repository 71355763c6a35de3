"""The representation of an object that a test can hold shows no secret."""

from pathlib import Path

from tests.lab.runs import run_pytest, thread_store
from tests.plugin.secrets.canaries import found_below, give, with_password

TESTS = """
import pathlib
import pprint


def test_it(request, deployment, deployment_client, thread_sources):
    thread = deployment_client.threads.create()
    refusal = deployment_client.transport.send("GET", "/nowhere")
    session = request.config.pluginmanager.get_plugin("threadcopy-session")
    client, second, anonymous = deployment_client, deployment.second_client, deployment.anonymous_client
    objects = [
        deployment, deployment.settings, deployment.server, deployment.record, deployment.roles,
        client, client.transport, client.threads, client.runs, client.assistants, client.transport.traffic,
        client.threads.copy_answer(thread["thread_id"]), client.threads.history(thread["thread_id"]),
        second, second.transport, anonymous, refusal, refusal.error(), session, *session.targets.values(),
        thread_sources, request.config, request.node, request.session,
    ]
    # One level deeper, too: what they are made of.
    plain = (bytes, dict, list, tuple, set, str)
    ours = (one for one in objects if type(one).__module__.startswith("pytest_threadcopy"))
    parts = (part for one in ours for part in getattr(one, "__dict__", {}).values())
    held = [part for part in parts if not isinstance(part, plain)]
    shown = [form(one) for form in (repr, str, pprint.pformat) for one in [*objects, *held]]
    pathlib.Path("shown.txt").write_text("\\n".join(shown))
"""


def test_no_object_shows_a_secret(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    options, environment = give(tmp_path)
    with thread_store() as store:
        environment["DEPLOYMENT_URL"] = with_password(store.url)
        run_pytest(tmp_path, "test_it.py", *options, **environment).assert_outcomes(passed=1)
    assert (tmp_path / "shown.txt").stat().st_size > 1000
    assert found_below(tmp_path) == {}
