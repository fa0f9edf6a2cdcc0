"""Spoken words against written ones: how they are spelled does not count, which they are does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxassure import matcher
from cxassure.channel import Heard, Seen
from cxassure.channels._telephony.audio.wording import Wording

MENU = "to hear about an order press two for returns press three"


def heard(*texts: str, spelling: Wording | None = None) -> Heard:
    items = tuple(Seen("company", "prompt", text, n, n + 1.0, {}) for n, text in enumerate(texts))
    return Heard(items, spelling or Wording())


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("order press 2", MENU),
        ("order, press two", MENU),
        ("For returns, press three.", MENU),
        ("about * press 3", MENU),
        ("* returns *", MENU),
        ("welcome to * and bay", "Welcome to Birch and Bay."),
        ("press two", "For an order, press 2."),
        ("press star", "Press * to hear it again."),
        ("£10.48", "your total is ten pounds and forty-eight pence"),
        ("order 1048", "your order one zero four eight has left"),
        ("press 1", "For orders press one. Two is for returns."),
    ],
)
def test_marks_capitals_and_figures_do_not_count(expected: str, said: str) -> None:
    assert matcher.holds({"contains": expected}, heard(said))


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("order press 3", MENU),
        ("returns * order", MENU),
        ("press twenty", MENU),
        ("order 1048", "your order one zero four nine has left"),
        ("£10.48", "your total is £1048"),
        ("?", "one moment please"),
        ("*", "..."),
        ("urns, press 3", MENU),
    ],
)
def test_other_words_and_other_numbers_do(expected: str, said: str) -> None:
    assert not matcher.holds({"contains": expected}, heard(said))


def test_words_go_on_over_several_prompts_and_numbers_do_not() -> None:
    told = heard("for an order", "press one", "two is for returns")
    assert matcher.holds({"contains": "an order, press 1"}, told)
    assert not matcher.holds({"contains": "press 12"}, told)


def test_equals_wants_all_that_was_said() -> None:
    assert matcher.holds({"equals": "For an order, press 2!"}, heard("for an order press two"))
    assert not matcher.holds({"equals": "an order, press 2!"}, heard("for an order press two"))


def test_an_absence_sees_through_another_spelling() -> None:
    assert not matcher.holds({"not": {"contains": "press 2"}}, heard(MENU))


def test_what_was_written_is_compared_as_it_stands() -> None:
    bubbles = Heard(heard("press two").items)
    assert not matcher.holds({"contains": "press 2"}, bubbles)


def test_the_comparison_can_be_shown() -> None:
    assert Wording().written("For an order, press two!") == "for an order press 2"


def test_numbers_are_read_in_the_language_of_the_line() -> None:
    told = heard("Drücken Sie zwei", spelling=Wording("de"))
    assert matcher.holds({"contains": "drücken sie 2"}, told)


@given(st.lists(st.sampled_from([*MENU.split(), "2", "10.48", "no,", "Yes."]), max_size=8))
def test_every_text_says_itself(words: list[str]) -> None:
    text = " ".join(words)
    assert not text or Wording().says([f"well {text} then"], f"well {text} then", whole=False)
