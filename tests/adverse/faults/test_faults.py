"""Each requirement catches the faults that are meant for it, and passes on a faultless deployment.

These tests run, under each fault, the requirement that is meant to catch it. ``python -m tests.lab.faults``
runs the whole contract under each fault, and writes docs/faults.md, which these tests compare with the
catalogue.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import cycle

import pytest

from pytest_threadcopy.session.catalogue import read_catalogue
from tests.lab.faults.catalogue import FAULTS
from tests.lab.faults.matrix import AT_ONCE, faulty_servers, run_contract
from tests.lab.faults.official import official_findings
from tests.lab.faults.page import PAGE, read_page, write_page
from tests.lab.faults.twin import TWIN_ARGUMENTS, alarms
from tests.lab.faults.verdicts import Findings, never_alone, problems_with, without_fault

Runs = dict[str, Future[Findings]]


@pytest.fixture(scope="module")
def urls() -> Iterator[list[str]]:
    with faulty_servers() as urls:
        yield urls


@pytest.fixture(scope="module")
def runs(urls: list[str], request: pytest.FixtureRequest) -> Iterator[Runs]:
    """A run for each fault that a selected test needs. All begin at once."""
    specs = [getattr(item, "callspec", None) for item in request.session.items]
    selected = {spec.params.get("name") for spec in specs if spec}
    chosen = [fault for fault in FAULTS.values() if fault.name in selected]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {
            fault.name: pool.submit(run_contract, url, fault, select=fault.caught_by)
            for fault, url in zip(chosen, cycle(urls), strict=False)
        }


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_caught_by_the_requirement_meant_for_it(name: str, runs: Runs) -> None:
    assert problems_with(FAULTS[name], runs[name].result()) == []


@pytest.mark.parametrize("mode", TWIN_ARGUMENTS)
def test_no_requirement_fails_on_the_faultless_server(mode: str, urls: list[str]) -> None:
    assert alarms(run_contract(urls[0], arguments=TWIN_ARGUMENTS[mode])) == []


def test_each_requirement_has_a_fault() -> None:
    assert without_fault() == []


def test_each_fault_has_a_sentence_a_requirement_and_a_part_of_its_reason() -> None:
    ids = {row.id for row in read_catalogue()}
    incomplete = [
        fault.name
        for fault in FAULTS.values()
        if not (fault.sentence.endswith(".") and fault.says and fault.caught_by in ids)
    ]
    assert incomplete == []


def test_there_are_faults_of_each_kind() -> None:
    assert len(FAULTS) >= 60
    assert {fault.kind for fault in FAULTS.values()} == {"checkpointer", "response", "behaviour"}


def test_page_lists_every_fault_as_the_catalogue_does() -> None:
    sentences = {name: (sentence, meant) for name, (sentence, meant, _) in read_page().items()}
    assert sentences == {fault.name: (fault.sentence, fault.caught_by) for fault in FAULTS.values()}


def test_each_requirement_catches_a_fault_alone_of_its_group_or_has_a_reason() -> None:
    assert never_alone({name: caught for name, (_, _, caught) in read_page().items()}) == []


def test_page_is_what_the_command_writes() -> None:
    caught = {name: caught for name, (_, _, caught) in read_page().items()}
    official = official_findings(FAULTS.values())
    assert PAGE.read_text(encoding="utf-8") == write_page(caught, official)
