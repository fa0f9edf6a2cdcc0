"""Words made comparable: numbers, prices, dates, times, and the steps that are told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxassure.channels._telephony.audio.normal import normalise, same

DIGITS = "zero one two three four five six seven eight nine".split()


def alike(one: str, other: str, language: str = "en") -> bool:
    first, second = normalise(one, language).words, normalise(other, language).words
    return len(first) == len(second) and all(map(same, first, second))


ALIKE = [
    ("Order one zero four eight.", "order 1048"),
    ("one oh four eight", "1 0 4 8"),
    ("double three four", "3 3 4"),
    ("ten forty-eight", "1048"),
    ("ten forty-eight pounds", "£10.48"),
    ("ten forty-eight pounds", "1,048 pounds"),
    ("ten pounds forty-eight", "£10.48"),
    ("ten pounds and forty-eight pence", "£10.48"),
    ("eighteen dollars and ninety-nine cents", "$18.99"),
    ("forty-eight pence", "48p"),
    ("one thousand and forty-eight", "1,048"),
    ("five percent", "5 %"),
    ("half past ten", "10:30"),
    ("ten thirty a.m.", "10:30 AM"),
    ("5 p.m.", "17:00"),
    ("nine o'clock", "9:00"),
    ("a quarter to six", "5:45"),
    ("the twenty-fourth of November", "November 24"),
    ("24 November 2026", "2026-11-24"),
    ("November 24th, twenty twenty-six", "2026-11-24"),
    ("1-800-555-0199", "one eight zero zero five five five zero one nine nine"),
    ("You’re IN.", "you're in"),
]
DIFFERENT = [
    ("£10.48", "£1,048"),
    ("press 1", "press 2"),
    ("1048", "1049"),
    ("5 p.m.", "5 a.m."),
    ("November 24", "November 25"),
    ("18 dollars and 99 cents", "80 dollars and 99 cents"),
    ("1st", "1"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_two_ways_to_say_one_thing_are_alike(one: str, other: str) -> None:
    assert alike(one, other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_means_something_else_stays_different(one: str, other: str) -> None:
    assert not alike(one, other)


def test_each_step_is_told_with_what_it_changed() -> None:
    steps = normalise("Ten forty-eight pounds").steps
    assert [step.rule for step in steps] == [
        "small letters",
        "numbers in words",
        "digits one by one",
    ]
    assert (steps[-1].before, steps[-1].after) == ("10 48 pounds", "10~48 pounds")


def test_a_wildcard_stays_a_word() -> None:
    assert normalise("Welcome to * support").words == ("welcome", "to", "*", "support")


def test_other_languages_read_their_own_numbers() -> None:
    assert alike("eintausendachtundvierzig Euro", "1048 €", "de")
    assert alike("quatre-vingt-dix-sept", "97", "fr-CA")
    assert normalise("one two", "ja").words == ("one", "two")


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_read_and_gives_words_without_blanks(text: str) -> None:
    told = normalise(text)
    assert all(word and not word.isspace() and " " not in word for word in told.words)
    assert told == normalise(text)


@given(st.text("0123456789", min_size=2, max_size=9))
def test_a_number_read_digit_by_digit_is_the_number(number: str) -> None:
    spoken = " ".join(DIGITS[int(digit)] for digit in number)
    assert alike(f"order {spoken} please", f"order {number} please")


@given(st.text("0123456789", min_size=3, max_size=8), st.integers(0, 7), st.integers(1, 9))
def test_one_other_digit_is_another_number(number: str, place: int, by: int) -> None:
    at = place % len(number)
    other = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
    assert not alike(f"order {number}", f"order {other}")


@given(st.lists(st.sampled_from(["press", "1", "order", "£10.48", "ten", "*", "9 am"]), max_size=6))
def test_case_and_marks_do_not_count(words: list[str]) -> None:
    text = " x ".join(words)
    assert alike(text, f"  {text.upper()}!  ")
