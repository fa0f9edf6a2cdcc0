"""Expected words laid beside heard ones, and the decision on them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxassure.channels._telephony.audio.judging import judge
from cxassure.channels._telephony.audio.likeness import differences, likeness, pieces
from cxassure.channels._telephony.audio.normal import normalise
from cxassure.channels._telephony.audio.recogniser import Said


def apart(expected: str, heard: str) -> list[tuple[str, str]]:
    return [(one.expected, one.heard) for one in differences(expected, heard)]


def test_the_same_words_written_otherwise_do_not_differ() -> None:
    assert apart("For orders, press 1.", "for orders press one") == []
    assert apart("The mailbox is full", "the mail box is full") == []
    assert apart("$10.48 on November 24", "ten dollars and 48 cents on the 24th of november") == []


def test_a_difference_names_both_sides() -> None:
    assert apart("order 1 0 4 8 is sent", "order 1049 is sent") == [("1048", "1049")]
    assert apart("press 2 for returns", "press two for repairs") == [("returns", "repairs")]
    assert apart("we are open", "we are not open") == [("", "not")]
    assert apart("we are not open", "we are open") == [("not", "")]


def test_wildcards_take_any_words_or_none() -> None:
    assert apart("Welcome to * support", "well welcome to the new Acme support line") == []
    assert apart("Welcome to * support", "welcome to support") == []
    assert apart("Welcome to * support", "welcome to Acme sales") == [("support", "sales")]


def test_more_may_be_said_around_unless_the_whole_is_asked_for() -> None:
    assert apart("press 1", "for orders press 1 or hold the line") == []
    whole = differences("press 1", "for orders press 1", part=False)
    assert [(one.expected, one.heard) for one in whole] == [("", "for orders")]


def test_a_difference_knows_which_written_words_it_replaces() -> None:
    heard = "the total is $80.99 today"
    (one,) = differences("the total is 18 dollars and 99 cents", heard)
    written = [piece.written for piece in pieces(heard)]
    assert written[one.start : one.end] == ["$80.99"]


@given(st.lists(st.sampled_from("for press 1 2 ten $4.50 may 3rd half past six *".split())))
def test_pieces_keep_every_word_in_order(words: list[str]) -> None:
    text = " ".join(words)
    cut = pieces(text)
    assert " ".join(piece.written for piece in cut).split() == text.split()
    assert tuple(word for piece in cut for word in piece.words) == normalise(text).words


@given(st.text("abc 12*", max_size=30), st.text("abc 12", max_size=30))
def test_any_two_texts_are_compared_and_likeness_is_a_share(one: str, other: str) -> None:
    found = differences(one, other)
    assert 0 <= likeness(one, found) <= 1
    assert not differences(other, other)


PROMPT = "For orders, press 1."


def test_word_by_word_is_certain() -> None:
    told = judge([PROMPT], Said("for orders press one", 0.9))
    assert told.suits and told.confidence == 1 and told.words == "heard word by word"


def test_nothing_said_suits_nothing() -> None:
    told = judge([PROMPT, "*"], Said("", 0.0))
    assert not told.suits and told.words == "nothing was said"


def weighed(heard: str, loss: float, whole: float = 20.0, told: str = "") -> Said:
    return Said(heard, 0.9, (), ((loss,),), (whole,), (told,))


@pytest.mark.parametrize(
    ("heard", "loss", "suits"),
    [
        ("for others press 1", 4.0, True),
        ("for returns press 1", 14.0, False),
        ("for orders press 2", 1.0, False),
        ("for orders press 11", 4.0, False),
        ("for orders press 1st", 4.0, True),
    ],
)
def test_the_sound_decides_on_a_word_and_never_alone_on_a_number(
    heard: str, loss: float, suits: bool
) -> None:
    told = judge([PROMPT], weighed(heard, loss))
    assert told.suits is suits
    assert told.confidence < 1


def test_the_sound_as_a_whole_excuses_words_but_never_a_number() -> None:
    assert judge([PROMPT], weighed("four all is press 1", 12.0, 2.0)).suits
    assert not judge([PROMPT], weighed("for orders press 4", 6.5, 2.0)).suits


@pytest.mark.parametrize(
    ("heard", "loss", "told", "suits"),
    [
        ("four all is press 1", 22.0, PROMPT, True),
        ("four all is press 1", 22.0, "four all is press 1", False),
        ("four all is press 1", 50.0, PROMPT, False),
        ("for orders press 11", 9.0, PROMPT, True),
        ("for orders press 4", 9.0, PROMPT, False),
        ("for orders press 4", 1.0, PROMPT, True),
    ],
)
def test_what_is_heard_when_told_what_to_look_out_for_counts_but_not_for_another_digit(
    heard: str, loss: float, told: str, suits: bool
) -> None:
    assert judge([PROMPT], weighed(heard, loss, told=told)).suits is suits


def test_without_figures_of_the_sound_likeness_decides_and_numbers_must_agree() -> None:
    assert judge([PROMPT], Said("for order press 1", 0.9)).suits
    assert not judge([PROMPT], Said("for orders press 2", 0.9)).suits
    assert not judge([PROMPT], Said("to hear this again press 1", 0.9)).suits


def test_of_several_expected_texts_the_one_that_suits_is_told() -> None:
    said = Said("we are closed", 0.9, (), ((20.0,), ()), (20.0, 0.0))
    assert judge(["we are open", "we are closed"], said).expected == "we are closed"
