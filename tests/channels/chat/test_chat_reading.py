"""What a customer makes of replies: pure functions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxassure.channels.chat import reading
from cxassure.channels.chat.connector import (
    Bubble,
    ChatOptions,
    Ended,
    EndOfTurn,
    QuickReplies,
    Typing,
)
from cxassure.channels.chat.turns import Turns


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "hello < SCRIPT src=x>",
        '<img src="/a.svg" onerror="alert(1)">',
        '<a href="javascript:alert(1)">here</a>',
        "<iframe src=//x>",
        "data:text/html;base64,AAAA",
        "<svg/onload=alert(1)>",
    ],
)
def test_markup_that_would_run_is_seen(text: str) -> None:
    assert reading.running_markup(text)


@pytest.mark.parametrize(
    "text",
    [
        "It costs < 5 and more than > 3.",
        "Use <b>this</b> <br> code",
        "Do you sell JavaScript: The Good Parts?",
        "turn it on = off",
        "form your own view",
    ],
)
def test_harmless_text_is_no_markup(text: str) -> None:
    assert not reading.running_markup(text)


@given(st.lists(st.text(min_size=1).filter(str.strip), unique_by=lambda t: t.casefold().strip()))
def test_texts_that_came_twice_are_told_once(texts: list[str]) -> None:
    from cxassure.text import plain

    expected = {plain(text) for text in texts}
    told = reading.doubled([*texts, *texts, *texts])
    assert {plain(text) for text in told} == expected and len(told) == len(expected)


@given(st.lists(st.floats(allow_nan=False)))
def test_sorted_numbers_are_in_order(numbers: list[float]) -> None:
    assert reading.in_order(sorted(numbers))
    if len(set(numbers)) > 1:
        assert not reading.in_order(sorted(numbers, reverse=True))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("It is on its way and should arrive by Friday.", "en"),
        ("Your case number is C-4711.", "en"),
        ("Sie ist unterwegs und sollte bis Freitag ankommen.", "de"),
        ("Danke, ich habe die Bestellung 1048213 gefunden.", "de"),
        ("Votre commande est en route et vous la recevrez vendredi.", "fr"),
        ("Su pedido está en camino y llegará el viernes.", "es"),
        ("Il suo ordine è in viaggio e lo riceverà venerdì.", "it"),
        ("Uw bestelling is onderweg en wordt op vrijdag bezorgd.", "nl"),
        ("O seu pedido está a caminho e não demora.", "pt"),
        ("Twoje zamówienie jest w drodze i dotrze do piątku.", "pl"),
        ("1048213", ""),
        ("OK!", ""),
    ],
)
def test_everyday_words_tell_the_language(text: str, language: str) -> None:
    assert reading.language(text) == language


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    assert reading.language(text) in {"", "de", "en", "es", "fr", "it", "nl", "pl", "pt"}
    assert isinstance(reading.running_markup(text), str)
    assert reading.repeats([text, text]) == 2 and reading.repeats([]) == 0


@pytest.mark.parametrize(
    ("text", "agent"),
    [
        ("Kim from billing has joined the chat.", "Kim"),
        ("Kim Lee joined the conversation", "Kim Lee"),
        ("Dr. Kim has joined us for lunch", None),
        ("You can join the chat at any time.", None),
    ],
)
def test_a_sentence_tells_that_a_person_joined(text: str, agent: str | None) -> None:
    found = reading.pattern("joined", ChatOptions().joined).search(text)
    assert (found and found["agent"]) == agent


def test_offers_that_go_and_a_sign_that_goes_are_no_beginning_of_a_reply() -> None:
    clock = Hand()
    turns = Turns(clock)
    turns.spoke()
    turns.take(QuickReplies(()))
    turns.take(Typing(False))
    clock.time = 60.0
    assert not turns.settled and turns.settles_at is None
    turns.take(QuickReplies(("Returns",)))
    clock.time = 61.0
    assert turns.settled


def test_silence_after_the_customer_is_no_reply() -> None:
    clock = Hand()
    turns = Turns(clock)
    turns.spoke()
    clock.time = 60
    assert not turns.settled and turns.settles_at is None


def test_a_typing_sign_holds_a_turn_open_and_a_bubble_ends_it() -> None:
    clock = Hand()
    turns = Turns(clock, quiet=1)
    turns.spoke()
    turns.take(Bubble("one"))
    turns.take(Typing())
    clock.time = 30
    assert not turns.settled and turns.under_way
    turns.take(Bubble("two"))
    assert turns.settles_at == 31
    clock.time = 31
    assert turns.settled and not turns.under_way


def test_a_bubble_after_the_end_of_a_turn_opens_it_again() -> None:
    clock = Hand()
    turns = Turns(clock, quiet=1)
    turns.take(EndOfTurn())
    assert turns.settled
    turns.take(Bubble("one thing more"))
    assert not turns.settled
    turns.take(Ended())
    assert turns.settled
