"""How an outcome and a verdict are told apart on a terminal: by a letter, a word and a colour."""

from collections.abc import Iterable
from typing import NamedTuple

from pytest_threadcopy.requirements import Outcome, Verdict


class Mark(NamedTuple):
    """The letter of an outcome, its colour, and pytest's category for it where pytest has no failure."""

    letter: str
    colour: str
    category: str


MARKS = {
    Outcome.VIOLATED: Mark("V", "red", "failed"),
    Outcome.STALE_WAIVER: Mark("S", "red", "failed"),
    Outcome.ERROR: Mark("E", "red", "error"),
    Outcome.DEVIATED: Mark("d", "yellow", "xfailed"),
    Outcome.WAIVED: Mark("w", "cyan", "xfailed"),
    Outcome.UNTESTABLE: Mark("u", "purple", "skipped"),
}
"""By outcome. What passed needs no mark."""

VERDICT_COLOURS = {
    Verdict.CONFORMANT: "green",
    Verdict.CONFORMANT_WITH_WAIVERS: "green",
    Verdict.INCOMPLETE: "yellow",
    Verdict.NOT_CONFORMANT: "red",
    Verdict.NOT_IMPLEMENTED: "red",
    Verdict.NO_VERDICT: "red",
}


class Span(NamedTuple):
    """A piece of a line, and its colour; bold where ``bold`` says so."""

    text: str
    colour: str = ""
    bold: bool = False


Line = list[Span]


def plain(lines: Iterable[str]) -> list[Line]:
    """Return lines of text without colour."""
    return [[Span(line)] for line in lines]
