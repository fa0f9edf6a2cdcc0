"""A text message of the company's, sent by `<Sms>` or through the interface for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.call import Call
    from cxassure.channels._telephony.carrier.exchange import Exchange
    from cxassure.channels._telephony.carrier.webhook import Account


@dataclass(frozen=True, slots=True)
class Message:
    """`at` is when it was sent, on the run's clock."""

    sid: str
    account: Account
    sender: str
    to: str
    text: str
    at: float


def send(
    exchange: Exchange,
    account: Account,
    sender: str,
    to: str,
    text: str,
    during: Call | None = None,
) -> Message:
    """Delivers a message: who has that number sees it, and who is on the call that sends it."""
    message = Message(exchange.new_sid("SM"), account, sender, to, text, exchange.clock.now())
    exchange.messages[message.sid] = message
    for call in exchange.everyone():
        if call is during or (not call.ended and _end(call) == to):
            call.ear.note("company", "message", text, to=to, sid=message.sid)
    return message


async def inform(exchange: Exchange, message: Message, url: str) -> None:
    """Tells the message's status callback how it got on."""
    for status in ("queued", "sent", "delivered"):
        told = progress(message, status)
        await exchange.tell_account(message.account, url, "POST", told)


def _end(call: Call) -> str:
    """The number of the person at this end of a call."""
    return call.called if call.direction.startswith("outbound") else call.caller


def progress(message: Message, status: str) -> Mapping[str, str]:
    """What a message's status callback is told (Twilio, Message resource, StatusCallback)."""
    return {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "MessageStatus": status,
        "SmsStatus": status,
        "AccountSid": message.account.account_sid,
        "From": message.sender,
        "To": message.to,
        "ApiVersion": "2010-04-01",
    }
