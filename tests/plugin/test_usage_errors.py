"""A wrong option or address is reported once, with exit code 4 and without a traceback."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pytest_threadcopy.embedded.server import free_port
from tests.lab.runs import run_pytest
from tests.lab.servers.fake import Exchange, fake_server

HOST = "http://127.0.0.1:2024"
HTML = "<!doctype html><title>Welcome</title>"
DISTRIBUTION = pytest.mark.parametrize("workers", ["-n0", "-n2"])


@pytest.fixture(autouse=True)
def user_test(pytester: pytest.Pytester) -> None:
    """Tests that use the deployment."""
    pytester.makepyfile(
        test_it="def test_one(deployment): pass\ndef test_two(fresh_thread): pass\n",
    )


def the_one_error(result: pytest.RunResult) -> str:
    """Assert that a run ended with one usage error, and return its message."""
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = f"{result.stdout}\n{result.stderr}"
    assert "Traceback" not in text
    assert "INTERNALERROR" not in text
    (error,) = (line for line in text.splitlines() if line.startswith("ERROR: "))
    return error.removeprefix("ERROR: ")


MASKED = ("http://127.0.0.1:http", "http://[::1", f"{HOST}/?key=1", "missing.txt")
"""Values that may hold a secret that the user meant for another option."""


@pytest.mark.parametrize(
    ("option", "value", "valid"),
    [
        ("--deployment-url", "localhost:2024", "it must be an http:// or https:// address, or `embedded`*"),
        ("--deployment-url", "ftp://localhost", "it must be an http:// or https:// address, or `embedded`*"),
        ("--deployment-url", "http://", "it must be an http:// or https:// address, or `embedded`*"),
        ("--deployment-url", "http://host\n", "it must be an http:// or https:// address, or `embedded`*"),
        ("--deployment-url", "", "it must be an http:// or https:// address, or `embedded`*"),
        ("--deployment-url", "http://127.0.0.1:65536", "its port must be a number up to 65535*"),
        ("--deployment-url", "http://127.0.0.1:http", "its port must be a number up to 65535*"),
        ("--deployment-url", "http://[::1", "its host must be a name, an IPv4 address*"),
        *[
            ("--deployment-url", f"http://{host}", "its host must be a name, an IPv4 address*")
            for host in ("a..b", "127.0.0.256:2024", "127.000.000.001", "☃.net", "[v1.a]/")
        ],
        (
            "--deployment-url",
            f"{HOST}/?key=1",
            "it must be an address alone, without a query ([?]) and without a fragment (#)",
        ),
        ("--threadcopy-timeout", "soon", "it must be a number of seconds above 0, *"),
        ("--threadcopy-timeout", "0", "it must be a number of seconds above 0, *"),
        ("--threadcopy-timeout", "nan", "it must be a number of seconds above 0, *"),
        ("--threadcopy-run-timeout", "inf", "it must be a number of seconds above 0, at most 30 days"),
        ("--threadcopy-total-timeout", "1e12", "it must be a number of seconds above 0, at most 30 days"),
        ("--threadcopy-checkpoints", "0", "it must be a whole number above 0"),
        ("--threadcopy-checkpoints", "1.5", "it must be a whole number above 0"),
        (
            "--threadcopy-input",
            "{question: 1}",
            "it must be JSON, or @ and the path of a file that holds JSON (*",
        ),
        ("--threadcopy-input", "@missing.json", "*No such file*"),
        ("--threadcopy-headers", "missing.txt", "*No such file*"),
        ("--threadcopy-headers", "test_it.py", "it must have one `Name: value` a line"),
        ("--threadcopy-ca-bundle", "missing.pem", "*No such file*"),
        ("--threadcopy-ca-bundle", "test_it.py", "it must be a file of certificates in PEM form"),
    ],
)
def test_a_value_that_is_not_valid_is_reported(
    pytester: pytest.Pytester, option: str, value: str, valid: str
) -> None:
    result = run_pytest(pytester.path, "test_it.py", f"{option}={value}")
    text = "" if value in MASKED else f": {value!r}".replace("[", "[[]")
    anything = "*" if value in MASKED else ""
    pytest.LineMatcher([the_one_error(result)]).fnmatch_lines(
        [f"{option}{text}{anything} is not valid: {valid}"]
    )


def test_the_value_is_shown(pytester: pytest.Pytester) -> None:
    error = the_one_error(run_pytest(pytester.path, "--threadcopy-timeout=soon"))
    assert error.startswith("--threadcopy-timeout: 'soon' is not valid: ")


def test_a_value_that_may_be_a_secret_in_place_of_a_file_is_not_shown(pytester: pytest.Pytester) -> None:
    error = the_one_error(run_pytest(pytester.path, "--threadcopy-headers=X-Api-Key: secret"))
    assert error.startswith("--threadcopy-headers is not valid: ")
    assert "secret," in error
    assert "X-Api-Key" not in error


def test_a_value_of_the_environment_is_named_by_its_variable(pytester: pytest.Pytester) -> None:
    error = the_one_error(run_pytest(pytester.path, THREADCOPY_TIMEOUT="soon"))
    assert error.startswith("THREADCOPY_TIMEOUT: 'soon' is not valid: ")


def test_a_value_of_the_ini_file_is_named_by_its_key(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\ndeployment_url = nowhere")
    assert the_one_error(run_pytest(pytester.path)).startswith(
        "ini option deployment_url: 'nowhere' is not valid: "
    )


@pytest.mark.parametrize("variable", ["DEPLOYMENT_HEADERS", "DEPLOYMENT_API_KEY"])
@pytest.mark.parametrize("value", ["X-Key: s€cret", "X-Key: 1\nsecret"])
def test_a_header_that_cannot_be_sent_is_not_shown(
    pytester: pytest.Pytester, variable: str, value: str
) -> None:
    error = the_one_error(run_pytest(pytester.path, "--deployment-url", HOST, **{variable: value}))
    assert error.startswith(f"{variable} is not valid: ")
    assert "cret" not in error


def test_a_password_in_a_url_is_not_shown(pytester: pytest.Pytester) -> None:
    error = the_one_error(run_pytest(pytester.path, "--deployment-url=http://me:secret@host:99999"))
    assert error.startswith("--deployment-url: 'http://host:99999' is not valid")


@DISTRIBUTION
def test_an_address_without_a_server_is_reported(pytester: pytest.Pytester, workers: str) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    error = the_one_error(run_pytest(pytester.path, "test_it.py", "--deployment-url", url, workers))
    assert error.startswith(f"POST {url}/threads got no answer: ")
    assert error.endswith("Is the deployment running, and is this its address?")


def test_a_host_that_does_not_exist_is_reported(pytester: pytest.Pytester) -> None:
    result = run_pytest(pytester.path, "test_it.py", "--deployment-url=http://no-such-host.invalid")
    assert the_one_error(result).startswith("POST http://no-such-host.invalid/threads got no answer: ")


def test_a_deployment_that_never_answers_is_reported(pytester: pytest.Pytester) -> None:
    with fake_server(lambda request: request.raw(b"HTTP/1.1 200 Told\r\n")) as (url, _):
        result = run_pytest(pytester.path, "test_it.py", "--deployment-url", url, "--threadcopy-timeout=0.2")
    assert the_one_error(result).startswith(f"POST {url}/threads ")


@contextmanager
def _always(answer: Callable[[Exchange], None]) -> Iterator[str]:
    with fake_server(answer) as (url, _):
        yield url


@DISTRIBUTION
@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (
            lambda request: request.answer(200, HTML, "text/html"),
            f"*/threads answered 200 with a body that is no JSON: {HTML}.*",
        ),
        (
            lambda request: request.answer(200, {"hello": "world"}),
            "*is no LangGraph-compatible API: POST */threads answered 200 with a thread that names no *",
        ),
        (
            lambda request: request.answer(404, {"detail": "Not Found"}),
            "*is this its address, with its path[?]",
        ),
        (
            lambda request: request.answer(401, {"detail": "who?"}),
            "*answered 401: *DEPLOYMENT_API_KEY*--threadcopy-headers*",
        ),
        (lambda request: request.answer(308), "*answered 308 and redirects to *name the address that it *."),
    ],
    ids=["a page", "other JSON", "404", "401", "a redirect"],
)
def test_a_server_that_is_no_deployment_is_reported(
    pytester: pytest.Pytester, workers: str, answer: Callable[[Exchange], None], problem: str
) -> None:
    with _always(answer) as url:
        result = run_pytest(pytester.path, "test_it.py", "--deployment-url", url, workers)
    pytest.LineMatcher([the_one_error(result)]).fnmatch_lines([problem])


def test_the_contract_without_a_deployment_is_refused(pytester: pytest.Pytester) -> None:
    result = run_pytest(pytester.path, "--pyargs", "pytest_threadcopy.contract")
    assert the_one_error(result) == "the contract needs a deployment: name one with --deployment-url"


def test_waivers_that_cannot_be_read_are_reported(pytester: pytest.Pytester) -> None:
    result = run_pytest(pytester.path, "--deployment-url", HOST, "--threadcopy-waivers=missing.toml")
    assert the_one_error(result).startswith("waivers: missing.toml cannot be read: ")
