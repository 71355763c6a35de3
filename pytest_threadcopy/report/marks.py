"""How every report shows outcomes and verdicts: a table of each."""

from typing import NamedTuple

from pytest_threadcopy.requirements import Outcome, Verdict


class OutcomeMark(NamedTuple):
    """The signs of an outcome.

    A terminal shows ``letter`` in ``colour``, and pytest counts a test in ``category`` unless it failed. The
    page shows ``symbol`` in the colours of ``tone``. GitHub gets an annotation of the kind ``annotation``,
    or none where it is empty. ``meaning`` follows the name of the outcome after a colon.
    """

    letter: str
    category: str
    colour: str
    symbol: str
    tone: str
    annotation: str
    meaning: str


class VerdictMark(NamedTuple):
    """The signs of a verdict: on the page, on a terminal, and on a badge of shields.io."""

    symbol: str
    tone: str
    colour: str
    badge: str


OUTCOMES = {
    Outcome.VIOLATED: OutcomeMark(
        "V", "failed", "red", "✗", "bad", "error", "a MUST that was tested and fails"
    ),
    Outcome.ERROR: OutcomeMark(
        "E", "error", "red", "‼", "bad", "error", "not tested, because the test itself failed"
    ),
    Outcome.STALE_WAIVER: OutcomeMark(
        "S", "failed", "red", "↺", "bad", "error", "passes although waived: remove the waiver"
    ),
    Outcome.DEVIATED: OutcomeMark(
        "d", "xfailed", "yellow", "!", "warn", "warning", "a SHOULD or MAY that was tested and fails"
    ),
    Outcome.WAIVED: OutcomeMark("w", "xfailed", "cyan", "~", "warn", "", "fails, and a waiver lists it"),
    Outcome.UNTESTABLE: OutcomeMark(
        "u", "skipped", "purple", "?", "quiet", "", "not tested; the reason says what it needs"
    ),
    Outcome.PASSED: OutcomeMark(".", "passed", "green", "✓", "good", "", "tested, and passes"),
}
"""By outcome, the worst first: the order in which every report lists them."""

WORST_FIRST = tuple(OUTCOMES)
OPEN = WORST_FIRST[: WORST_FIRST.index(Outcome.WAIVED)]
"""The outcomes that somebody should act on."""
NOT_PASSED = WORST_FIRST[: WORST_FIRST.index(Outcome.PASSED)]
LISTED = WORST_FIRST[: WORST_FIRST.index(Outcome.UNTESTABLE)]
"""The outcomes whose requirements a report lists one by one; it lists untestable ones by their reason."""

VERDICTS = {
    Verdict.CONFORMANT: VerdictMark("✓", "good", "green", "brightgreen"),
    Verdict.CONFORMANT_WITH_WAIVERS: VerdictMark("✓", "good", "green", "green"),
    Verdict.INCOMPLETE: VerdictMark("?", "warn", "yellow", "yellow"),
    Verdict.NO_VERDICT: VerdictMark("?", "bad", "red", "lightgrey"),
    Verdict.NOT_IMPLEMENTED: VerdictMark("✗", "bad", "red", "red"),
    Verdict.NOT_CONFORMANT: VerdictMark("✗", "bad", "red", "red"),
}
"""By verdict, the worst last: the badge shows the worst of several deployments."""


def word(value: Outcome | Verdict) -> str:
    """Return the words for an outcome or a verdict."""
    return value.replace("-", " ")
