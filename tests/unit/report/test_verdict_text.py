"""The capabilities of a deployment and the meaning of a verdict, in plain words."""

import pytest

from pytest_threadcopy.deployment.probe import Capabilities
from pytest_threadcopy.report.verdict_text import learned, meaning
from pytest_threadcopy.requirements import Verdict
from tests.unit.report.terminal.documents import Json, small_deployment

NO_IDENTITY = {"outcome": "untestable", "reason": "give it an identity"}


@pytest.mark.parametrize(
    ("capabilities", "sentence"),
    [
        ({}, ""),
        (
            {"history": {"method": "POST", "page": 10, "before": None}},
            "10 checkpoints a page, without paging.",
        ),
        ({"sources": None}, "No way was found to give a thread a history."),
        (
            {"sources": "by_supersteps"},
            "A thread is given its history at its creation, without running a node.",
        ),
        ({"roles": {}}, "Roles that no assistant plays: plain, interrupting, nested, parallel, "),
        ({"search": False, "update_state": False}, "Not found to work: POST state, search."),
        (
            {"unstable": ["values.messages[*].id"]},
            "Two reads of one thread differ at values.messages[*].id: this is not compared.",
        ),
    ],
)
def test_capabilities_are_described_in_words(capabilities: Capabilities, sentence: str) -> None:
    assert sentence in learned(capabilities)


@pytest.mark.parametrize(
    ("verdict", "outcomes", "sentence"),
    [
        (Verdict.CONFORMANT, {}, "Safe to fork threads on: every MUST was tested and passes."),
        (
            Verdict.CONFORMANT_WITH_WAIVERS,
            {"SAME-02": {"outcome": "waived"}},
            "Safe to fork threads on, except for the waived requirements (SAME-02): "
            "every other MUST was tested and passes.",
        ),
        (
            Verdict.CONFORMANT_WITH_WAIVERS,
            {"NEW-02": {"outcome": "waived"}},
            "Safe to fork threads on, except for the waived requirements (NEW-02): "
            "every MUST was tested and passes.",
        ),
        (
            Verdict.CONFORMANT,
            {"NEW-02": {"outcome": "deviated"}},
            "Safe to fork threads on: every MUST was tested and passes. It deviates in NEW-02.",
        ),
        (
            Verdict.INCOMPLETE,
            {"ROB-10": NO_IDENTITY},
            "Safe to fork threads on as far as it was tested: "
            "no MUST fails, but some were not tested (untestable: ROB-10).",
        ),
        (
            Verdict.INCOMPLETE,
            {id_: {"outcome": "error"} for id_ in ("NEW-01", "SAME-01", "SAME-02")},
            "Not known to be safe to fork threads on: "
            "no MUST fails, but some were not tested (in error: NEW-01, SAME-01, SAME-02).",
        ),
        (
            Verdict.NOT_CONFORMANT,
            {"SAME-01": {"outcome": "violated"}},
            "Not safe to fork threads on: 1 MUST fails (SAME-01). "
            "Send the report to the operator of the server.",
        ),
        (Verdict.NO_VERDICT, {}, "It could not be tested: no request was sent to it"),
    ],
)
def test_a_verdict_says_whether_it_is_safe_to_fork_threads(
    verdict: str, outcomes: Json, sentence: str
) -> None:
    assert meaning(small_deployment(outcomes=outcomes, verdict=verdict)) == sentence
