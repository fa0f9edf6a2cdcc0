"""The phone tree up to where a person is wanted: Twilio voice webhooks and their TwiML."""

from __future__ import annotations

from typing import Any

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from twilio.twiml.voice_response import Gather, VoiceResponse

from cxassure.demo import transfer
from cxassure.demo.calls import Asked, answer, go_to, hang_up, signed
from cxassure.demo.company import HOURS
from cxassure.demo.hours import ANNOUNCEMENT
from cxassure.demo.orders import DELIVERED, TOLD, Order

MENU = (
    "For your gift card balance, press 1. For your order, press 2. For returns, press 3. "
    "For opening hours, press 4. To speak to a person, press 0."
)
CHANGED = (
    "Please listen carefully, as our menu has changed. For English, press 1.",
    "For private customers, press 1.",
)
SPOKEN = (
    ("1", ("balance",)),
    ("2", ("order", "parcel")),
    ("3", ("return",)),
    ("4", ("hours", "open")),
    ("0", ("representative", "agent", "person", "human", "operator", "somebody")),
)
TRIES = 3


@signed
async def welcome(asked: Asked) -> Response:
    company, call = asked.company, asked.call
    if company.broken("line-busy"):
        busy = VoiceResponse()
        busy.reject(reason="busy")
        return answer(busy)
    brand = "Pine Tree Pets" if company.broken("wrong-welcome") else "Birch and Bay Gifts"
    said = VoiceResponse()
    said.say(f"Welcome to {brand}.")
    if call.holidays != company.broken("holiday-message-wrong"):
        said.say(f"Happy holidays. {ANNOUNCEMENT}")
    if not call.open or company.broken("closed-in-opening-hours"):
        said.say(f"We are closed at the moment. We are open {HOURS}. Goodbye.")
        return hang_up(said)
    said.redirect("/voice/changed?level=0" if company.broken("menu-has-changed") else "/voice/menu")
    return answer(said)


@signed
async def changed(asked: Asked) -> Response:
    """The menu in front of the menu: two more keys before anything useful."""
    level = asked.number("level")
    level += asked.form.get("Digits") == "1"
    if level >= len(CHANGED):
        return go_to("/voice/menu")
    said = VoiceResponse()
    gather(said, f"/voice/changed?level={level}", CHANGED[level])
    said.redirect(f"/voice/changed?level={level}")
    return answer(said)


def gather(said: VoiceResponse, action: str, prompt: str, **settings: Any) -> None:
    """Ask for one key, or for words; the caller may speak over the prompt."""
    settings = {"input": "dtmf speech", "num_digits": 1, "timeout": 5, **settings}
    ask: Gather = said.gather(action=action, method="POST", **settings)
    ask.say(prompt)


@signed
async def menu(asked: Asked) -> Response:
    tries, wrong = asked.number("try"), asked.query("wrong", "")
    if tries >= TRIES:
        return go_to("/voice/person?reason=no+answer")
    said, sorry = VoiceResponse(), ""
    if tries:
        sorry = "Sorry, I did not get that. " if wrong else "Sorry, I did not hear anything. "
    hints = "balance, order, returns, opening hours, representative, agent"
    gather(said, f"/voice/choice?try={tries}", sorry + MENU, hints=hints, speech_timeout="auto")
    if asked.company.broken("silence-not-reprompted"):
        said.pause(length=30)
        return hang_up(said)
    said.redirect(f"/voice/menu?try={tries + 1}")
    return answer(said)


@signed
async def choice(asked: Asked) -> Response:
    company = asked.company
    if company.broken("webhook-error"):
        return PlainTextResponse("Internal Server Error", 500)
    key = _meant(asked)
    ways = {
        "1": "/voice/balance",
        "2": "/voice/order",
        "3": "/voice/returns",
        "4": "/voice/hours",
        "0": "/voice/person?reason=asked+for+a+person",
    }
    if company.broken("menu-options-swapped"):
        ways["2"], ways["3"] = ways["3"], ways["2"]
    looping = company.broken("menu-loops-for-ever")
    if looping or (key == "2" and company.broken("digit-ignored")):
        return go_to("/voice/menu")
    if key not in ways:
        return _no_match(asked)
    said = VoiceResponse()
    if company.broken("dead-air-after-choice"):
        said.pause(length=8)
    said.redirect(ways[key])
    return answer(said)


def _meant(asked: Asked) -> str:
    """The key that was pressed or meant, "" for none."""
    company = asked.company
    key = asked.form.get("Digits", "")
    words = asked.form.get("SpeechResult", "").lower()
    for digit, names in SPOKEN:
        if not key and any(name in words for name in names):
            key = "" if digit == "0" and company.broken("representative-not-understood") else digit
    return "" if key == "0" and company.broken("zero-does-nothing") else key


def _no_match(asked: Asked) -> Response:
    if asked.company.broken("invalid-key-hangs-up"):
        return hang_up(VoiceResponse())
    return go_to(f"/voice/menu?wrong=1&try={int(asked.query('try', '0')) + 1}")


