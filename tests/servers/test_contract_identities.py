"""ROB with several identities, on the reference server with and without an auth handler."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_threadcopy.embedded import EmbeddedServer
from tests.lab.runs import CONTRACT, run_pytest
from tests.lab.servers.two_users_auth import USERS

AUTH = Path(__file__).parents[1] / "lab" / "servers" / "two_users_auth.py"
OPTIONS = ("--threadcopy-headers", "--threadcopy-second-headers")

Rows = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def guarded_url() -> Iterator[str]:
    """The URL of the reference server behind an auth handler, which gives threads an owner."""
    with EmbeddedServer({"auth": {"path": f"{AUTH.as_posix()}:auth"}}) as server:
        yield server.url


def run_as(folder: Path, url: str, *users: str, pick: str = "ROB-10 or ROB-11 or ROB-12") -> Rows:
    """Run requirements of ROB with one or two identities; return their rows of the report, by id."""
    arguments = []
    for option, user in zip(OPTIONS, users, strict=False):
        headers = folder / f"{user}.txt"
        headers.write_text(f"x-user: {user}\n", encoding="utf-8")
        arguments += [option, str(headers)]
    report = folder / "report.json"
    arguments += ["--deployment-url", url, "--threadcopy-report", str(report), "-k", pick, "-W", "error"]
    result = run_pytest(folder, *CONTRACT, *arguments)
    assert "errors" not in result.parseoutcomes(), str(result.stdout)
    (deployment,) = json.loads(report.read_text(encoding="utf-8"))["deployments"]
    return {row["id"]: row for row in deployment["requirements"] if row["id"].startswith("ROB")}


def threads_left(url: str) -> int:
    headers = [{"x-user": user} for user in USERS]
    pages = (
        httpx.post(f"{url}/threads/search", json={"limit": 1000}, headers=each).json() for each in headers
    )
    return sum(map(len, pages))


def test_two_users_whose_threads_are_private(tmp_path: Path, guarded_url: str) -> None:
    rows = run_as(tmp_path, guarded_url, "alice", "bob", pick="ROB")
    assert {id_: row["outcome"] for id_, row in rows.items()} == {
        "ROB-01": "passed",
        "ROB-02": "passed",
        "ROB-03": "deviated",  # 400
        "ROB-04": "passed",
        "ROB-05": "passed",
        "ROB-06": "passed",
        "ROB-07": "passed",
        "ROB-08": "passed",
        "ROB-09": "passed",
        "ROB-10": "passed",
        "ROB-11": "passed",
        "ROB-12": "passed",
        "ROB-13": "untestable",  # a run restarts a server only if the plugin started it
    }
    assert threads_left(guarded_url) == 0


@pytest.fixture(scope="module")
def rows_of_an_auditor(guarded_url: str, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The rows of a run in which the second identity may read the threads of the first."""
    rows = run_as(tmp_path_factory.mktemp("auditor"), guarded_url, "alice", "auditor")
    assert threads_left(guarded_url) == 0
    return rows


def test_a_copy_belongs_to_the_owner_of_its_source(rows_of_an_auditor: Rows) -> None:
    # A fault of the reference: a copy loses the owner that the auth handler writes into a new thread.
    row = rows_of_an_auditor["ROB-12"]
    assert row["outcome"] == "deviated"
    assert "the second identity made copy" in row["reason"]
    assert "and cannot run it" in row["reason"]


def test_a_second_identity_that_may_read_everything_proves_no_privacy(rows_of_an_auditor: Rows) -> None:
    row = rows_of_an_auditor["ROB-10"]
    assert row["outcome"] == "untestable"
    assert "the second identity may read thread" in row["reason"]
    assert "--threadcopy-second-headers" in row["reason"]


def test_a_second_identity_that_is_refused_proves_nothing(tmp_path: Path, guarded_url: str) -> None:
    rows = run_as(tmp_path, guarded_url, "alice", "nobody")
    assert rows["ROB-10"]["outcome"] == "untestable"
    assert "the second identity, of --threadcopy-second-headers, is refused" in rows["ROB-10"]["reason"]


def test_without_identities_the_reasons_name_the_options(tmp_path: Path, untouched_url: str) -> None:
    rows = run_as(tmp_path, untouched_url)
    for id_, option in (("ROB-10", OPTIONS[1]), ("ROB-11", OPTIONS[0])):
        assert rows[id_]["outcome"] == "untestable"
        assert rows[id_]["reason"].endswith(f" with {option}")


def test_headers_on_an_open_deployment_prove_nothing(tmp_path: Path, untouched_url: str) -> None:
    rows = run_as(tmp_path, untouched_url, "alice", "bob")
    assert rows["ROB-10"]["outcome"] == rows["ROB-11"]["outcome"] == "untestable"
    assert "anybody may make threads" in rows["ROB-11"]["reason"]
    assert threads_left(untouched_url) == 0
