"""Nothing of voice TwiML is unknown here: Twilio's own builder has the list."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from twilio.twiml import lower_camel, voice_response

from cxassure.channels._telephony.carrier import schema
from cxassure.channels._telephony.carrier.coverage import rewritten
from cxassure.channels._telephony.carrier.verbs import VERBS
from cxassure.errors import CannotLook

TEXTS = frozenset(
    "message url name number phone_number client_identity identity sip_url sim_sid body sid"
    " application_sid".split()
)
"""Parameters of the builder that stand in an element, not in an attribute."""
PAGE = Path(__file__).parents[3] / "docs" / "carrier.md"


def built() -> Iterator[tuple[str, str, list[str]]]:
    """(parent, element, attributes) as the builder makes them; SSML is part of `<Say>`."""
    for _, kind in inspect.getmembers(voice_response, inspect.isclass):
        if kind.__module__ != voice_response.__name__ or kind.__name__.startswith("Ssml"):
            continue
        for name, make in vars(kind).items():
            if name.startswith("_") or kind.__name__ == "Say":
                continue
            wants = [p for p in inspect.signature(make).parameters if p not in ("self", "kwargs")]
            element = type(make(kind(*_arguments(kind)), **dict.fromkeys(wants, "x"))).__name__
            parent = kind(*_arguments(kind)).name
            yield parent, _made(kind, name, wants), [lower_camel(p.rstrip("_")) for p in wants]
            assert element


def _arguments(kind: type) -> list[str]:
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
    wanted = (p for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD)
    return ["x" for _ in wanted]


def _made(kind: type, name: str, wants: list[str]) -> str:
    made = getattr(kind(*_arguments(kind)), name)(**dict.fromkeys(wants, "x"))
    return str(made.name)


SLIP = ("Response", "Queue")
"""The builder makes a `<Queue>` that stands alone, which Twilio's reference does not know."""
BUILT = [told for told in built() if told[:2] != SLIP]


@pytest.mark.parametrize(
    ("parent", "name", "attributes"), BUILT, ids=[f"{p}-{n}" for p, n, _ in BUILT]
)
def test_what_the_builder_makes_is_known_here(parent, name, attributes):
    element = schema.ELEMENTS[name]
    if element.how != "carried out":
        assert element.why
        return
    texts = {lower_camel(text) for text in TEXTS}
    unknown = set(attributes) - element.attributes - texts
    assert not unknown, f"<{name}> has attributes that nobody here knows"
    if parent == "Response":
        assert name in VERBS
    elif schema.ELEMENTS[parent].how == "carried out":
        assert name in schema.ELEMENTS[parent].inside


def test_every_verb_that_is_carried_out_has_its_code():
    assert set(VERBS) == schema.VERBS
    assert all(schema.ELEMENTS[name].how == "carried out" for name in VERBS)


REFUSED = [
    ("<Pay/>", "Pay"),
    ("<Echo/>", "Echo"),
    ("<Prompt/>", "Prompt"),
    ("<Dial><Sim>DE1</Sim></Dial>", "Sim"),
    ("<Dial><Application>AP1</Application></Dial>", "Application"),
    ("<Dial><WhatsApp>+12025550111</WhatsApp></Dial>", "WhatsApp"),
    ("<Connect><Room>tea</Room></Connect>", "Room"),
    ("<Connect><Conversation/></Connect>", "Conversation"),
    ("<Connect><VirtualAgent/></Connect>", "VirtualAgent"),
]


@pytest.mark.parametrize(("twiml", "name"), REFUSED, ids=[name for _, name in REFUSED])
async def test_what_is_refused_is_an_error_of_ours_that_says_why(table, company, act, twiml, name):
    company.says("/voice", f"<Say>Hi.</Say>{twiml}")
    caller = await table.caller(company.url())
    why = f"<{name}> cannot be rehearsed over twiml: {schema.ELEMENTS[name].why}"
    with pytest.raises(CannotLook, match=why):
        await act(caller, "dial")
        await act(caller, "wait", 5.0)


@pytest.mark.parametrize("noun", ["Siprec", "Transcription", "Recording"])
async def test_what_is_left_out_is_a_finding_and_the_call_goes_on(table, company, act, noun):
    company.says("/voice", f"<Start><{noun}/></Start><Say>Hello.</Say>")
    caller = await table.caller(company.url())
    await act(caller, "dial")
    await act(caller, "wait", 3.0)
    assert caller.prompt().text == "Hello."
    assert any(f"<Start><{noun}> is left out" in finding for finding in table.findings)


def test_the_page_tells_what_the_code_does():
    page = PAGE.read_text("utf-8")
    assert rewritten(page) == page, (
        "write rewritten(page) of carrier/coverage.py to docs/carrier.md"
    )
