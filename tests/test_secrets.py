"""The mask, on any secret and any text: no form of a secret gets through, other text does."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import markupsafe
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.utils import htmlsafe_json_dumps

from cxassure.engine.masking import SHORTEST, Mask
from cxassure.errors import CannotLook
from cxassure.events import Observed, encode

CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"])
SECRETS = st.text(CHARACTERS, min_size=8, max_size=40).filter(lambda text: len(set(text)) > 3)
NUMBERS = st.text("0123456789", min_size=12, max_size=19).filter(lambda text: len(set(text)) > 3)
AROUND = st.text(st.sampled_from("<>&\"'{}:=,. \n"), max_size=12)


def written(secret: str) -> dict[str, str]:
    """The ways in which programs that we meet write a value down."""
    data = secret.encode()
    return {
        "plain": secret,
        "in a URL": quote(secret, safe=""),
        "in a form": quote_plus(secret),
        "in a URL with paths": quote(secret),
        "by encodeURIComponent": quote(secret, safe="!'()*"),
        "by a browser's form": quote_plus(secret, safe="*").replace("~", "%7E"),
        "in HTML": html.escape(secret),
        "in an attribute": html.escape(secret, quote=False).replace('"', "&quot;"),
        "by Jinja": str(markupsafe.escape(secret)),
        "by Jinja in a script": str(htmlsafe_json_dumps(secret))[1:-1],
        "in HTML text": html.escape(secret, quote=False),
        "in JSON": json.dumps(secret)[1:-1],
        "in JSON as UTF-8": json.dumps(secret, ensure_ascii=False)[1:-1],
        "in hex": data.hex(),
        "in base64": base64.b64encode(data).decode().rstrip("="),
        "in base64 for URLs": base64.urlsafe_b64encode(data).decode().rstrip("="),
        "as a password": base64.b64encode(b"user:" + data).decode().rstrip("="),
    }


def betrays(text: str, secret: str, form: str) -> bool:
    """Whether the secret can be read in `text`: whole, or six letters of base64 in a row."""
    seen = written(secret)[form]
    if form == "as a password":
        seen = seen[7:]  # so far it is `user:`
    elif "base64" not in form:
        return seen in text
    return any(seen[at : at + 6] in text for at in range(len(seen) - 5))


@given(SECRETS, AROUND, AROUND)
def test_no_form_of_a_secret_is_left_in_text_or_evidence(
    secret: str, before: str, after: str
) -> None:
    mask = Mask({"key": secret})
    for form, seen in written(secret).items():
        text = f"{before}{seen}{after}"
        assert not betrays(mask.text(text), secret, form), form
        assert not betrays(mask.data(text.encode()).decode(), secret, form), form
        assert "‹secret.key›" in mask.text(text), form


@given(SECRETS, AROUND)
def test_no_form_of_a_secret_is_left_in_an_event(secret: str, around: str) -> None:
    mask = Mask({"key": secret})
    for form, seen in written(secret).items():
        data = {"list": [seen, 1], around + seen: {"deep": around + seen}}
        event = Observed(
            step=1, at=0.5, party="kim", channel="chat", who="company", what="said",
            text=around + seen, seconds=0.0, data=data,
        )  # fmt: skip
        masked = mask.event(event)
        for line in (encode(masked).decode(), json.dumps(json.loads(encode(masked)))):
            assert not betrays(line, secret, form), form
        assert isinstance(masked, Observed)
        assert not betrays(masked.text, secret, form), form
        assert (masked.step, masked.at, masked.party) == (1, 0.5, "kim")


@given(NUMBERS)
def test_a_card_number_is_masked_however_it_is_grouped_or_spelt(number: str) -> None:
    mask = Mask({"card": number})
    fours = [number[n : n + 4] for n in range(0, len(number), 4)]
    for seen in (" ".join(fours), "-".join(fours), " ".join(number)):
        assert mask.text(f"«{seen}»") == "«‹secret.card›»"


@given(NUMBERS)
def test_a_secret_that_became_a_number_on_its_way_is_masked(number: str) -> None:
    number = "1" + number[1:]
    event = Observed(
        step=1, at=0.0, party="kim", channel="api", who="company", what="answered", text="",
        seconds=0.0, data={"json": {"card": int(number)}},
    )  # fmt: skip
    assert number not in encode(Mask({"card": number}).event(event)).decode()


@given(SECRETS, st.text(CHARACTERS, max_size=200))
def test_innocent_text_is_left_as_it_is(secret: str, text: str) -> None:
    mask = Mask({"key": secret})
    if not any(seen in text for seen in written(secret).values()) and not mask.conceals(text):
        assert mask.text(text) == text
        assert mask.data(text.encode()) == text.encode()


@given(st.binary(max_size=300))
def test_evidence_that_is_no_text_passes_unharmed(data: bytes) -> None:
    mask = Mask({"key": "a secret that is nowhere"})
    assert mask.data(data) == data


@given(SECRETS, SECRETS)
def test_one_secret_inside_another_gives_neither_away(one: str, other: str) -> None:
    mask = Mask({"one": one, "both": one + other, "other": other})
    for text in (one + other, f"{one} {other}", other + one, one + other + other):
        masked = mask.text(text)
        assert one not in masked
        assert other not in masked


@given(st.text(CHARACTERS, min_size=1, max_size=SHORTEST - 1))
def test_a_secret_too_short_to_be_masked_is_refused(secret: str) -> None:
    with pytest.raises(CannotLook) as told:
        Mask({"pin": secret})
    assert "secret.pin" in str(told.value)
    assert told.value.hint


def test_without_secrets_nothing_is_touched() -> None:
    for mask in (Mask({}), Mask({"unset": ""})):
        assert mask.text("anything") == "anything"
        assert not mask.conceals("anything")
