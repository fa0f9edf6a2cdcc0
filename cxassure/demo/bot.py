"""What the bot understands and answers: one customer turn in, one turn out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cxassure.demo import wording
from cxassure.demo.company import HOURS

if TYPE_CHECKING:
    from cxassure.demo.cases import Case
    from cxassure.demo.chat import Conversation
    from cxassure.demo.company import Company
    from cxassure.demo.orders import Order

ORDER = re.compile(r"(?<!\d)(\d{7})(?!\d)")
CARD = re.compile(r"(?<!\d)(\d{8})(?!\d)")
INTENTS = (
    ("person", r"\b(person|agent|representative|human|someone|operator|speak to|talk to)\b"),
    ("cancel", r"\bcancel"),
    ("balance", r"\b(balance|left on)\b"),
    ("returns", r"\b(return|returns|refund|send back)\b"),
    ("hours", r"\b(hours|open|opening|close|closed)\b"),
    ("order", r"\b(order|parcel|delivery|delivered|arrive|where is|where's)\b"),
    ("thanks", r"\b(thanks|thank you|bye|goodbye)\b"),
    ("hello", r"\b(hello|hi|hey|start again|good morning|good evening)\b"),
)
START = ["Where is my order?", "Opening hours", "Returns", "Speak to a person"]
AFTER_STATUS = ["Speak to a person", "Opening hours", "Returns"]
YES = re.compile(r"^\s*(yes|yes please|ok|sure)\b", re.I)


@dataclass
class Turn:
    """The bot's answer: bubbles in order, quick replies, and the case it is handed over with."""

    replies: list[str]
    quick_replies: list[str] = field(default_factory=list)
    case: Case | None = None


class Bot:
    """Answers for one company."""

    def __init__(self, company: Company) -> None:
        self.company = company

    def greet(self) -> Turn:
        return Turn([self._say("greeting")], START)

    def answer(self, chat: Conversation, text: str) -> Turn:
        """Understand a line in the light of what this conversation has told already."""
        if self.company.broken("bot-loops-fallback"):
            return Turn([self._say("fallback")], START)
        order, card = ORDER.search(text), CARD.search(text)
        if order:
            chat.order = order[1]
        intent = self._intent(chat, text)
        chat.asked = ""
        if intent == "":
            return self._misunderstood(chat)
        chat.misses = 0
        if intent == "balance":
            return self._balance(chat, card[1] if card else "")
        turn: Turn = getattr(self, f"_{intent}")(chat)
        return turn

    def _intent(self, chat: Conversation, text: str) -> str:
        if chat.asked == "person" and YES.search(text):
            return "person"
        for name, pattern in INTENTS:
            if re.search(pattern, text, re.I):
                return name
        if ORDER.search(text):
            return chat.asked if chat.asked == "cancel" else "order"
        return "balance" if CARD.search(text) else ""

    def _misunderstood(self, chat: Conversation) -> Turn:
        chat.misses += 1
        if self.company.broken("bot-dead-end"):
            return Turn([self._say("dead end")])
        if chat.misses < 2:
            return Turn([self._say("fallback")], START)
        chat.asked = "person"
        return Turn([self._say("offer person")], ["Speak to a person", "Start again"])

    def _order(self, chat: Conversation) -> Turn:
        if not chat.order or self._forgets(chat):
            chat.asked = "order"
            return Turn([self._say("ask order")])
        order = self._look_up(chat.order)
        if order is None:
            return Turn([self._say("unknown order", order=chat.order)], AFTER_STATUS)
        return Turn([self._say("found", order=order.number), self._status(order)], AFTER_STATUS)

    def _forgets(self, chat: Conversation) -> bool:
        """Asks once more for what it was told: the number got lost on its way to the look-up."""
        lost = self.company.broken("bot-asks-again") and not chat.asked_again
        chat.asked_again = True
        return lost

    def _look_up(self, number: str) -> Order | None:
        if self.company.broken("bot-shows-other-order"):
            return self.company.book.other_than(number)
        order = self.company.book.find(number)
        if order and order.origin == "web" and self.company.broken("bot-lacks-web-orders"):
            return None
        return order

    def _status(self, order: Order) -> str:
        if self.company.broken("bot-wrong-status"):
            return "It was returned to us by the carrier."
        if self.company.broken("bot-wrong-language"):
            return wording.GERMAN_STATUS
        return order.told

    def _cancel(self, chat: Conversation) -> Turn:
        if not chat.order:
            chat.asked = "cancel"
            return Turn([self._say("ask order")])
        return Turn([self._say("cancel", order=chat.order)], ["Speak to a person"])

    def _balance(self, chat: Conversation, card: str) -> Turn:
        if not card:
            chat.asked = "balance"
            return Turn([self._say("ask card")])
        cents = self.company.book.card_balance(card)
        if cents is None:
            return Turn([self._say("unknown card", card=card)], ["Speak to a person"])
        amount = self.company.pages.money(cents)
        return Turn([self._say("balance", card=card, amount=amount)], START)

    def _returns(self, chat: Conversation) -> Turn:
        return Turn([self._say("returns"), self._say("returns how")], AFTER_STATUS)

    def _hours(self, chat: Conversation) -> Turn:
        return Turn([self._say("hours", hours=HOURS)], START)

    def _thanks(self, chat: Conversation) -> Turn:
        return Turn([self._say("thanks")])

    def _hello(self, chat: Conversation) -> Turn:
        return Turn([self._say("hello again")], START)

    def _person(self, chat: Conversation) -> Turn:
        """Open a case under everything that this customer has told, on any channel."""
        if self.company.broken("bot-dead-end"):
            return Turn([self._say("dead end")])
        order = self.company.book.find(chat.order)
        email = chat.customer.get("email") or (order.email if order else "")
        phone = chat.customer.get("phone") or (order.mobile if order else "")
        reason = "order status" if chat.order else "general question"
        case = self.company.cases.open(chat.order, "billing", reason, email, phone)
        return Turn([self._say("transfer", queue="billing", case=case.id)], case=case)

    def _say(self, sentence: str, **values: str) -> str:
        german = self.company.broken("bot-wrong-language")
        return (wording.GERMAN if german else wording.ENGLISH)[sentence].format(**values)
