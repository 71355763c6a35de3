"""The summary of a run, as a user reads it."""

import pytest

from pytest_threadcopy.report.document import Deployment
from pytest_threadcopy.report.terminal.lines import summary_lines
from pytest_threadcopy.requirements import Level, Requirement
from tests.lab.sample_reports import sample_deployment, sample_report
from tests.unit.report.terminal.documents import (
    FAILED,
    LOCKED,
    NO_COPY,
    ONE_GROUP,
    PASSED,
    VIOLATED,
    WAIVED,
    small_deployment,
)


def text_of(*deployments: Deployment, cells: int = 80) -> str:
    """Return the summary without its colours."""
    lines = summary_lines(sample_report(*deployments), cells)
    return "".join("".join(span.text for span in line) + "\n" for line in lines)


def test_the_summary_of_one_deployment_has_every_part_in_order() -> None:
    expected = """\
deployment: https://staging.example (langgraph-api 0.16.7)
  History is read by GET, 100 checkpoints a page, the next page by GET
  before=ID. A thread is given its history by POST state, without running a
  node. Roles that no assistant plays: nested, parallel, failing, slow,
  configured. Not found to work: streaming.

                                                MUST SHOULD    MAY  not passed
  NEW    the copy is a thread of its own         1/1    0/1    1/1  1d
  SAME   its history is the source's history     1/2                1V
  CONT   runs continue on the copy               0/1                1E
  ROB    wrong requests are refused              0/2                2u
  V violated, E error, d deviated, u untestable
1 violated: a MUST that was tested and fails
  SAME-02  MUST   A long history is copied whole, every checkpoint past the...
1 error: not tested, because the test itself failed
  CONT-04  MUST   An interrupted copy resumes to what the source resumes to.
1 deviated: a SHOULD or MAY that was tested and fails
  NEW-02   SHOULD The code of a successful copy is 200.
2 untestable: not tested; the reason says what it needs
  ROB-10 (MUST), ROB-11 (MUST): this takes two identities: give the headers of
    the second with --threadcopy-second-headers

verdict: not conformant
  Not safe to fork threads on: 1 MUST fails (SAME-02). Send the report to the
  operator of the server.
"""
    assert text_of(FAILED) == expected


def test_several_deployments_stand_side_by_side() -> None:
    expected = """\
staging: https://staging.example (langgraph-api 0.16.7)
embedded (langgraph-api 0.16.7)

                             staging                   embedded
                              MUST SHOULD   MAY         MUST SHOULD   MAY
  NEW    the copy is a...      1/1    0/1   1/1 1d       1/1    1/1   1/1
  SAME   its history is...     1/2              1V       2/2
  CONT   runs continue...      0/1              1E       1/1
  ROB    wrong requests...     0/2              2u       2/2

                  staging      embedded
  NEW-02   SHOULD deviated     passed       The code of a successful copy is...
  SAME-02  MUST   violated     passed       A long history is copied whole...
  CONT-04  MUST   error        passed       An interrupted copy resumes to...
  ROB-10   MUST   untestable   passed       Another's private thread cannot...
  ROB-11   MUST   untestable   passed       An anonymous copy is refused.
  V violated, E error, d deviated, u untestable
2 untestable: not tested; the reason says what it needs
  ROB-10 (MUST), ROB-11 (MUST) on staging: this takes two identities: give the
    headers of the second with --threadcopy-second-headers

staging: not conformant
  Not safe to fork threads on: 1 MUST fails (SAME-02). Send the report to the
  operator of the server.
embedded: conformant
  Safe to fork threads on: every MUST was tested and passes.
"""
    assert text_of(FAILED, PASSED) == expected


def test_unselected_requirements_are_counted_and_not_listed() -> None:
    expected = """\
deployment: https://staging.example (langgraph-api 0.16.7)
  History is read by GET, 100 checkpoints a page, the next page by GET
  before=ID. A thread is given its history by POST state, without running a
  node. Roles that no assistant plays: nested, parallel, failing, slow,
  configured. Not found to work: streaming.

                                                  MUST  not passed
  SAME   its history is the source's history       1/1
  not run: 7 of 8 requirements

verdict: incomplete
  Not known to be safe to fork threads on: no MUST fails, but some were not
  tested (not run: 5 of 6).
"""
    assert text_of(ONE_GROUP) == expected


def test_waived_requirements_and_stale_waivers_are_listed() -> None:
    expected = """\
deployment: https://staging.example (langgraph-api 0.16.7)
  History is read by GET, 100 checkpoints a page, the next page by GET
  before=ID. A thread is given its history by POST state, without running a
  node. Roles that no assistant plays: nested, parallel, failing, slow,
  configured. Not found to work: streaming.

                                                MUST SHOULD    MAY  not passed
  NEW    the copy is a thread of its own         1/1    0/1    1/1  1w
  SAME   its history is the source's history     1/2                1S
  CONT   runs continue on the copy               1/1
  ROB    wrong requests are refused              1/2                1u
  S stale waiver, w waived, u untestable
1 stale waiver: passes although waived: remove the waiver
  SAME-01  MUST   The whole history is equal, newest to oldest, except for...
1 waived: fails, and a waiver lists it
  NEW-02   SHOULD it is so
1 untestable: not tested; the reason says what it needs
  ROB-10 (MUST): this takes two identities: give the headers of the second with
    --threadcopy-second-headers

verdict: incomplete
  Safe to fork threads on as far as it was tested, except for the waived
  requirements (NEW-02): no MUST fails, but some were not tested (untestable:
  ROB-10).
"""
    assert text_of(WAIVED) == expected


