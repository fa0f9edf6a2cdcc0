"""Guard rails decide: no emergency number ever, never above a ceiling, nothing without leave."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.shortnumberinfo import SUPPORTED_SHORT_REGIONS

from cxassure.channels._telephony.guard.deciding import Permit, Refusal, Standing, Wish, decide
from cxassure.channels._telephony.guard.numbers import danger, fits, masked, plain
from cxassure.channels._telephony.guard.prices import ESTIMATES, cost, per_minute
from cxassure.settings import Calls

ALL = Calls(
    allow=("+*", "*", "sip:*", "sip:*@pbx.example"),
    at_once=1000,
    longest=14_400,
    per_run=1e9,
    per_day=1e9,
)
LINES = ("twilio", "sip")


def emergencies() -> list[tuple[str, str]]:
    """(region, number): every number of up to five digits that a country answers for help."""
    found = []
    for region in sorted(SUPPORTED_SHORT_REGIONS):
        about = PhoneMetadata.short_metadata_for_region(region)
        if about and about.emergency and about.emergency.national_number_pattern:
            pattern = re.compile(about.emergency.national_number_pattern)
            numbers = (f"{n:0{size}d}" for size in (2, 3, 4) for n in range(10**size))
            found += [(region, number) for number in numbers if pattern.fullmatch(number)]
    return found


EMERGENCIES = emergencies()
CODES = {
    region: code for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() for region in regions
}
FORMS = (
    "{n}",
    "tel:{n}",
    "tel:{n};phone-context=+1",
    "sip:{n}@pbx.example",
    "SIPS:{n}@pbx.example;transport=tls",
    "sip:{n};phone-context=+44@pbx.example",
    "sip:{n}:secret@pbx.example?Subject=x",
    " {n} ",
    "9{n}",
    "sip:9{n}@pbx.example",
    "sip:0{n}@pbx.example",
    "{n}#",
    "+{cc}{n}",
    "sip:+{cc}{n}@pbx.example",
    "00{cc}{n}",
    "sip:011{cc}{n}@pbx.example",
)
WRITTEN = (
    lambda n: n,
    lambda n: "-".join(n),
    lambda n: " ".join(n),
    lambda n: ".".join(n),
    lambda n: "\u200b".join(n),
    lambda n: "".join(f"%{ord(digit):x}" for digit in n),
    lambda n: "".join(chr(0xFF10 + int(digit)) for digit in n),
    lambda n: "".join(chr(0x0660 + int(digit)) for digit in n),
)


def test_there_are_emergency_numbers_to_try() -> None:
    assert {("US", "911"), ("GB", "999"), ("DE", "110"), ("AU", "000")} <= set(EMERGENCIES)
    assert len(EMERGENCIES) > 400


@given(
    st.sampled_from(EMERGENCIES),
    st.sampled_from(FORMS),
    st.sampled_from(WRITTEN),
    st.sampled_from(LINES),
)
def test_no_emergency_number_gets_through_however_it_is_written(found, form, write, line) -> None:
    region, number = found
    written = form.format(n=write(number), cc=CODES.get(region, 1))
    decided = decide(Wish(written, line, 60), ALL, Standing())
    assert isinstance(decided, Refusal)
    assert decided.rule in ("emergency", "number")


@pytest.mark.parametrize("number", ["911", "112", "999", "000", "+1911", "+44999", "+49112"])
def test_an_emergency_number_is_refused_though_a_pattern_allows_it_by_itself(number) -> None:
    rules = Calls(allow=(number,), per_day=1e9, per_run=1e9)
    decided = decide(Wish(number, "sip", 60), rules, Standing())
    assert isinstance(decided, Refusal) and decided.rule == "emergency"
    assert "whatever calls: allow says" in decided.hint


@pytest.mark.parametrize(
    "number",
    ["+19005551234", "+19765551234", "+449098790000", "+491371234567", "+881612345678",
     "+97912345678", "+33899123456", "sip:+19005551234@pbx.example"],
)  # fmt: skip
def test_premium_rate_shared_cost_and_satellite_numbers_are_refused(number) -> None:
    decided = decide(Wish(number, "twilio", 60), ALL, Standing())
    assert isinstance(decided, Refusal) and decided.rule == "premium"


@pytest.mark.parametrize(
    "number", ["+12025550143", "+442079460000", "+493012345678", "+911123456789", "+61255501234"]
)
def test_ordinary_numbers_are_dialled_where_they_are_allowed(number) -> None:
    decided = decide(Wish(number, "twilio", 60), Calls(allow=(number,)), Standing())
    assert isinstance(decided, Permit) and decided.address == number


def test_a_desk_behind_a_trunk_of_ones_own_is_dialled_by_its_name_or_extension() -> None:
    rules = Calls(allow=("sip:*@pbx.example",))
    for address in ("sip:billing@pbx.example", "sip:2044@pbx.example", "sip:anna-911x@pbx.example"):
        assert isinstance(decide(Wish(address, "sip", 60), rules, Standing()), Permit)


def test_without_a_list_nothing_is_dialled_and_the_way_out_is_told() -> None:
    decided = decide(Wish("+12025550143", "twilio", 60), Calls(), Standing())
    assert isinstance(decided, Refusal) and decided.rule == "allow"
    assert "calls: allow" in decided.hint and "2025550143" not in decided.what


@given(st.text(max_size=30), st.sampled_from(LINES))
def test_anything_may_be_asked_for_and_what_is_let_through_was_allowed(text, line) -> None:
    rules = Calls(allow=("+1202555*", "sip:*@pbx.example"))
    decided = decide(Wish(text, line, 60), rules, Standing())
    if isinstance(decided, Permit):
        assert any(fits(pattern, decided.address) for pattern in rules.allow)
        assert not danger(decided.address)


money = st.floats(0, 50, allow_nan=False)


@given(
    rules=st.builds(
        Calls,
        allow=st.just(("+*",)),
        at_once=st.integers(1, 5),
        longest=st.floats(1, 14_400),
        per_run=money,
        per_day=money,
        prices=st.dictionaries(st.sampled_from(("+1", "+1202", "+", "sip:")), money),
    ),
    now=st.builds(Standing, st.integers(0, 6), money, money, st.sampled_from(("", "at night"))),
    seconds=st.floats(0, 20_000),
    called=st.booleans(),
)
def test_no_ceiling_is_ever_passed(rules, now, seconds, called) -> None:
    decided = decide(Wish("+12025550143", "twilio", seconds, called), rules, now)
    if isinstance(decided, Permit):
        assert now.up + 1 <= rules.at_once
        assert decided.seconds <= rules.longest
        assert cost(decided.per_minute, decided.seconds) == decided.reserved
        assert not decided.reserved or now.run + decided.reserved <= rules.per_run
        assert not decided.reserved or now.day + decided.reserved <= rules.per_day
        assert called or not now.quiet
    else:
        assert decided.what and decided.hint


def test_quiet_hours_are_told_with_their_end() -> None:
    now = Standing(quiet="«night» until 2026-11-23 08:00 (UTC)")
    decided = decide(Wish("+12025550143", "twilio", 60), ALL, now)
    assert isinstance(decided, Refusal) and decided.rule == "quiet"
    assert "until 2026-11-23 08:00" in decided.what


@given(st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True))
def test_a_masked_number_cannot_be_dialled(number) -> None:
    hidden = masked(number)
    assert number not in hidden and "•" in hidden
    assert hidden.startswith(number[:3]) and hidden.endswith(number[-2:])
    assert isinstance(decide(Wish(hidden, "twilio", 60), ALL, Standing()), Refusal)


@given(st.text(max_size=40))
def test_what_is_plain_stays_as_it_is(text) -> None:
    once = plain(text)
    assume("%" not in once)
    assert plain(once) == once


def test_the_longest_prefix_has_the_price() -> None:
    prices = {"+44": 0.1, "+447": 0.2}
    assert per_minute("+447700900000", prices, "twilio") == 0.2
    assert per_minute("sip:+447700900000@trunk", prices, "sip") == 0.2
    assert per_minute("+12025550143", prices, "twilio") == ESTIMATES["+1"]
    assert per_minute("+2451234567", prices, "twilio") == ESTIMATES[""]
    assert per_minute("sip:billing@pbx.example", {}, "sip") == 0.0
    assert cost(0.02, 61) == 0.04 and cost(0.02, 0) == 0
