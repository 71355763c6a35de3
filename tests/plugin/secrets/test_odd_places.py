"""No output shows a canary from an odd place in a user's tests: subtests, properties, doctests, names."""

from pathlib import Path

import pytest

from tests.lab.hostile.wire import Reply, serving
from tests.lab.runs import run_pytest
from tests.plugin.secrets.canaries import COOKIE, MARKED_BY_ENVIRONMENT, found_below, found_in, with_password

SECRET = MARKED_BY_ENVIRONMENT.text
NUMBER = "471112399"
NOBODY = "http://127.0.0.1:9"
GIVEN = {
    "DEPLOYMENT_URL": NOBODY,
    "THREADCOPY_SECRETS": f"{SECRET}\n{NUMBER}",
    "HTTPS_PROXY": with_password(NOBODY),
    "https_proxy": with_password(NOBODY),
}
OWN_TESTS = {
    "the output of a subtest": """
        def test_it(subtests):
            with subtests.test("one"):
                print(SECRET)
                logging.getLogger("mine").warning(SECRET)
                assert False
    """,
    "a property": """
        def test_it(record_property):
            record_property("dict", {SECRET: [SECRET]})
            record_property("bytes", SECRET.encode())
            record_property("set", {SECRET})
            record_property("number", NUMBER)
            record_property(SECRET, 1)
            assert False
    """,
    "the password of a proxy": """
        def test_it():
            from urllib.request import getproxies
            proxies = getproxies()
            print(proxies)
            assert not proxies
    """,
    "a message of a log that cannot be formatted": """
        def test_it():
            print(SECRET)
            logging.getLogger("mine").warning("%s %s", SECRET)
    """,
    "a doctest": '''
        def test_it():
            """
            >>> print(SECRET)
            nothing
            """
            assert False
    ''',
    "a collection": """
        raise ImportError(SECRET)
    """,
    "a report of another plugin": """
        class Told:
            def __init__(self, text):
                self.text = text
            def toterminal(self, writer):
                writer.line(self.text)
            def __str__(self):
                return self.text

        def test_it(request):
            request.node.repr_failure = lambda excinfo: Told(SECRET)
            assert False
    """,
}
HEAD = f"""
import logging
import os
import pytest
SECRET, NUMBER = os.environ["THREADCOPY_SECRETS"].split("\\n")[0], int("{NUMBER}")
"""
LOUD = ("-vv", "-rA", "--showlocals", "--junitxml=junit.xml", "--doctest-modules", "--log-cli-level=INFO")


@pytest.mark.parametrize("style", ["auto", "long", "native"])
@pytest.mark.parametrize("place", OWN_TESTS)
def test_no_secret_is_shown_from(tmp_path: Path, place: str, style: str) -> None:
    (tmp_path / "test_it.py").write_text(
        HEAD + "\n".join(line.removeprefix("        ") for line in OWN_TESTS[place].splitlines())
    )
    result = run_pytest(tmp_path, "test_it.py", *LOUD, f"--tb={style}", **GIVEN)
    output = "\n".join(result.outlines + result.errlines)
    assert result.ret in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
    assert "INTERNALERROR" not in output
    assert found_in(output) == []
    assert found_below(tmp_path) == {}
    everything = output + (tmp_path / "junit.xml").read_text()
    assert NUMBER not in everything
    assert "***" in everything


PRINTS_THE_COOKIE = """
import pprint

def test_it(deployment_client):
    headers = deployment_client.transport.send("GET", "/info").headers
    pprint.pprint(dict(headers), width=20)
    assert headers == {}
"""


def test_a_cookie_that_the_deployment_sets_is_not_shown(tmp_path: Path) -> None:
    session = f"session={COOKIE.text}; Path=/"
    (tmp_path / "test_it.py").write_text(PRINTS_THE_COOKIE)
    with serving(lambda request: request.answer(Reply.of({"thread_id": "t"}, set_cookie=session))) as server:
        environment = GIVEN | {"DEPLOYMENT_URL": f"http://127.0.0.1:{server.port}"}
        result = run_pytest(tmp_path, "test_it.py", *LOUD, **environment)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    output = "\n".join(result.outlines + result.errlines)
    assert "Path=/" in output
    assert found_in(output) == []
    assert found_below(tmp_path) == {}


