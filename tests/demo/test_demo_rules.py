"""What the company computes: check digits, one-time codes, expiry dates, fault names."""

from __future__ import annotations

import re

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxassure.demo.accounts import SECRET, one_time_code
from cxassure.demo.cases import digits
from cxassure.demo.checkout import in_future, luhn
from cxassure.demo.company import Company
from cxassure.demo.faults import FAULTS, named
from cxassure.demo.memory import Memory


def test_one_time_codes_are_those_of_the_standard_library_of_codes():
    assert pyotp.TOTP(SECRET).at(59) == one_time_code(1)


@given(st.text("0123456789", min_size=12, max_size=18), st.integers(1, 9))
def test_every_single_wrong_digit_of_a_card_is_noticed(start, slip):
    whole = next(start + digit for digit in "0123456789" if luhn(start + digit))
    wrong = whole[:-1] + str((int(whole[-1]) + slip) % 10)
    assert not luhn(wrong) and not luhn("x" + whole)


@given(st.text())
def test_any_text_may_stand_where_a_card_or_a_date_should(text):
    assert luhn(text) in (True, False) and in_future(text) in (True, False)


@given(st.lists(st.integers()), st.integers(1, 20))
def test_a_memory_keeps_the_newest_entries(keys, limit):
    memory: Memory[int, None] = Memory(limit)
    for key in keys:
        memory[key] = None
    assert len(memory) <= limit and list(memory) == list(dict.fromkeys(memory))
    assert not keys or keys[-1] in memory


def test_a_telephone_number_is_the_same_in_every_spelling():
    assert digits("+1 (555) 010-0") == digits("+15550100")


def test_fault_names_are_unique_kebab_and_told():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 24
    for fault in FAULTS:
        assert re.fullmatch("[a-z]+(-[a-z]+)*", fault.name)
        assert fault.verdict in ("failed", "degraded") and fault.notice
        assert fault.channel in ("web", "chat", "ivr", "transfer", "across")
        assert named(fault.name) is fault


def test_a_fault_that_does_not_exist_gets_a_guess():
    with pytest.raises(KeyError, match="did you mean bot-silent"):
        named("bot-silnet")
    with pytest.raises(KeyError, match="no fault called xyz"):
        Company(frozenset()).broken("xyz")
