"""A secret in an address is masked as a browser shows it, by the rules of the URL standard."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cxassure.engine.masking import Mask

SECRETS = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("abcXYZ019 \t\n\"#<>'?^`{}|\\/[]%&+~é"),
    ),
    min_size=8,
    max_size=40,
).filter(lambda text: len(set(text)) > 4)
FRAGMENT, QUERY, PATH = '"<>`', "\"#<>'", '"#<>?^`{}'
SETS = [FRAGMENT, QUERY, '"#<>', PATH, '"#<>?`{}', '"#<>?^`{}/:;=@[\\]|']


def encoded(text: str, reserved: str) -> str:
    """By a percent-encode set (WHATWG URL, 1.3), to which all but printed ASCII belongs."""
    kept = (c if " " < c < "\x7f" and c not in reserved else quote(c, safe="") for c in text)
    return "".join(kept)


def address(head: str, secret: str) -> str:
    """What the basic URL parser (4.4) makes of both for http, dot segments left aside."""
    whole = re.sub("[\t\n\r]", "", head + secret).rstrip("".join(map(chr, range(33))))
    place, hash_, fragment = whole.partition("#")
    way, mark, query = place.partition("?")
    shown = encoded(way.replace("\\", "/"), PATH) + mark + encoded(query, QUERY)
    return shown + hash_ + encoded(fragment, FRAGMENT)


@pytest.mark.parametrize("head", ["/pay/", "/pay?k=", "/pay#k="])
@given(SECRETS)
def test_no_address_that_a_browser_makes_of_a_secret_shows_it(head: str, secret: str) -> None:
    shown = address(head, secret)
    assume(len(shown) > len(head) + 3)  # of blanks alone nothing is left to show
    assert Mask({"key": secret}).text(shown) == f"{head}‹secret.key›"


@given(SECRETS, st.sampled_from(SETS))
def test_what_a_script_sets_into_a_part_of_an_address_is_masked(secret: str, reserved: str) -> None:
    shown = encoded(secret, reserved)
    assert Mask({"key": secret}).text(f"?{shown}&more") == "?‹secret.key›&more"


@pytest.mark.parametrize(
    "shown",
    ["It%27s\\Canary&amp;9", "It%27s\\\\Canary&9", "It%27s\\\\Canary\\u00269"],
    ids=["in an attribute", "in JSON", "in JSON in a page"],
)
def test_an_address_that_stands_in_a_page_or_in_json_is_masked(shown: str) -> None:
    assert Mask({"key": "It's\\Canary&9"}).text(shown) == "‹secret.key›"
