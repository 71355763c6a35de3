"""For any document, the lines fit the terminal, and hold no escape sequence."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings

from pytest_threadcopy.report.document import Report, as_json
from pytest_threadcopy.report.terminal.lines import brief_lines, summary_lines
from pytest_threadcopy.report.terminal.parts import Line
from pytest_threadcopy.requirements import Result
from pytest_threadcopy.schemas import assert_valid
from pytest_threadcopy.session.failure import failure_text
from pytest_threadcopy.text.terminal import width
from tests.unit.report.terminal.documents import Json, reports, rows

# A document is slow to draw: this is a quarter of the profile's number of examples.
few = settings(
    max_examples=settings().max_examples // 4,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@given(reports)
@few
def test_the_documents_tried_here_are_valid(document: Report) -> None:
    assert_valid(as_json(document), "report")


@pytest.mark.parametrize("tell", [summary_lines, brief_lines])
@pytest.mark.parametrize("cells", [60, 80])
def test_every_line_of_the_summary_fits(tell: Callable[[Report, int], list[Line]], cells: int) -> None:
    @given(reports)
    @few
    def lines_fit(document: Report) -> None:
        for line in tell(document, cells):
            text = "".join(span.text for span in line)
            assert width(text) <= cells
            assert is_harmless(text)

    lines_fit()


@given(rows())
@few
def test_a_failure_text_fits_except_its_headline_and_its_scripts(requirement: Json) -> None:
    prose = failure_text(Result(**requirement | {"reproduction": {}})).split("\n")
    assert all(width(line) <= 80 for line in prose[1:])


@given(rows())
@few
def test_a_failure_text_has_no_escape_sequence(requirement: Json) -> None:
    assert is_harmless(failure_text(Result(**requirement)).replace("\n", "").replace("\t", ""))


def is_harmless(line: str) -> bool:
    """Return whether a terminal shows all of a line, and executes none of it."""
    return not [
        char
        for char in line
        if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char not in "\u200c\u200d"
    ]
