"""The steps of docs/snapshots.md, in their order, print what the page shows."""

from pathlib import Path

from tests.lab.documents.pages import blocks
from tests.lab.documents.reader import Reader, shows


def test_the_page_can_be_followed_from_start_to_end(tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        for block in blocks("snapshots.md"):
            reader.do(block)


def test_output_that_differs_is_noticed() -> None:
    assert shows(["a", "...", "c in 1.00s"], ["a", "b", "b", "c in 2.50s"])
    assert not shows(["a", "c"], ["a", "b", "c"])
    assert not shows(["a", "...", "d"], ["a", "b", "c"])
    assert not shows([], ["a"])
