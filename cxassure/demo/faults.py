"""The faults that the built-in company can be started with, as pure data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Fault:
    """One switch of the company.

    `number` is its number in the fault catalogue (None: beyond the catalogue), `channel` one of
    web, chat, ivr, transfer, across; `notice` says what the customer would notice and `verdict`
    what a run must reach (`failed` or `degraded`). `journey`, `step` (from 1) and `party` say
    which sample journey catches it and where it is to be blamed.
    """

    name: str
    number: int | None
    channel: str
    notice: str
    verdict: str = "failed"
    journey: str = ""
    step: int = 0
    party: str = ""


WEB = (
    Fault("product-page-error", 1, "web", "a product page answers with an error"),
    Fault("add-to-basket-does-nothing", 2, "web", "the basket stays empty after Add to basket"),
    Fault("basket-forgets-items", 3, "web", "the basket is empty once the checkout opens"),
    Fault("basket-price-differs", 4, "web", "the basket asks for more than the product page said"),
    Fault("promo-code-refused", 5, "web", "HOLIDAY10 is refused on its first day"),
    Fault("pay-times-out", 6, "web", "paying hangs for 30 seconds and then fails"),
    Fault("paying-twice-makes-two-orders", 7, "web", "a double click on Pay now buys it twice"),
    Fault("no-order-number", 8, "web", "the thank-you page has no order number"),
    Fault("slow-checkout", 9, "web", "the checkout takes 6 seconds to open", "degraded"),
    Fault("pay-button-dead-on-phones", 10, "web", "on a phone nothing happens on Pay now"),
    Fault("cookie-banner-covers-pay", 11, "web", "on a phone the cookie banner covers Pay now"),
    Fault("product-image-missing", 12, "web", "product pages have no picture", "degraded"),
    Fault("sign-in-redirects-for-ever", 14, "web", "signing in ends in a redirect loop"),
    Fault("stock-oversold", 15, "web", "the last gift card is sold to two shoppers"),
    Fault("search-finds-nothing", 16, "web", "search finds nothing for a card that is listed"),
    Fault("slow-largest-paint", 17, "web", "the home page shows its picture late", "degraded"),
    Fault("field-without-label", 18, "web", "a screen reader finds no card number", "degraded"),
    Fault("cancelled-order-charged", 20, "web", "a cancelled order is still charged"),
)

CHAT = (
    Fault("bot-silent", 21, "chat", "the bot never answers"),
    Fault("bot-answers-late", 22, "chat", "the first answer takes 9 seconds"),
    Fault("bot-loops-fallback", 23, "chat", "the bot says the same fallback over and over"),
    Fault("bot-wrong-status", 24, "chat", "the bot tells a wrong order status"),
    Fault("bot-asks-again", 25, "chat", "the bot asks for the order number already given"),
    Fault("bot-shows-other-order", 26, "chat", "the bot shows another customer's order"),
    Fault("handover-rings-nobody", 27, "chat", "the promised agent never comes"),
    Fault("handover-without-context", 28, "chat", "the agent sees no transcript or order number"),
    Fault("handover-wrong-department", 29, "chat", "the chat goes to returns, not billing"),
    Fault("widget-dead-on-phones", 30, "chat", "the chat does not open on a phone"),
    Fault("socket-drops", 31, "chat", "the chat breaks off and does not come back"),
    Fault("bubbles-doubled", 32, "chat", "every chat bubble comes twice"),
    Fault("bubbles-out-of-order", 33, "chat", "chat bubbles come in the wrong order"),
    Fault("answer-carries-markup", 34, "chat", "an answer carries markup that the page runs"),
    Fault("bot-dead-end", 36, "chat", "no way on in the chat and no way to a person"),
    Fault("quick-replies-missing", 37, "chat", "the chat offers no quick replies"),
    Fault("bot-wrong-language", 38, "chat", "the bot answers in German"),
)

IVR = (
    Fault("wrong-welcome", 39, "ivr", "another brand's welcome is played"),
    Fault("menu-options-swapped", 40, "ivr", "2 leads to returns and 3 to orders"),
    Fault("digit-ignored", 41, "ivr", "pressing 2 only repeats the menu"),
    Fault("dead-air-after-choice", 43, "ivr", "8 seconds of dead air after a choice"),
    Fault("silence-not-reprompted", 44, "ivr", "a silent caller is left in silence"),
    Fault("invalid-key-hangs-up", 45, "ivr", "a wrong key ends the call"),
    Fault("zero-does-nothing", 47, "ivr", "0 does not reach a person"),
    Fault("representative-not-understood", 48, "ivr", "saying representative is not understood"),
    Fault("closed-in-opening-hours", 49, "ivr", "the line says closed during opening hours"),
    Fault("line-busy", 52, "ivr", "the line is busy"),
    Fault("webhook-error", 53, "ivr", "the call breaks with an application error after a choice"),
    Fault("webhook-slow", 54, "ivr", "the call breaks while the order is looked up"),
    Fault("twiml-malformed", 55, "ivr", "the call breaks where the order should be read back"),
    Fault("menu-has-changed", 56, "ivr", "two more key presses before the menu", "degraded"),
    Fault("order-number-misread", 57, "ivr", "the order number is read back wrong"),
    Fault("holiday-message-wrong", 58, "ivr", "the holiday message comes on the wrong days"),
)

TRANSFER = (
    Fault("call-drops-at-transfer", 59, "transfer", "the call drops on its way to an agent"),
    Fault("desk-never-answers", 60, "transfer", "nobody answers and the caller is not told"),
    Fault("transfer-wrong-department", 61, "transfer", "the call goes to returns, not billing"),
    Fault("transfer-without-context", 65, "transfer", "the agent asks for the order number again"),
    Fault("context-of-another-caller", 66, "transfer", "the agent sees another caller's order"),
    Fault("callers-number-lost", 67, "transfer", "the agent cannot see who is calling"),
    Fault("voicemail-picks-up", 68, "transfer", "voicemail picks up instead of an agent"),
    Fault("hold-music-absent", 69, "transfer", "20 seconds of silence on hold", "degraded"),
    Fault("queue-position-rises", 70, "transfer", "the place in the queue gets worse"),
    Fault("queue-beyond-promise", 72, "transfer", "the queue takes far longer than promised"),
)

ACROSS = (
    Fault("bot-lacks-web-orders", 73, "across", "the bot does not know an order from the shop"),
    Fault("ivr-tells-other-status", 74, "across", "phone and chat tell different order states"),
    Fault("receipt-not-sent", 75, "across", "no receipt arrives"),
    Fault("notice-without-consent", 76, "across", "a shipping notice comes without consent"),
    Fault("survey-not-sent", 77, "across", "no survey comes after the contact", "degraded"),
    Fault("agent-sees-old-address", 78, "across", "the agent sees the address before its change"),
    Fault("opening-hours-differ", 79, "across", "the phone tells other opening hours"),
    Fault("ivr-forgets-chat", None, "across", "the phone asks again what the chat was told"),
)

_AUDIBLE = (
    Fault("no-barge-in", 42, "ivr", "keys pressed over a prompt are not heard"),
    Fault("menu-loops-for-ever", 46, "ivr", "every choice leads back to the menu"),
    Fault("prompt-cut-off", 50, "ivr", "prompts break off in the middle"),
    Fault("garbled-audio", 51, "ivr", "the sound is choppy, a good third of it is missing"),
    Fault("agent-cannot-hear-caller", 62, "transfer", "the agent hears nothing of the caller"),
    Fault("caller-cannot-hear-agent", 63, "transfer", "the caller hears nothing of the agent"),
    Fault("drops-after-answer", 64, "transfer", "the call drops 5 s after the agent answers"),
    Fault("caller-alone-in-conference", 71, "transfer", "the caller is alone in the conference"),
    Fault("transfer-never-made", None, "transfer", "the caller is first in the queue for good"),
)

CAUGHT = {
    "product-page-error": ("buy-a-gift-card", 1, "shopper"),
    "add-to-basket-does-nothing": ("buy-a-gift-card", 2, "shopper"),
    "basket-forgets-items": ("buy-a-gift-card", 6, "shopper"),
    "basket-price-differs": ("buy-a-gift-card", 3, "shopper"),
    "promo-code-refused": ("buy-a-gift-card", 5, "shopper"),
    "pay-times-out": ("buy-a-gift-card", 9, "shopper"),
    "paying-twice-makes-two-orders": ("impatient-shopper", 7, "office"),
    "no-order-number": ("buy-a-gift-card", 9, "shopper"),
    "slow-checkout": ("buy-a-gift-card", 6, "shopper"),
    "pay-button-dead-on-phones": ("buy-a-gift-card", 9, "shopper"),
    "cookie-banner-covers-pay": ("buy-a-gift-card", 9, "shopper"),
    "product-image-missing": ("find-a-card", 2, "shopper"),
    "sign-in-redirects-for-ever": ("signed-in-customer", 1, "customer"),
    "stock-oversold": ("last-one", 13, "second"),
    "search-finds-nothing": ("find-a-card", 4, "shopper"),
    "slow-largest-paint": ("find-a-card", 1, "shopper"),
    "field-without-label": ("checkout-for-everybody", 3, "shopper"),
    "cancelled-order-charged": ("buy-a-gift-card", 11, "shopper"),
    "bot-silent": ("order-status-by-chat", 2, "asker"),
    "bot-answers-late": ("order-status-by-chat", 2, "asker"),
    "bot-loops-fallback": ("lost-customer", 2, "asker"),
    "bot-wrong-status": ("order-status-by-chat", 2, "asker"),
    "bot-asks-again": ("order-status-by-chat", 2, "asker"),
    "bot-shows-other-order": ("order-status-by-chat", 2, "asker"),
    "handover-rings-nobody": ("chat-to-agent", 4, "agent"),
    "handover-without-context": ("chat-to-agent", 4, "agent"),
    "handover-wrong-department": ("chat-to-agent", 4, "agent"),
    "widget-dead-on-phones": ("chat-on-the-page", 0, "asker"),
    "socket-drops": ("chat-by-socket", 3, "asker"),
    "bubbles-doubled": ("chat-by-socket", 2, "asker"),
    "bubbles-out-of-order": ("chat-by-socket", 3, "asker"),
    "answer-carries-markup": ("chat-by-socket", 3, "asker"),
    "bot-dead-end": ("lost-customer", 1, "asker"),
    "quick-replies-missing": ("chat-by-socket", 1, "asker"),
    "bot-wrong-language": ("order-status-by-chat", 2, "asker"),
    "wrong-welcome": ("order-status-by-phone", 1, "caller"),
    "menu-options-swapped": ("order-status-by-phone", 5, "caller"),
    "digit-ignored": ("order-status-by-phone", 5, "caller"),
    "dead-air-after-choice": ("phone-menu", 7, "caller"),
    "silence-not-reprompted": ("phone-menu", 5, "caller"),
    "invalid-key-hangs-up": ("phone-menu", 6, "caller"),
    "zero-does-nothing": ("ask-for-a-person", 5, "presser"),
    "representative-not-understood": ("ask-for-a-person", 11, "talker"),
    "closed-in-opening-hours": ("order-status-by-phone", 2, "caller"),
    "line-busy": ("order-status-by-phone", 1, "caller"),
    "webhook-error": ("order-status-by-phone", 5, "caller"),
    "webhook-slow": ("order-status-by-phone", 6, "caller"),
    "twiml-malformed": ("order-status-by-phone", 6, "caller"),
    "menu-has-changed": ("order-status-by-phone", 6, "caller"),
    "order-number-misread": ("order-status-by-phone", 6, "caller"),
    "holiday-message-wrong": ("order-status-by-phone", 2, "caller"),
    "call-drops-at-transfer": ("phone-to-billing", 9, "caller"),
    "desk-never-answers": ("nobody-at-the-desk", 6, "agent"),
    "transfer-wrong-department": ("phone-to-billing", 10, "agent"),
    "transfer-without-context": ("gift-card-to-agent", 16, "agent"),
    "context-of-another-caller": ("phone-to-billing", 10, "agent"),
    "callers-number-lost": ("phone-to-billing", 10, "agent"),
    "voicemail-picks-up": ("phone-to-billing", 8, "caller"),
    "hold-music-absent": ("phone-to-billing", 12, "caller"),
    "queue-position-rises": ("phone-to-billing", 12, "caller"),
    "queue-beyond-promise": ("phone-to-billing", 10, "agent"),
    "bot-lacks-web-orders": ("gift-card-to-agent", 7, "asker"),
    "ivr-tells-other-status": ("gift-card-to-agent", 14, "caller"),
    "receipt-not-sent": ("receipt-by-mail", 7, "mailbox"),
    "notice-without-consent": ("receipt-by-mail", 8, "mailbox"),
    "survey-not-sent": ("phone-to-billing", 16, "mailbox"),
    "agent-sees-old-address": ("new-address", 17, "agent"),
    "opening-hours-differ": ("opening-hours-agree", 7, "caller"),
    "ivr-forgets-chat": ("gift-card-to-agent", 13, "caller"),
}
"""By the fault's name: the sample journey that catches it, at which step, on whose side."""

