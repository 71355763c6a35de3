"""The steps of docs/own-tests.md print what the page shows, and its table counts the requests correctly."""

import inspect
import re
from collections.abc import Iterator

import pytest

from tests.lab.documents.pages import DOCS, blocks
from tests.lab.documents.reader import Reader

PAGE = "own-tests.md"
COSTS = {
    row[0]: tuple(int(cost) for cost in row[1:])
    for row in re.findall(
        r"^\| `(\w+)` \|.*\| (\d+) \| (\d+) \| (\d+) \|$",
        (DOCS / PAGE).read_text(encoding="utf-8"),
        re.MULTILINE,
    )
}
COUNTING = """
import pytest
from pytest_threadcopy.wire.traffic import Traffic

requests, before = [], Traffic.request
Traffic.request = lambda traffic, *what: requests.append(traffic) or before(traffic, *what)

@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    print("requests", len(requests))
    yield
    print("requests", len(requests))

def pytest_unconfigure():
    print("requests", len(requests))
"""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader who has followed the page to its end."""
    with Reader(tmp_path_factory.mktemp("reader")) as reader:
        for block in blocks(PAGE):
            reader.do(block)
        yield reader


def test_the_page_can_be_followed_from_start_to_end(reader: Reader) -> None:
    assert "test_async.py" in {file.name for file in reader.folder.iterdir()}


def test_no_thread_of_the_page_is_left(reader: Reader) -> None:
    count = "curl --silent --json '{}' http://127.0.0.1:2024/threads/count"
    assert reader.run(count) == ["0"]


@pytest.mark.parametrize("fixture", COSTS)
def test_a_fixture_costs_what_the_table_says(reader: Reader, fixture: str) -> None:
    folder = reader.folder / fixture
    folder.mkdir()
    (folder / "conftest.py").write_text(COUNTING)
    (folder / "test_it.py").write_text(
        "import pytest\n\npytestmark = pytest.mark.usefixtures('deployment')\n"
        + "".join(f"\ndef test_{name}({fixture}): pass\n" for name in ("first", "later"))
    )
    printed = reader.run(f"pytest {fixture} --capture=no")
    checked, first, _, later, end = (int(line.split()[-1]) for line in printed if "requests" in line)
    if fixture == "deployment":
        costs = first, later - first, end - later
    else:
        _, _, deployment_at_the_end = COSTS["deployment"]
        costs = first - checked, later - first, (end - later - deployment_at_the_end) // 2
    assert costs == COSTS[fixture]


def test_the_page_lists_every_fixture() -> None:
    from pytest_threadcopy.session import fixtures

    defined = set(re.findall(r"@pytest\.fixture.*\ndef (\w+)", inspect.getsource(fixtures)))
    assert defined - {"thread_sources"} == COSTS.keys()  # this one is for the other fixtures
