"""No canary is in the output or in a file of a run, although the deployment shows all canaries."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.runs import run_pytest
from tests.plugin.secrets.canaries import found_below, found_in, give, with_password
from tests.plugin.secrets.echoing import Place, echoing

OWN_TESTS = """
import logging
import warnings

import pytest

from pytest_threadcopy import assert_histories_equal


def test_a_failure_with_all_in_reach(deployment, deployment_client, source_thread):
    settings, transport, threads = deployment.settings, deployment_client.transport, deployment_client.threads
    headers, second = settings.headers, settings.second_headers
    address, redact = settings.address.url, settings.redact
    answer = transport.send("GET", "/info")
    content = answer.json()
    target = vars(deployment)
    assert not content, content


def test_histories(deployment_client, source_thread, copied_thread):
    threads = deployment_client.threads
    history = list(threads.history(source_thread["thread_id"]))
    assert_histories_equal(history, threads.history(copied_thread["thread_id"]))
    assert history == []


def test_output(deployment_client):
    answer = deployment_client.transport.send("GET", "/info")
    print(answer.json(), answer.headers)
    logging.getLogger("mine").warning("heard %s", answer.json())
    warnings.warn(str(answer.json()), UserWarning)
    pytest.fail(str(answer.headers))


def test_nobody_answers(deployment_client):
    deployment_client.transport.send("GET", "/info", timeout=0.000001)


def test_invalid_method(deployment_client):
    deployment_client.transport.send("BAD METHOD", "/info")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9"])
def test_a_transport_of_ones_own(deployment, url):
    from pytest_threadcopy.wire.transport import Transport

    Transport(url, headers=deployment.settings.headers).send("GET", "/")


@pytest.mark.xfail
def test_expected_to_fail(deployment_client):
    assert not deployment_client.transport.send("GET", "/info").json()


def test_skipped(deployment_client):
    pytest.skip(str(deployment_client.transport.send("GET", "/info").json()))


@pytest.fixture
def broken(deployment_client):
    yield
    raise RuntimeError(deployment_client.transport.send("GET", "/info").json())


def test_teardown(broken):
    pass


def test_snapshot(deployment_client, source_thread, history_snapshot):
    assert history_snapshot == deployment_client.threads.history(source_thread["thread_id"])
"""
CONTRACT = ("NEW-01", "NEW-06", "SAME-01", "SAME-03", "SAME-10", "CONT-01", "ROB-01", "ROB-10", "FORM-01")
REPORTS = ("report.json", "report.html", "report.md")
LOUD = (
    "-vv",
    "--showlocals",
    "-rA",
    "--log-cli-level=DEBUG",
    "--setup-show",
    "--debug=debug.log",
    "-Wdefault",
)


@dataclass(frozen=True)
class Channel:
    """A way to run pytest: its options, its environment, and where the deployment shows its headers."""

    options: tuple[str, ...]
    place: Place = Place.VALUES
    environment: tuple[tuple[str, str], ...] = ()
    user_info: bool = False


CHANNELS = {
    "--tb=auto": Channel(("--tb=auto",)),
    "--tb=auto, loud": Channel(LOUD),
    "--tb=long": Channel(("--tb=long", *LOUD)),
    "--tb=short": Channel(("--tb=short", *LOUD)),
    "--tb=line": Channel(("--tb=line", *LOUD)),
    "--tb=native": Channel(("--tb=native", *LOUD)),
    "--tb=no": Channel(("--tb=no", *LOUD)),
    "--full-trace": Channel(("--full-trace", *LOUD)),
    "quiet": Channel(("-q", "-q")),
    "workers": Channel(("-n2", *LOUD)),
    "on GitHub": Channel((), environment=(("GITHUB_ACTIONS", "true"), ("CI", "true"))),
    "errors": Channel(LOUD, Place.ERRORS),
    "errors, user info": Channel(LOUD, Place.ERRORS, user_info=True),
    "errors, long": Channel(("--tb=long", *LOUD), Place.ERRORS),
    "errors, workers": Channel(("-n2", *LOUD), Place.ERRORS, user_info=True),
    "errors on GitHub": Channel((), Place.ERRORS, (("GITHUB_ACTIONS", "true"), ("CI", "true"))),
    "ids": Channel(LOUD, Place.IDS),
    "ids, long": Channel(("--tb=long", *LOUD), Place.IDS, user_info=True),
    "user info": Channel(LOUD, user_info=True),
    "strict": Channel(("--threadcopy-strict", *LOUD)),
}


@dataclass(frozen=True)
class Output:
    """The results of a run: its output, and the folder of its files."""

    output: str
    folder: Path


@pytest.fixture(scope="module")
def runs(embedded_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Output]]:
    """The results of each run."""
    with ExitStack() as stack, ThreadPoolExecutor(3) as pool:
        urls = {place: stack.enter_context(echoing(embedded_url, place)) for place in Place}
        folders = {name: tmp_path_factory.mktemp("channel") for name in CHANNELS}
        results = {
            name: pool.submit(_run, folders[name], urls[channel.place], channel)
            for name, channel in CHANNELS.items()
        }
        yield {name: result.result() for name, result in results.items()}


def _run(folder: Path, url: str, channel: Channel) -> Output:
    (folder / "test_own.py").write_text(OWN_TESTS)
    options, environment = give(folder)
    reports = [f"--threadcopy-report={name}" for name in REPORTS]
    result = run_pytest(
        folder,
        "test_own.py",
        "--pyargs",
        "pytest_threadcopy.contract",
        "-k",
        " or ".join(("own", *CONTRACT)),
        "--junitxml=junit.xml",
        "--snapshot-update",
        "--log-file=log.txt",
        *reports,
        *channel.options,
        *options,
        DEPLOYMENT_URL=with_password(url) if channel.user_info else url,
        **environment,
        **dict(channel.environment),
    )
    output = "\n".join(result.outlines + result.errlines)
    assert result.ret == pytest.ExitCode.TESTS_FAILED, output
    assert all((folder / name).stat().st_size > 1000 for name in (*REPORTS, "junit.xml"))
    return Output(output, folder)


@pytest.mark.parametrize("channel", CHANNELS)
def test_no_secret_is_in_the_output(runs: Mapping[str, Output], channel: str) -> None:
    assert found_in(runs[channel].output) == []


@pytest.mark.parametrize("channel", CHANNELS)
def test_no_secret_is_in_a_file(runs: Mapping[str, Output], channel: str) -> None:
    assert found_below(runs[channel].folder) == {}
