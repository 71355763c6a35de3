"""`history_snapshot` in a user's tests, in one process and in two workers."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., pytest.RunResult]

# Each call makes a history with new ids, like each run of a graph on a server.
CONFTEST = """
import uuid
import pytest

@pytest.fixture
def run_graph():
    def run(*contents):
        thread, states, parent = str(uuid.uuid4()), [], None
        for step, content in enumerate(contents):
            checkpoint = {"thread_id": thread, "checkpoint_id": str(uuid.uuid4())}
            states.insert(0, {
                "values": {"content": content},
                "metadata": {"step": step},
                "checkpoint": checkpoint,
                "parent_checkpoint": parent,
            })
            parent = checkpoint
        return states
    return run
"""

TEST = """
def test_greets(history_snapshot, run_graph):
    assert history_snapshot == run_graph({contents})
"""


@pytest.fixture(params=[(), ("-p", "xdist.plugin", "-n", "2")], ids=["plain", "xdist"])
def run(request: pytest.FixtureRequest, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run pytest on the files of the test, in one process and in two workers."""
    # Set if this test itself runs in a worker: syrupy would take the inner run for a worker of the outer run.
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.delenv("PYTEST_XDIST_WORKER_COUNT", raising=False)
    monkeypatch.delenv("DEPLOYMENT_URL", raising=False)
    monkeypatch.delenv("CI", raising=False)  # otherwise pytest does not cut a long message
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # other plugins cost seconds in each worker
    pytester.makeconftest(CONFTEST)
    plugins = ("-p", "syrupy", "-p", "pytest_threadcopy.plugin", *request.param)
    return lambda *arguments: pytester.runpytest_subprocess(*plugins, *arguments)


def snapshot_file(pytester: pytest.Pytester, name: str = "__snapshots__/test_mine/test_greets.json") -> Path:
    return pytester.path / name


def test_a_history_without_a_snapshot_fails_and_says_how_to_write_it(
    pytester: pytest.Pytester, run: Run
) -> None:
    pytester.makepyfile(test_mine=TEST.format(contents="'hi'"))
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*Snapshot 'test_greets' does not exist!", "*--snapshot-update to keep this*"]
    )