@signed
async def order(asked: Asked) -> Response:
    """Ask for the order number, unless the caller has told it in the chat."""
    case = asked.known_case()
    said = VoiceResponse()
    if case and case.order and not asked.query("new", ""):
        asked.call.case, asked.call.offered = case.id, case.order
        about = f"I see you wrote to us about order {spell(case.order)}."
        gather(
            said,
            "/voice/known-order",
            f"{about} Is this about that order? Press 1 for yes, or 2 for no.",
        )
        said.redirect("/voice/known-order")
        return answer(said)
    tries = asked.number("try")
    if tries >= TRIES:
        return go_to("/voice/person?reason=order+status")
    sorry = "Sorry, I cannot find that order. " if asked.query("wrong", "") else ""
    prompt = f"{sorry}Please enter your seven digit order number, followed by the pound key."
    settings = {"num_digits": 7, "finish_on_key": "#", "input": "dtmf", "timeout": 8}
    gather(said, f"/voice/order-status?try={tries}", prompt, **settings)
    said.redirect(f"/voice/order?new=1&try={tries + 1}")
    return answer(said)


@signed
async def known_order(asked: Asked) -> Response:
    words = asked.form.get("SpeechResult", "").lower()
    if asked.form.get("Digits") == "1" or "yes" in words:
        asked.call.order = asked.call.offered
        return go_to("/voice/order-status")
    asked.call.case = ""
    return go_to("/voice/order?new=1")


@signed
async def order_status(asked: Asked) -> Response:
    """Read the order back digit by digit and tell its status."""
    company, call = asked.company, asked.call
    if company.broken("webhook-slow"):
        await company.pause(16)
    found = company.book.find(asked.form.get("Digits") or call.order)
    if found is None:
        return go_to(f"/voice/order?new=1&wrong=1&try={int(asked.query('try', '0')) + 1}")
    call.order = found.number
    told = f"Order {spell(_read_back(asked, found))}. {_status(asked, found)}"
    if company.broken("twiml-malformed"):
        body = f"<Response><Say>{told} Thank you from Birch & Bay.</Say></Response>"
        return Response(body, media_type="text/xml")
    said = VoiceResponse()
    said.say(told)
    gather(said, "/voice/after-status", "To speak to a person, press 0. To hear it again, press 1.")
    said.say("Thank you for calling. Goodbye.")
    return hang_up(said)


def _read_back(asked: Asked, found: Order) -> str:
    swapped = asked.company.broken("order-number-misread")
    return found.number[:5] + found.number[:4:-1] if swapped else found.number


def _status(asked: Asked, found: Order) -> str:
    other = asked.company.broken("ivr-tells-other-status")
    return TOLD[DELIVERED] if other else found.told


@signed
async def after_status(asked: Asked) -> Response:
    words = asked.form.get("SpeechResult", "").lower()
    if asked.form.get("Digits") == "1" or "again" in words:
        return go_to("/voice/order-status")
    if _meant(asked) == "0":
        return go_to("/voice/person?reason=order+status")
    return hang_up(_bye("Sorry, I did not get that."))


@signed
async def balance(asked: Asked) -> Response:
    card, said = asked.form.get("Digits", ""), VoiceResponse()
    if card:
        cents = asked.company.book.card_balance(card)
        amount = asked.company.pages.money(cents or 0)
        told = f"Your balance is {amount}." if cents is not None else "I cannot find that card."
        return hang_up(_bye(told))
    prompt = "Please enter the eight digits of your gift card, followed by the pound key."
    settings = {"num_digits": 8, "finish_on_key": "#", "input": "dtmf", "timeout": 8}
    gather(said, "/voice/balance", prompt, **settings)
    return hang_up(_bye("Sorry, I did not hear anything.", said))


@signed
async def returns(asked: Asked) -> Response:
    said = VoiceResponse()
    said.say("You can return an unused gift card within 30 days.")
    gather(said, "/voice/choice", "To speak to a person, press 0.")
    return hang_up(_bye("", said))


@signed
async def hours(asked: Asked) -> Response:
    other = asked.company.broken("opening-hours-differ")
    told = "every day from 9 am to 5 pm" if other else HOURS
    return hang_up(_bye(f"We are open {told}."))


def _bye(told: str, said: VoiceResponse | None = None) -> VoiceResponse:
    said = said or VoiceResponse()
    said.say(f"{told} Thank you for calling. Goodbye.".strip())
    return said


def spell(number: str) -> str:
    """A number as it is read out, digit by digit."""
    return " ".join(number)


_STEPS = {
    "welcome": welcome,
    "changed": changed,
    "menu": menu,
    "choice": choice,
    "order": order,
    "known-order": known_order,
    "order-status": order_status,
    "after-status": after_status,
    "balance": balance,
    "returns": returns,
    "hours": hours,
}
ROUTES = [
    *(Route(f"/voice/{name}", step, methods=["GET", "POST"]) for name, step in _STEPS.items()),
    *transfer.ROUTES,
]
