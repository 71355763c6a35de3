"""docs/contract.md says what the contract's tests say."""

from pytest_threadcopy.session.catalogue import read_catalogue
from tests.lab.contract_page import COMMAND, PAGE, render
from tests.lab.faults.catalogue import FAULTS


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), f"docs/contract.md is not up to date: {COMMAND}"


def test_the_page_has_each_requirement_with_sentence_level_and_source() -> None:
    page = render()
    for row in read_catalogue():
        section = f"### {row.id}\n\n**{row.level}**: {row.title}\n\nSource: {row.source}. Faults caught: "
        assert section in page, row.id


def test_each_fault_is_listed_below_the_requirement_that_is_meant_for_it() -> None:
    sections = {part.partition("\n")[0]: part for part in render().split("\n### ")}
    missing = [
        fault.name for fault in FAULTS.values() if f"\n- `{fault.name}`: " not in sections[fault.caught_by]
    ]
    assert missing == []