CAUGHT_ON_THE_LINE = {
    "wrong-welcome": ("order-status-on-the-line", 1, "caller"),
    "menu-options-swapped": ("order-status-on-the-line", 5, "caller"),
    "digit-ignored": ("order-status-on-the-line", 5, "caller"),
    "no-barge-in": ("phone-to-billing-on-the-line", 3, "caller"),
    "dead-air-after-choice": ("order-status-on-the-line", 5, "caller"),
    "silence-not-reprompted": ("slow-caller-on-the-line", 2, "caller"),
    "invalid-key-hangs-up": ("slow-caller-on-the-line", 3, "caller"),
    "menu-loops-for-ever": ("order-status-on-the-line", 5, "caller"),
    "zero-does-nothing": ("phone-to-billing-on-the-line", 3, "caller"),
    "representative-not-understood": ("say-it-on-the-line", 3, "caller"),
    "closed-in-opening-hours": ("order-status-on-the-line", 2, "caller"),
    "prompt-cut-off": ("order-status-on-the-line", 1, "caller"),
    "garbled-audio": ("order-status-on-the-line", 1, "caller"),
    "line-busy": ("order-status-on-the-line", 1, "caller"),
    "webhook-error": ("order-status-on-the-line", 5, "caller"),
    "webhook-slow": ("order-status-on-the-line", 6, "caller"),
    "twiml-malformed": ("order-status-on-the-line", 6, "caller"),
    "menu-has-changed": ("order-status-on-the-line", 6, "caller"),
    "order-number-misread": ("order-status-on-the-line", 6, "caller"),
    "holiday-message-wrong": ("order-status-on-the-line", 2, "caller"),
    "call-drops-at-transfer": ("phone-to-billing-on-the-line", 4, "caller"),
    "desk-never-answers": ("nobody-at-the-desk-on-the-line", 4, "agent"),
    "transfer-wrong-department": ("phone-to-billing-on-the-line", 5, "agent"),
    "agent-cannot-hear-caller": ("phone-to-billing-on-the-line", 9, "agent"),
    "caller-cannot-hear-agent": ("phone-to-billing-on-the-line", 7, "caller"),
    "drops-after-answer": ("phone-to-billing-on-the-line", 9, "agent"),
    "transfer-without-context": ("order-to-billing-on-the-line", 6, "agent"),
    "context-of-another-caller": ("order-to-billing-on-the-line", 6, "agent"),
    "callers-number-lost": ("phone-to-billing-on-the-line", 5, "agent"),
    "voicemail-picks-up": ("phone-to-billing-on-the-line", 3, "caller"),
    "hold-music-absent": ("phone-to-billing-on-the-line", 7, "caller"),
    "queue-position-rises": ("phone-to-billing-on-the-line", 7, "caller"),
    "caller-alone-in-conference": ("warm-transfer-on-the-line", 5, "agent"),
    "queue-beyond-promise": ("phone-to-billing-on-the-line", 5, "agent"),
    "transfer-never-made": ("phone-to-billing-on-the-line", 5, "agent"),
    "ivr-tells-other-status": ("order-status-on-the-line", 6, "caller"),
    "opening-hours-differ": ("slow-caller-on-the-line", 4, "caller"),
}
"""The same over SIP, by the journeys with the tag `sip`."""

