"""The report in JSON: it is valid and whole, however the run ends."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from pytest_threadcopy import assert_valid
from pytest_threadcopy.embedded.server import HOST, free_port
from pytest_threadcopy.report.document import NOT_REACHED
from pytest_threadcopy.schemas import SchemaViolation
from pytest_threadcopy.session.catalogue import read_catalogue
from tests.lab.runs import CONTRACT, ThreadStore, run_pytest, start_pytest
from tests.lab.servers.fake import Exchange, fake_server

REPORT = "report.json"


def read(folder: Path, name: str = REPORT) -> dict[str, Any]:
    """Validate a report, and return its one deployment."""
    report = json.loads((folder / name).read_text(encoding="utf-8"))
    assert_valid(report, "report")
    (deployment,) = report["deployments"]
    assert [row["id"] for row in deployment["requirements"]] == [row.id for row in read_catalogue()]
    return dict(deployment)


def outcomes(deployment: dict[str, Any]) -> dict[str, str]:
    """Return the outcome of each requirement that the run reached, by its id."""
    rows = deployment["requirements"]
    return {row["id"]: row["outcome"] for row in rows if row["reason"] != NOT_REACHED}


def run(folder: Path, url: str, *arguments: str, **environment: str) -> pytest.RunResult:
    """Run a part of the contract that writes a report."""
    options = ("--deployment-url", url, "--threadcopy-report", REPORT)
    return run_pytest(folder, *CONTRACT, *options, *arguments, **environment)


@pytest.fixture
def url_without_copy() -> Iterator[str]:
    """A deployment that has threads, but no route to copy one."""
    store = ThreadStore()

    def answer(exchange: Exchange) -> None:
        if exchange.path.endswith(("/copy", "/threadcopy-no-such-route")):
            exchange.answer(404, {"detail": "Not Found"})
        else:
            store.answer(exchange)

    with fake_server(answer) as (url, _):
        yield url


def test_the_report_has_every_part_of_a_run(tmp_path: Path, embedded_url: str) -> None:
    assert run(tmp_path, embedded_url, "-k", "NEW-01 or SAME-11").ret == pytest.ExitCode.TESTS_FAILED
    report = read(tmp_path)
    assert outcomes(report) == {"NEW-01": "passed", "SAME-11": "violated"}
    assert report["verdict"] == "not-conformant"
    assert report["counts"]["MUST"]["violated"] == report["counts"]["MUST"]["passed"] == 1
    assert sum(sum(counts.values()) for counts in report["counts"].values()) == len(report["requirements"])
    passed = next(row for row in report["requirements"] if row["id"] == "NEW-01")
    assert passed["requests"] >= 2
    assert passed["seconds"] > 0
    assert report["capabilities"]["sources"] == "by_supersteps"


def test_a_requirement_that_a_first_failure_kept_from_running_is_untestable(
    tmp_path: Path, embedded_url: str
) -> None:
    run(tmp_path, embedded_url, "-x", "-k", "CONT-03 or NEW-01 or SAME-11")
    report = read(tmp_path)
    assert outcomes(report) == {"CONT-03": "violated"}
    assert report["verdict"] == "not-conformant"


def test_the_report_is_written_after_ctrl_c(tmp_path: Path, embedded_url: str) -> None:
    arguments = (*CONTRACT, "-v", "--deployment-url", embedded_url, "--threadcopy-report", REPORT)
    with start_pytest(tmp_path, *arguments, PYTHONUNBUFFERED="1") as process:
        assert process.stdout is not None
        assert any("PASSED" in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    report = read(tmp_path)
    assert report["verdict"] == "incomplete"
    assert 1 <= len(outcomes(report)) < len(report["requirements"])


def test_an_unreachable_deployment_gets_no_verdict(tmp_path: Path) -> None:
    result = run(tmp_path, f"http://{HOST}:{free_port()}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    report = read(tmp_path)
    assert report["verdict"] == "no-verdict"
    assert outcomes(report) == {}


def test_a_deployment_without_copying_is_not_implemented(tmp_path: Path, url_without_copy: str) -> None:
    assert run(tmp_path, url_without_copy).ret == pytest.ExitCode.TESTS_FAILED
    report = read(tmp_path)
    assert report["verdict"] == "not-implemented"
    assert set(outcomes(report).values()) == {"untestable"}
    assert "answered 404" in report["capabilities"]["no_copy"]


def test_the_controller_writes_the_report_for_its_workers(tmp_path: Path, embedded_url: str) -> None:
    assert run(tmp_path, embedded_url, "-n", "2", "-k", "NEW").ret == pytest.ExitCode.OK
    report = read(tmp_path)
    assert set(outcomes(report)) == {row.id for row in read_catalogue() if row.group == "NEW"}
    assert sum(row["requests"] for row in report["requirements"]) > 0


def test_several_reports_may_be_asked_for(tmp_path: Path, url_without_copy: str) -> None:
    run(tmp_path, url_without_copy, "--threadcopy-report", "second.json")
    assert read(tmp_path) == read(tmp_path, "second.json")


def test_the_last_report_is_read_whole_while_the_next_is_written(
    tmp_path: Path, url_without_copy: str
) -> None:
    last = "the last report"
    (tmp_path / REPORT).write_text(last)
    with (tmp_path / REPORT).open() as reader:
        run(tmp_path, url_without_copy)
        assert reader.read() == last
    assert [file.name for file in tmp_path.iterdir()] == [REPORT]


def test_no_secret_is_in_the_report(tmp_path: Path, url_without_copy: str) -> None:
    url = url_without_copy.replace("://", "://user:hunter2@")
    run(tmp_path, url, DEPLOYMENT_API_KEY="lsv2_secret", DEPLOYMENT_SECOND_HEADERS="X-Other: hidden_too")
    report = json.dumps(read(tmp_path))
    assert not [secret for secret in ("hunter2", "lsv2_secret", "hidden_too") if secret in report]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("report.txt", "it must be a path that ends in "),
        ("missing/report.json", "it must be a file in a folder that exists and can be written to"),
        (".json/", "it must be a path that ends in "),
        ("folder.json", "it must be a file in a folder that exists and can be written to"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused_at_once(tmp_path: Path, path: str, problem: str) -> None:
    (tmp_path / "folder.json").mkdir()
    url = f"http://{HOST}:{free_port()}"  # the run sends no request, so it does not wait
    result = run_pytest(tmp_path, *CONTRACT, "--deployment-url", url, "--threadcopy-report", path)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"--threadcopy-report: {path!r} is not valid: {problem}" in result.stderr.str()


def test_a_folder_that_is_deleted_meanwhile_fails_the_run(tmp_path: Path, url_without_copy: str) -> None:
    (tmp_path / "meanwhile.py").write_text(
        "import shutil\ndef pytest_collection_finish():\n    shutil.rmtree('folder')\n"
    )
    (tmp_path / "folder").mkdir()
    options = ("--deployment-url", url_without_copy, "--threadcopy-report", "folder/report.json")
    result = run_pytest(tmp_path, *CONTRACT, "-p", "meanwhile", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--threadcopy-report: " in result.stderr.str()


def test_the_junit_file_has_id_level_and_outcome(tmp_path: Path, embedded_url: str) -> None:
    run(tmp_path, embedded_url, "-k", "NEW-01", "--junitxml", "junit.xml")
    properties = ElementTree.parse(tmp_path / "junit.xml").iter("property")
    row = {one.get("name"): one.get("value") for one in properties}
    assert (row["threadcopy_id"], row["threadcopy_level"], row["threadcopy_outcome"]) == (
        "NEW-01",
        "MUST",
        "passed",
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report as the run wrote it."""
    folder = tmp_path_factory.mktemp("report")
    run(folder, f"http://{HOST}:{free_port()}")
    return (folder / REPORT).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("report", 2),
        ("started", "yesterday"),
        ("deployments", []),
        ("verdict", "fine"),
        ("counts", {"MUST": {}, "SHOULD": {}, "MAY": {}}),
        ("id", "NEW"),
        ("level", "COULD"),
        ("outcome", "green"),
        ("outcome", "deviated"),  # on a MUST
        ("reason", ""),  # on a requirement that was not tested
        ("requests", -1),
    ],
)
def test_the_schema_refuses_a_wrong_report(written: str, key: str, value: Any) -> None:
    report = json.loads(written)
    deployment = report["deployments"][0]
    requirement = deployment["requirements"][0]
    next(where for where in (requirement, deployment, report) if key in where)[key] = value
    with pytest.raises(SchemaViolation):
        assert_valid(report, "report")