def test_a_deployment_that_cannot_copy_has_one_reason() -> None:
    expected = """\
deployment: https://staging.example (langgraph-api 0.16.7)
  History is read by GET, 100 checkpoints a page, the next page by GET
  before=ID. A thread is given its history by POST state, without running a
  node. Roles that no assistant plays: nested, parallel, failing, slow,
  configured. Not found to work: streaming.

verdict: not implemented
  Threads cannot be forked there: POST /threads/ID/copy answered 404: Not Found
"""
    assert text_of(NO_COPY) == expected


def test_one_of_several_deployments_that_cannot_be_tested_has_its_reason() -> None:
    expected = """\
embedded (langgraph-api 0.16.7)
prod: https://prod.example (unknown server)

                                                embedded
                                                 MUST SHOULD   MAY
  NEW    the copy is a thread of its own          1/1    1/1   1/1
  SAME   its history is the source's history      2/2
  CONT   runs continue on the copy                1/1
  ROB    wrong requests are refused               2/2

embedded: conformant
  Safe to fork threads on: every MUST was tested and passes.
prod: no verdict
  It could not be tested: POST https://prod.example/threads answered 401: who
  are you?
"""
    assert text_of(PASSED, LOCKED) == expected


def colours(*deployments: Deployment) -> dict[str, str]:
    """Return the colour of each piece of the summary that has one."""
    lines = summary_lines(sample_report(*deployments), 80)
    return {span.text.strip(): span.colour for line in lines for span in line if span.colour}


def test_outcomes_and_the_verdict_are_coloured() -> None:
    assert colours(FAILED) == {
        "1d": "yellow",
        "1V": "red",
        "1E": "red",
        "2u": "purple",
        "1 violated": "red",
        "1 error": "red",
        "1 deviated": "yellow",
        "2 untestable": "purple",
        "not conformant": "red",
    }


def test_of_several_the_outcome_of_each_is_coloured() -> None:
    assert (
        colours(FAILED, PASSED).items()
        >= {"violated": "red", "deviated": "yellow", "conformant": "green"}.items()
    )


def test_more_deployments_than_fit_beside_each_other_stand_below() -> None:
    names = [f"deployment-{number}" for number in range(6)]
    lines = text_of(*(small_deployment(name) for name in names)).splitlines()
    heads = [line.split() for line in lines if line.startswith(" " * 9) and "depl" in line]
    assert heads == [[f"deployment-{n}" for n in range(3)], [f"deployment-{n}" for n in range(3, 6)]]


def test_if_the_counts_of_each_level_do_not_fit_the_totals_are_shown() -> None:
    lines = text_of(*(small_deployment(name) for name in ("one", "two", "three"))).splitlines()
    assert "  NEW    the copy is a thread of its own 3/3          3/3          3/3" in lines


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("cells", [60, 80])
def test_a_violated_requirement_has_its_sentence_beside_any_number_of_deployments(
    number: int, cells: int
) -> None:
    summary = text_of(
        *(small_deployment(f"d-{n}", {"SAME-02": VIOLATED}) for n in range(number)), cells=cells
    )
    lines = [line for line in summary.splitlines() if line.startswith("  SAME-02  MUST")]
    assert lines
    assert all("A long histor" in line for line in lines)


def test_letters_that_do_not_fit_are_replaced_by_a_plus() -> None:
    outcomes = ("violated", "error", "stale-waiver", "waived", "untestable")
    rows = [Requirement(f"SAME-{number:02}", Level.MUST, "A promise.", "guide") for number in range(5)]
    endings = {row.id: {"outcome": one} for row, one in zip(rows, outcomes, strict=True)}
    many = text_of(sample_deployment(outcomes=endings, rows=rows))
    assert "0/5  1V 1E 1S 1w+\n" in many
    assert "u untestable" in many


def test_deployments_whose_short_names_are_alike_are_numbered() -> None:
    names = ["staging-of-team-a-in-europe", "staging-of-team-b-in-europe"]
    lines = text_of(*(small_deployment(name) for name in names)).splitlines()
    assert "1 staging...: staging-of-team-a-in-europe, https://staging.example" in lines
    assert "2 staging...: staging-of-team-b-in-europe, https://staging.example" in lines


def test_an_escape_sequence_is_shown_as_text() -> None:
    hostile = small_deployment("\x1b]0;a\x07", {"ROB-10": {"outcome": "untestable", "reason": "\x1b[2J"}})
    assert "\x1b" not in text_of(hostile)
    assert r"ROB-10 (MUST): \x1b[2J" in text_of(hostile)
