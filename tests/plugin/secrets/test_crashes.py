"""A crash of the plugin, or of a library that it uses, shows no secret, also not in arguments."""

from pathlib import Path

import pytest

from tests.lab.runs import run_pytest, thread_store
from tests.plugin.secrets.canaries import found_below, found_in, give, with_password

CRASHES = {
    "making a transport": ("pytest_threadcopy.wire.endpoint", "Endpoint.__init__", 0),
    "finding the deployment": ("pytest_threadcopy.deployment.probe", "probe", 0),
    "making a request": ("httpx._models", "Request.__init__", 3),
    "sending headers": ("h11._connection", "Connection.send", 3),
    "writing to the socket": ("httpcore._backends.sync", "SyncStream.write", 3),
    "reading an answer": ("h11._connection", "Connection.next_event", 3),
    "sending a request": ("pytest_threadcopy.wire.transport", "Transport.send", 3),
    "taking secrets out": ("pytest_threadcopy.text.secrets", "Redactor.json", 0),
    "judging a test": ("pytest_threadcopy.session.outcomes", "_outcome", 0),
    "making the report": ("pytest_threadcopy.report.run", "RunReport.document", 0),
    "deleting threads": ("pytest_threadcopy.api.threads", "ThreadsClient.delete_made", 0),
}
"""The function that raises, and the number of its calls that do not."""

CONFTEST = """
import importlib
import pathlib
import threading

import pytest

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    module = importlib.import_module({module!r})
    *holders, name = {path!r}.split(".")
    holder = module
    for one in holders:
        holder = getattr(holder, one)
    real = getattr(holder, name)
    calls = []

    def crash(*args, **kwargs):
        calls.append(args)
        # A Ctrl-C comes to the main thread alone.
        here = threading.current_thread() is threading.main_thread()
        if len(calls) > {spared} and (here or {error} is not KeyboardInterrupt):
            everything = (args, kwargs)
            pathlib.Path("crashed").touch()
            raise {error}
        return real(*args, **kwargs)

    setattr(holder, name, crash)
"""
LOUD = ("--showlocals", "-vv", "--full-trace", "--debug=debug.log", "--log-cli-level=DEBUG")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "test_it.py").write_text(
        "def test_it(deployment_client):\n"
        "    thread = deployment_client.threads.create()\n"
        "    deployment_client.threads.copy(thread['thread_id'])\n"
    )
    return tmp_path


def output_of(folder: Path, *options: str) -> str:
    """Run pytest with every secret, and return its output."""
    secrets, environment = give(folder)
    with thread_store() as store:
        environment["DEPLOYMENT_URL"] = with_password(store.url)
        contract = ("--pyargs", "pytest_threadcopy.contract", "-k", "test_it or NEW-01")
        result = run_pytest(folder, "test_it.py", *contract, *secrets, *options, **environment)
    assert (folder / "crashed").exists()
    return "\n".join(result.outlines + result.errlines)


IN_THE_MAIN_THREAD = [
    name for name, (module, *_) in CRASHES.items() if module.startswith("pytest_threadcopy")
]
ENDS = [
    *[("RuntimeError('crashed')", crash, ()) for crash in CRASHES],
    *[("RuntimeError('crashed')", crash, ("-n1",)) for crash in CRASHES],
    *[("KeyboardInterrupt", crash, ()) for crash in IN_THE_MAIN_THREAD],
]


@pytest.mark.parametrize(("error", "crash", "options"), ENDS)
def test_no_secret_is_shown(folder: Path, error: str, crash: str, options: tuple[str, ...]) -> None:
    module, path, spared = CRASHES[crash]
    (folder / "conftest.py").write_text(CONFTEST.format(module=module, path=path, error=error, spared=spared))
    output = output_of(folder, *LOUD, *options)
    assert found_in(output) == []
    assert found_below(folder) == {}


def test_a_crash_of_a_worker_between_tests_is_no_pass(folder: Path) -> None:
    module, path, spared = CRASHES["judging a test"]
    content = CONFTEST.format(module=module, path=path, error="RuntimeError('crashed')", spared=spared)
    (folder / "conftest.py").write_text(content)
    with thread_store() as store:
        contract = ("--pyargs", "pytest_threadcopy.contract", "-k", "test_it or NEW-01")
        result = run_pytest(folder, "test_it.py", *contract, "-n1", "--deployment-url", store.url)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR


AT_THE_END = """
import os, pathlib

def {hook}():
    pathlib.Path("crashed").touch()
    try:
        raise ValueError(dict(os.environ))
    except ValueError as error:
        raise RuntimeError(str(dict(os.environ))) from error
"""


@pytest.mark.parametrize("hook", ["pytest_terminal_summary", "pytest_sessionfinish", "pytest_unconfigure"])
@pytest.mark.parametrize("options", [(), ("-n1",)], ids=["serial", "worker"])
def test_an_error_after_the_run_shows_no_secret(folder: Path, hook: str, options: tuple[str, ...]) -> None:
    (folder / "conftest.py").write_text(AT_THE_END.format(hook=hook))
    output = output_of(folder, *options)
    assert "RuntimeError" in output
    assert found_in(output) == []
