"""The catalogue of requirements, and the verdict of their results."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from pytest_threadcopy.requirements import GROUPS, Level, Outcome, Result, Verdict, verdict
from pytest_threadcopy.session.catalogue import CONTRACT, read_catalogue

CATALOGUE = read_catalogue()
FIRST_PART = (
    [f"NEW-{number:02}" for number in range(1, 5)]
    + [f"SAME-{number:02}" for number in (*range(1, 9), *range(10, 15), 16)]
    + [f"CONT-{number:02}" for number in range(1, 9)]
    + [f"INDEP-{number:02}" for number in range(1, 9)]
    + ["FORM-01"]
)


def result(outcome: Outcome, level: Level = Level.MUST) -> Result:
    return Result("NEW-01", level, "It passes.", "guide", outcome=outcome)


PASSED = result(Outcome.PASSED)


def test_the_catalogue_has_the_first_part_of_the_contract() -> None:
    assert set(FIRST_PART) <= {row.id for row in CATALOGUE}


def test_each_id_is_unique_and_in_a_known_group() -> None:
    assert [id_ for id_, count in Counter(row.id for row in CATALOGUE).items() if count > 1] == []
    assert {row.group for row in CATALOGUE} <= set(GROUPS)


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.id)
def test_each_title_is_one_sentence(row: Result) -> None:
    assert re.fullmatch(r"[A-Z0-9].*[^.]\.", row.title)


def test_the_catalogue_has_every_test_of_the_contract() -> None:
    texts = [file.read_text(encoding="utf-8") for file in CONTRACT.glob("test_*.py")]
    assert sum(len(re.findall(r"^def test_", text, re.MULTILINE)) for text in texts) == len(CATALOGUE)


def test_the_catalogue_is_in_the_order_of_groups_and_ids() -> None:
    assert sorted(CATALOGUE, key=lambda row: (list(GROUPS).index(row.group), row.id)) == CATALOGUE


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([PASSED], Verdict.CONFORMANT),
        ([PASSED, result(Outcome.DEVIATED, Level.SHOULD)], Verdict.CONFORMANT),
        ([PASSED, result(Outcome.UNTESTABLE, Level.SHOULD)], Verdict.CONFORMANT),
        ([PASSED, result(Outcome.STALE_WAIVER)], Verdict.CONFORMANT),
        ([PASSED, result(Outcome.WAIVED)], Verdict.CONFORMANT_WITH_WAIVERS),
        ([PASSED, result(Outcome.WAIVED, Level.SHOULD)], Verdict.CONFORMANT_WITH_WAIVERS),
        ([PASSED, result(Outcome.WAIVED), result(Outcome.UNTESTABLE)], Verdict.INCOMPLETE),
        ([PASSED, result(Outcome.UNTESTABLE)], Verdict.INCOMPLETE),
        ([PASSED, result(Outcome.ERROR)], Verdict.INCOMPLETE),
        ([PASSED, result(Outcome.VIOLATED), result(Outcome.ERROR)], Verdict.NOT_CONFORMANT),
        ([PASSED, result(Outcome.VIOLATED), result(Outcome.WAIVED)], Verdict.NOT_CONFORMANT),
        ([result(Outcome.PASSED, Level.SHOULD)], Verdict.INCOMPLETE),
        ([], Verdict.INCOMPLETE),
    ],
)
def test_the_verdict_of(results: list[Result], expected: Verdict) -> None:
    assert verdict(results) is expected


@pytest.mark.parametrize(
    ("outcome", "expired", "reason"),
    [
        (Outcome.WAIVED, "", "known. Seen: it answered 500"),
        (Outcome.VIOLATED, "2026-01-01", "it answered 500\nIts waiver expired on 2026-01-01: known"),
        (Outcome.STALE_WAIVER, "", "passes although waived (known): remove the waiver of NEW-01"),
        (Outcome.UNTESTABLE, "", "it answered 500"),
    ],
)
def test_the_full_reason_explains_the_effect_of_the_waiver(
    outcome: Outcome, expired: str, reason: str
) -> None:
    waived = replace(result(outcome), reason="it answered 500", waiver="known", expired=expired)
    assert waived.full_reason == reason
