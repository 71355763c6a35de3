"""Text on a terminal: its visible form and its width."""

import pytest

from pytest_threadcopy.text.terminal import cut_middle, one_line, pad, shorten, visible, width, wrap


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\u202egnp.exe", r"a\u202egnp.exe"),
        ("half \ud83d", r"half \ud83d"),
        ("line\u2028line\x85", r"line\u2028line\x85"),
        ("grüße 漢字 e\u0301 👩\u200d👩", "grüße 漢字 e\u0301 👩\u200d👩"),
        ("two\nlines\t", "two\nlines\\t"),
    ],
)
def test_a_control_character_is_shown_as_its_escape(text: str, expected: str) -> None:
    assert visible(text) == expected


def test_lines_and_spaces_become_one_line() -> None:
    assert one_line("  one\n\ttwo  three\x1b ") == r"one two three\x1b"


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("plain", 5),
        ("漢字", 4),
        ("e\u0301", 1),
        ("👩", 2),
        ("❤\ufe0f", 2),
        ("\uff41", 2),
        ("\u3000", 2),
        ("ﷺ", 1),
    ],
)
def test_width_is_counted_in_cells(text: str, cells: int) -> None:
    assert width(text) == cells


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("short", "short"),
        ("exactly this", "exactly this"),
        ("cut between words", "cut betwe..."),
        ("cutting between", "cutting..."),
        ("cut after, words", "cut after..."),
        ("uninterruptedly", "uninterru..."),
        ("漢字漢字漢字漢字", "漢字漢字..."),
    ],
)
def test_a_text_is_shortened_at_a_word_if_possible(text: str, expected: str) -> None:
    assert shorten(text, 12) == expected


def test_a_shortened_name_has_both_of_its_ends() -> None:
    assert cut_middle("staging-in-europe-1", 12) == "stagi...pe-1"


def test_a_column_is_filled_by_the_width_of_its_text() -> None:
    assert pad("漢字", 6) + "|" == "漢字  |"


def test_lines_are_broken_between_words_and_hang() -> None:
    assert wrap("one two three four", 10, "- ", "  ") == ["- one two", "  three", "  four"]


def test_a_word_that_is_too_long_is_broken_inside() -> None:
    assert wrap("see 0123456789ab", 8, hang="  ") == ["see", "  012345", "  6789ab"]


def test_wide_characters_are_not_broken_in_half() -> None:
    assert wrap("漢字漢字", 5) == ["漢字", "漢字"]


def test_more_lines_than_the_limit_are_cut_off() -> None:
    assert wrap("one two three four five", 9, most=2) == ["one two", "three..."]
