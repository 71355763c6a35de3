"""``--threadcopy-cleanup`` prints no secret and no escape sequence."""

from pathlib import Path

from pytest_threadcopy.api.run_id import MADE_BY, TAG
from tests.lab.runs import run_pytest, thread_store
from tests.plugin.secrets.canaries import CUSTOM, MARKED_BY_ENVIRONMENT, found_in, give, with_password


def test_a_thread_that_cannot_be_deleted_is_reported_as_text(tmp_path: Path) -> None:
    hostile = f"\x1b]0;taken over\x07-{CUSTOM.text}-{MARKED_BY_ENVIRONMENT.text}\n::error::of another"
    options, environment = give(tmp_path)
    with thread_store() as store:
        store.threads[hostile] = {**MADE_BY, TAG: "\x1b[2J"}
        store.refused = "DELETE"
        arguments = ("--threadcopy-cleanup", f"--deployment-url={store.url}", *options)
        result = run_pytest(tmp_path, *arguments, **environment)
    output = "\n".join(result.outlines + result.errlines)
    assert "could not be deleted" in output
    assert found_in(output) == []
    assert "\x1b" not in output
    assert not [line for line in result.outlines if line.startswith("::")]


def test_a_failed_search_is_reported_without_secrets(tmp_path: Path) -> None:
    options, environment = give(tmp_path)
    with thread_store() as store:
        environment["DEPLOYMENT_URL"] = with_password(f"{store.url}/{MARKED_BY_ENVIRONMENT.text}")
        result = run_pytest(tmp_path, "--threadcopy-cleanup", *options, **environment)
    assert "cannot be cleaned up" in "\n".join(result.errlines)
    assert found_in("\n".join(result.outlines + result.errlines)) == []