FAULTS: tuple[Fault, ...] = tuple(
    replace(fault, journey=journey, step=step, party=party)
    for fault in WEB + CHAT + IVR + TRANSFER + ACROSS
    for journey, step, party in [CAUGHT[fault.name]]
)
"""Every fault, by channel and then by number."""

AUDIBLE: tuple[Fault, ...] = tuple(
    replace(fault, journey=journey, step=step, party=party)
    for fault in _AUDIBLE
    for journey, step, party in [CAUGHT_ON_THE_LINE[fault.name]]
)
"""What takes a real call to be noticed: caught by journeys with the tag `sip` alone."""

_BY_NAME = {fault.name: fault for fault in FAULTS + AUDIBLE}


def on_the_line(name: str) -> Fault:
    """The fault as journeys over SIP catch it; KeyError where they do not."""
    journey, step, party = CAUGHT_ON_THE_LINE[name]
    return replace(named(name), journey=journey, step=step, party=party)


def named(name: str) -> Fault:
    """The fault of that name; KeyError, with a near name as a guess, where there is none."""
    try:
        return _BY_NAME[name]
    except KeyError:
        near = get_close_matches(name, _BY_NAME, n=1)
        guess = f", did you mean {near[0]}?" if near else ""
        raise KeyError(f"no fault called {name}{guess}") from None
