"""The summary that ``-q`` asks for."""

from pytest_threadcopy.report.document import Deployment
from pytest_threadcopy.report.terminal.lines import brief_lines
from tests.lab.sample_reports import sample_report
from tests.unit.report.terminal.documents import FAILED, LOCKED, NO_COPY, PASSED


def text_of(*deployments: Deployment) -> str:
    """Return the summary without its colours."""
    lines = brief_lines(sample_report(*deployments), 80)
    return "".join("".join(span.text for span in line) + "\n" for line in lines)


def test_each_failure_has_a_line_and_the_verdict_is_last() -> None:
    expected = """\
violated SAME-02: A long history is copied whole, every checkpoint past the...
error CONT-04: An interrupted copy resumes to what the source resumes to.
deviated NEW-02: The code of a successful copy is 200.
verdict: not conformant
"""
    assert text_of(FAILED) == expected


def test_the_summary_names_each_of_several_deployments() -> None:
    expected = """\
violated SAME-02 on staging: A long history is copied whole, every checkpoint...
error CONT-04 on staging: An interrupted copy resumes to what the source...
deviated NEW-02 on staging: The code of a successful copy is 200.
verdict on embedded: conformant
verdict on staging: not conformant
"""
    assert text_of(PASSED, FAILED) == expected


def test_a_deployment_that_cannot_be_tested_has_its_reason() -> None:
    expected = """\
verdict on embedded: conformant
verdict on prod: no verdict: POST https://prod.example/threads answered 401...
"""
    assert text_of(PASSED, LOCKED) == expected


def test_a_deployment_that_cannot_copy_has_its_reason() -> None:
    expected = """\
verdict on embedded: conformant
verdict on staging: not implemented: POST /threads/ID/copy answered 404: Not...
"""
    assert text_of(PASSED, NO_COPY) == expected
