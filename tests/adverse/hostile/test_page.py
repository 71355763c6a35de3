"""docs/hostile.md says what the gallery tests."""

from tests.lab.hostile.catalogue import BEHAVIOURS, WAYS
from tests.lab.hostile.page import PAGE, write_page


def test_the_page_lists_each_behaviour_and_its_ending() -> None:
    assert PAGE.read_text(encoding="utf-8") == write_page(), "run python -m tests.lab.hostile"


def test_there_are_at_least_40_behaviours() -> None:
    assert len(BEHAVIOURS) + len(WAYS) >= 40