def test_update_keeps_the_canonical_form_beside_the_module(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(test_mine=TEST.format(contents="'hi', 'ho'"))
    assert run("--snapshot-update").ret == 0
    newest, oldest = json.loads(snapshot_file(pytester).read_text())
    assert newest["parent_checkpoint"] == oldest["checkpoint"]
    assert oldest == {
        "checkpoint": {"checkpoint_id": "<checkpoint 1>", "thread_id": "<thread 1>"},
        "metadata": {"step": 0},
        "values": {"content": "hi"},
    }


def test_same_history_with_new_ids_matches_its_snapshot(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(test_mine=TEST.format(contents="'hi', 'ho'"))
    run("--snapshot-update")
    result = run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 snapshot passed."])


def test_update_accepts_a_difference(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(test_mine=TEST.format(contents="'hi'"))
    run("--snapshot-update")
    pytester.makepyfile(test_mine=TEST.format(contents="'ho'"))
    assert run("--snapshot-update").ret == 0
    assert '"content": "ho"' in snapshot_file(pytester).read_text()


def test_history_read_page_by_page_is_taken(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        test_mine="""
        class Paged:
            thread_id = "any"

            def __init__(self, states):
                self.states = states

            def pages(self):
                return iter([self.states[:2], self.states[2:]])

        def test_greets(history_snapshot, run_graph):
            assert history_snapshot == Paged(run_graph("a", "b", "c"))
        """
    )
    run("--snapshot-update")
    assert len(json.loads(snapshot_file(pytester).read_text())) == 3
    run().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ("[]", "ValueError: the history is empty*"),
        ("{'detail': 'Not Found'}", "TypeError: a history is a list*"),
    ],
    ids=["empty", "no history"],
)
def test_a_history_that_proves_nothing_is_not_written(
    pytester: pytest.Pytester, run: Run, history: str, message: str
) -> None:
    pytester.makepyfile(test_mine=f"def test_greets(history_snapshot): assert history_snapshot == {history}")
    result = run("--snapshot-update")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{message}"])
    assert not snapshot_file(pytester).exists()


def test_any_text_and_any_depth_can_be_written(pytester: pytest.Pytester, run: Run) -> None:
    body = """
        def test_greets(history_snapshot, run_graph):
            deep = {leaf!r}
            for _ in range(200):
                deep = [deep]
            assert history_snapshot == run_graph(["κόσμε 🌍 \\ud800 \\u2028 \\x85", deep])
        """
    pytester.makepyfile(test_mine=body.format(leaf="before"))
    assert run("--snapshot-update").ret == 0
    run().assert_outcomes(passed=1)
    pytester.makepyfile(test_mine=body.format(leaf="after"))
    run().assert_outcomes(failed=1)


def test_path_that_changes_with_each_run_can_be_left_out(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        test_mine="""
        import uuid
        from syrupy.filters import paths

        def test_greets(history_snapshot, run_graph):
            assert history_snapshot(exclude=paths("0.values.content")) == run_graph(str(uuid.uuid4()))
        """
    )
    run("--snapshot-update")
    run().assert_outcomes(passed=1)


def test_two_histories_in_one_test_have_a_file_each(pytester: pytest.Pytester, run: Run) -> None:
    again = "    assert history_snapshot == run_graph('ho')\n"
    pytester.makepyfile(test_mine=TEST.format(contents="'hi'") + again)
    run("--snapshot-update")
    run().assert_outcomes(passed=1)
    assert (
        '"content": "ho"' in snapshot_file(pytester, "__snapshots__/test_mine/test_greets.1.json").read_text()
    )


@pytest.fixture
def two_modules(pytester: pytest.Pytester, run: Run) -> None:
    """Two modules with one test each, and the snapshots of both."""
    pytester.makepyfile(test_mine=TEST.format(contents="'hi'"), test_other=TEST.format(contents="'ho'"))
    run("--snapshot-update")


@pytest.mark.usefixtures("two_modules")
@pytest.mark.parametrize("selection", [["test_mine.py"], ["test_mine.py::test_greets"], ["-k", "mine"]])
def test_snapshot_of_a_test_that_is_not_selected_is_left_alone(
    pytester: pytest.Pytester, run: Run, selection: list[str]
) -> None:
    assert run(*selection, "--snapshot-update").ret == 0
    assert snapshot_file(pytester, "__snapshots__/test_other/test_greets.json").exists()


@pytest.mark.usefixtures("two_modules")
def test_a_snapshot_that_no_test_uses_is_reported_and_removed(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(test_other="def test_greets(history_snapshot): pass")
    result = run()
    result.stdout.fnmatch_lines(["*1 snapshot unused.*"])
    assert result.ret == 1
    run("--snapshot-update")
    assert snapshot_file(pytester).exists()
    assert not snapshot_file(pytester, "__snapshots__/test_other/test_greets.json").exists()


@pytest.fixture
def project(pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's project with a test, and an installed package that contains a test."""
    site = pytester.mkdir("site")
    package = site / "shipped"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "test_contract.py").write_text(TEST.format(contents="'hi'"))
    moved = (
        "\nimport pathlib, pytest_threadcopy.snapshots.history_snapshot as s"
        f"\ns._PACKAGE = pathlib.Path({str(package)!r})\n"
    )
    for conftest in (package / "conftest.py", pytester.path / "project" / "conftest.py"):
        conftest.parent.mkdir(exist_ok=True)
        conftest.write_text(CONFTEST + moved)
    project = pytester.path / "project"
    (project / "test_mine.py").write_text(TEST.format(contents="'ho'"))
    (pytester.path / "conftest.py").unlink()
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=os.pathsep)
    monkeypatch.chdir(project)
    return project


@pytest.mark.parametrize("ini", ["pytest.ini", None], ids=["beside the ini file", "where pytest was invoked"])
def test_packaged_suite_keeps_its_snapshots_in_the_project(project: Path, run: Run, ini: str | None) -> None:
    if ini:
        (project / ini).write_text("[pytest]\n")
    assert run("--pyargs", "shipped", "--snapshot-update").ret == 0
    run("--pyargs", "shipped").assert_outcomes(passed=1)
    assert (project / "threadcopy_snapshots" / "test_contract" / "test_greets.json").is_file()
    assert not list((project.parent / "site").rglob("*.json"))


def test_packaged_suite_and_own_tests_leave_each_other_alone(project: Path, run: Run) -> None:
    (project / "pytest.ini").write_text("[pytest]\n")
    for selection in ([], ["--pyargs", "shipped"], ["--pyargs", "shipped", "test_mine.py"], []):
        assert run(*selection, "--snapshot-update").ret == 0
        assert run(*selection).ret == 0
    assert (project / "threadcopy_snapshots" / "test_contract" / "test_greets.json").is_file()
    assert (project / "__snapshots__" / "test_mine" / "test_greets.json").is_file()