def test_a_mistake_in_a_log_is_reported_by_logging_and_does_not_end_the_test(tmp_path: Path) -> None:
    text = "def test_it():\n    logging.getLogger('mine').warning('%s %s', SECRET)\n"
    (tmp_path / "test_it.py").write_text(HEAD + text)
    result = run_pytest(tmp_path, "test_it.py", "-p", "no:logging", "-rA", **GIVEN)
    result.assert_outcomes(passed=1)
    output = "\n".join(result.outlines + result.errlines)
    assert "--- Logging error ---" in output
    assert found_in(output) == []


def test_the_exception_in_a_log_record_shows_no_secret(tmp_path: Path) -> None:
    text = """
def test_it():
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        raised = type(error), error, error.__traceback__
    logger = logging.getLogger("mine")
    record = logger.makeRecord("mine", logging.ERROR, "here", 1, "%s %s", ("one",), raised)
    assert "ValueError" in record.exc_text
    assert SECRET not in record.exc_text
"""
    (tmp_path / "test_it.py").write_text(HEAD + text)
    run_pytest(tmp_path, "test_it.py", **GIVEN).assert_outcomes(passed=1)


def test_the_default_name_of_a_deployment_has_no_secret_of_its_url(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(deployment): pass")
    environment = GIVEN | {"DEPLOYMENT_URL": f"{NOBODY}/of/{SECRET} {NOBODY}"}
    result = run_pytest(tmp_path, "test_it.py", "--collect-only", "-q", **environment)
    result.stdout.fnmatch_lines(["test_it.py::test_it[[]127.0.0.1:9/of/[*][*][*][]]"])
    assert found_in("\n".join(result.outlines + result.errlines)) == []


@pytest.mark.parametrize("variable", ["DEPLOYMENT_API_KEY", "DEPLOYMENT_HEADERS"])
def test_the_question_whose_a_header_is_shows_no_secret(tmp_path: Path, variable: str) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(deployment): pass")
    environment = GIVEN | {"DEPLOYMENT_URL": f"{NOBODY}/of/{SECRET} {NOBODY}", variable: "x-key: 1234"}
    result = run_pytest(tmp_path, "test_it.py", **environment)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    output = "\n".join(result.outlines + result.errlines)
    assert f"{variable} does not say which deployment it is for" in output
    assert found_in(output.lower()) == []


def test_two_deployments_that_differ_by_a_secret_alone_must_be_named(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(deployment): pass")
    environment = GIVEN | {"DEPLOYMENT_URL": f"{NOBODY}/of/{SECRET} {NOBODY}/of/{NUMBER}"}
    result = run_pytest(tmp_path, "test_it.py", "--collect-only", **environment)
    result.stderr.fnmatch_lines(["ERROR: two deployments are called 127.0.0.1:9/of/[*][*][*]: name them*"])


SNAPSHOT = """
import os
from pytest_threadcopy.snapshots import HistorySnapshotExtension

def test_it(snapshot):
    said = os.environ["THREADCOPY_SECRETS"].split()
    history = [{"values": {"said": said, "id": int(said[1])}}]
    assert snapshot.use_extension(HistorySnapshotExtension) == history
"""


def test_a_snapshot_of_the_extension_shows_no_secret(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SNAPSHOT)
    run_pytest(tmp_path, "test_it.py", "--snapshot-update", **GIVEN).assert_outcomes(passed=1)
    (snapshot,) = tmp_path.rglob("*.json")
    assert "***" in snapshot.read_text()
    assert SECRET not in snapshot.read_text()
    assert NUMBER not in snapshot.read_text()
