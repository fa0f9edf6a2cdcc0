"""Calls that the company has placed through the interface for programs (Twilio, Calls resource)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from cxassure.channels._telephony.carrier.addressed import addressed
from cxassure.channels._telephony.carrier.call import Call
from cxassure.channels._telephony.carrier.conference import Seat, sit
from cxassure.channels._telephony.carrier.lengths import KEY
from cxassure.channels._telephony.carrier.markup import Node
from cxassure.channels._telephony.carrier.progress import Progress, tell
from cxassure.channels._telephony.carrier.ring import Ring
from cxassure.channels._telephony.carrier.room import Room
from cxassure.channels._telephony.carrier.webhook import Account

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.exchange import Exchange
    from cxassure.channels._telephony.carrier.walker import GoTo

LASTS = 14_400
"""Seconds that a call may be up where the company does not say (TimeLimit: four hours)."""
RINGS = 60
"""Seconds that a call rings where the company does not say."""


@dataclass(frozen=True, slots=True)
class Order:
    """A call to be placed: what happens when `to` picks up is a document or a seat in a room."""

    to: str
    caller: str
    timeout: float = RINGS
    goto: GoTo | None = None
    place: tuple[Room, Seat] | None = None
    digits: str = ""
    lasts: float = LASTS
    label: str = ""
    progress: Progress | None = None


def originate(exchange: Exchange, account: Account, order: Order) -> Call:
    """Rings the desks at `order.to`. Raises `Fault` 13223 or 13243 for what cannot be dialled."""
    address, context = reached(order.to)
    told = {"caller": order.caller, **context}
    ring = exchange.ring_out(account, address, told, order.caller)
    ring.leg.progress, ring.leg.label = order.progress, order.label
    exchange.clock.start(_through(exchange, ring, order))
    return ring.leg


def reached(to: str) -> tuple[str, dict[str, str]]:
    """The desk that `to` means, and what is attached: a client's parameters, a SIP's headers."""
    scheme, _, rest = to.partition(":")
    if scheme == "client":
        name, _, query = rest.partition("?")
        return f"client:{name}", dict(parse_qsl(query, keep_blank_values=True))
    name = "Sip" if scheme in ("sip", "sips") else "Number"
    return addressed(Node(name, inside=[to]))


async def _through(exchange: Exchange, ring: Ring, order: Order) -> None:
    """The whole call, from the first ringing to the status callback of its end."""
    from cxassure.channels._telephony.carrier.walker import Walker

    leg = ring.leg
    await tell(exchange, leg, "initiated", "ringing")
    await leg.clock.until(lambda: ring.state != "ringing", order.timeout)
    ring.stop("nobody answered", "no-answer")
    if leg.answered is None or leg.ended:
        await tell(exchange, leg, "completed")
        return
    exchange.clock.start(_ended_in_time(leg, order.lasts))
    await tell(exchange, leg, "answered")
    if order.digits:
        leg.ear.note("company", "tones", order.digits, took=KEY * len(order.digits))
    walker = Walker(exchange, leg)
    if order.goto:
        await walker.carry_out(order.goto)
    elif order.place:
        await walker.guarded(sit(walker, *order.place))
        leg.end("company", "hung up by the company")
        await tell(exchange, leg, "completed")


async def _ended_in_time(leg: Call, seconds: float) -> None:
    """Ends a call that is up for longer than it may be (Twilio, Calls resource: TimeLimit)."""
    if not await leg.clock.until(lambda: leg.ended is not None, seconds):
        leg.end("line", f"ended at its limit of {seconds:g} s")
