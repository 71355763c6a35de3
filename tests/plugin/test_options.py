"""Options: where a user can set them, which value wins, and that no output shows a secret."""

from pathlib import Path

import pytest

from pytest_threadcopy.config.options import OPTIONS
from tests.lab.runs import ThreadStore, run_pytest

FROM_INI, FROM_ENVIRONMENT, FROM_COMMAND_LINE = "3", "5", "7"
KEY, TOKEN = "key-that-nobody-may-see", "token-that-nobody-may-see"


@pytest.fixture
def timeout_test(pytester: pytest.Pytester) -> None:
    """A user's test that prints one setting."""
    pytester.makepyfile(
        test_it="def test_timeout(deployment): print(f'timeout={deployment.settings.timeout:g}.')"
    )


@pytest.fixture
def thread_test(pytester: pytest.Pytester) -> None:
    """A user's test that makes a thread."""
    pytester.makepyfile(test_it="def test_thread(deployment_client): deployment_client.threads.create()")


def test_the_ini_file_sets_a_value_that_nothing_else_sets(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\ndeployment_url = http://ini.invalid")
    run_pytest(pytester.path).stdout.fnmatch_lines(["deployment: http://ini.invalid"])


def test_the_environment_beats_the_ini_file(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\ndeployment_url = http://ini.invalid")
    result = run_pytest(pytester.path, DEPLOYMENT_URL="http://environment.invalid")
    result.stdout.fnmatch_lines(["deployment: http://environment.invalid"])


def test_the_command_line_beats_the_environment(pytester: pytest.Pytester) -> None:
    address = "--deployment-url=http://command.line.invalid"
    result = run_pytest(pytester.path, address, DEPLOYMENT_URL="http://environment.invalid")
    result.stdout.fnmatch_lines(["deployment: http://command.line.invalid"])


@pytest.mark.parametrize(
    ("arguments", "environment", "wins"),
    [
        ([], "", FROM_INI),
        ([], FROM_ENVIRONMENT, FROM_ENVIRONMENT),
        ([f"--threadcopy-timeout={FROM_COMMAND_LINE}"], FROM_ENVIRONMENT, FROM_COMMAND_LINE),
    ],
    ids=["ini", "environment", "command line"],
)
@pytest.mark.usefixtures("timeout_test")
def test_other_options_have_the_same_order(
    pytester: pytest.Pytester,
    store: ThreadStore,
    arguments: list[str],
    environment: str,
    wins: str,
) -> None:
    pytester.makeini(f"[pytest]\ndeployment_url = {store.url}\nthreadcopy_timeout = {FROM_INI}")
    result = run_pytest(pytester.path, "-s", "test_it.py", *arguments, THREADCOPY_TIMEOUT=environment)
    result.stdout.fnmatch_lines([f"*timeout={wins}.*"])


@pytest.mark.usefixtures("timeout_test")
def test_xdist_workers_have_the_same_options(pytester: pytest.Pytester, store: ThreadStore) -> None:
    pytester.makepyfile(test_it="def test_timeout(deployment): assert deployment.settings.timeout == 7")
    options = ("--deployment-url", store.url, "--threadcopy-timeout=7", "-n2", "test_it.py")
    run_pytest(pytester.path, *options).assert_outcomes(passed=1)


def test_a_switch_can_be_turned_on_in_the_ini_file(pytester: pytest.Pytester, store: ThreadStore) -> None:
    pytester.makeini("[pytest]\nthreadcopy_insecure = true")
    pytester.makepyfile(test_it="def test_insecure(deployment): assert deployment.settings.verify is False")
    run_pytest(pytester.path, "--deployment-url", store.url, "test_it.py").assert_outcomes(passed=1)


@pytest.mark.usefixtures("thread_test")
def test_a_path_in_the_ini_file_starts_at_its_folder(pytester: pytest.Pytester, store: ThreadStore) -> None:
    pytester.makeini("[pytest]\nthreadcopy_headers = headers.txt")
    (pytester.path / "headers.txt").write_text("x-tenant: from the file")
    result = run_pytest(pytester.mkdir("folder"), "../test_it.py", "--deployment-url", store.url)
    result.assert_outcomes(passed=1)
    assert {request.headers["x-tenant"] for request in store.requests} == {"from the file"}


@pytest.mark.usefixtures("thread_test")
def test_input_may_be_a_file_of_json(pytester: pytest.Pytester, store: ThreadStore) -> None:
    pytester.path.joinpath("input.json").write_text('{"question": "why?"}')
    pytester.makepyfile(
        "def test_input(deployment): assert deployment.settings.input == {'question': 'why?'}"
    )
    options = ("--deployment-url", store.url, "--threadcopy-input=@input.json", "test_it.py")
    run_pytest(pytester.path, *options).assert_outcomes(passed=1)


@pytest.mark.usefixtures("thread_test")
def test_headers_of_a_file_reach_the_deployment(pytester: pytest.Pytester, store: ThreadStore) -> None:
    pytester.path.joinpath("headers.txt").write_text("# ours\n\nX-Tenant: a: b\nAuthorization: Bearer T\n")
    run_pytest(pytester.path, "--deployment-url", store.url, "--threadcopy-headers=headers.txt", "test_it.py")
    assert {request.headers["x-tenant"] for request in store.requests} == {"a: b"}
    assert {request.headers["authorization"] for request in store.requests} == {"Bearer T"}


@pytest.mark.usefixtures("thread_test")
def test_headers_of_the_environment_reach_the_deployment(
    pytester: pytest.Pytester, store: ThreadStore
) -> None:
    options = ("test_it.py", "--deployment-url", store.url)
    run_pytest(pytester.path, *options, DEPLOYMENT_HEADERS="X-Tenant: ours\nX-User: me")
    assert {(request.headers["x-tenant"], request.headers["x-user"]) for request in store.requests} == {
        ("ours", "me")
    }


@pytest.mark.usefixtures("thread_test")
def test_the_api_key_reaches_the_deployment_without_its_line_end(
    pytester: pytest.Pytester, store: ThreadStore
) -> None:
    run_pytest(pytester.path, "test_it.py", "--deployment-url", store.url, DEPLOYMENT_API_KEY=f"{KEY}\n")
    assert {request.headers["x-api-key"] for request in store.requests} == {KEY}


@pytest.mark.usefixtures("thread_test")
def test_a_header_of_the_file_beats_the_same_of_the_environment(
    pytester: pytest.Pytester, store: ThreadStore
) -> None:
    pytester.path.joinpath("headers.txt").write_text("X-Api-Key: from the file")
    options = ("test_it.py", "--deployment-url", store.url, "--threadcopy-headers=headers.txt")
    run_pytest(pytester.path, *options, DEPLOYMENT_API_KEY="from the environment")
    assert {request.headers["x-api-key"] for request in store.requests} == {"from the file"}


def test_secrets_are_in_no_output(pytester: pytest.Pytester, store: ThreadStore) -> None:
    pytester.makepyfile(
        test_it="""
        import httpx

        def test_error_answer(deployment, deployment_client):
            settings, transport = deployment.settings, deployment_client.transport
            deployment_client.threads.get("unknown")

        def test_no_answer(deployment_client, monkeypatch):
            def break_off(request):
                raise httpx.ReadError("broken off", request=request)
            monkeypatch.setattr(deployment_client.transport._http._transport, "handle_request", break_off)
            deployment_client.threads.create()
        """
    )
    address = store.url.replace("://", f"://user:{TOKEN}@")
    options = ("-vv", "--showlocals", "--tb=long", "--junitxml=junit.xml", "test_it.py")
    result = run_pytest(
        pytester.path,
        *options,
        f"--deployment-url={address}",
        DEPLOYMENT_API_KEY=KEY,
        DEPLOYMENT_HEADERS=f"X-Token: {TOKEN}",
    )
    result.assert_outcomes(failed=2)
    written = f"{result.stdout}\n{result.stderr}\n{Path(pytester.path, 'junit.xml').read_text()}"
    assert "settings   = Settings(" in written
    assert KEY not in written
    assert TOKEN not in written


def test_without_a_url_there_is_no_header_line(pytester: pytest.Pytester) -> None:
    run_pytest(pytester.path).stdout.no_fnmatch_line("deployment:*")


def test_the_header_line_shows_no_password(pytester: pytest.Pytester) -> None:
    result = run_pytest(pytester.path, "--deployment-url=https://user:secret@host.invalid/base")
    result.stdout.fnmatch_lines(["deployment: https://host.invalid/base"])


def test_help_has_a_section_with_every_option(pytester: pytest.Pytester) -> None:
    text = str(run_pytest(pytester.path, "--help").stdout)
    section = text.partition("thread copies of a LangGraph-compatible deployment:")[2].partition("\n\n")[0]
    for option in OPTIONS:
        value = f"={option.metavar}" if option.metavar else ""
        assert f"  {option.flag}{value}" in section
        assert option.env is None or f"[env: {option.env}]" in " ".join(section.split())


def test_the_marker_is_registered(pytester: pytest.Pytester) -> None:
    run_pytest(pytester.path, "--markers").stdout.fnmatch_lines(["@pytest.mark.threadcopy(id, level): *"])


def test_a_run_without_a_url_imports_nothing_heavy(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEPLOYMENT_URL", raising=False)
    command = (
        "import sys, pytest; pytest.main(['--collect-only', '-p', 'no:syrupy', '-p', 'no:langsmith_plugin']);"
        "print({'httpx', 'jsonschema', 'syrupy'} & set(sys.modules))"
    )
    assert pytester.runpython_c(command).outlines[-1] == "set()"
