"""`<Connect>`, `<Start>`, `<Stop>`: the call and a socket of the company's (TwiML Voice)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cxassure.channels._telephony.carrier.attributes import method
from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.markup import Node
from cxassure.channels._telephony.carrier.relay import relay
from cxassure.channels._telephony.carrier.schema import BEYOND, ELEMENTS
from cxassure.channels._telephony.carrier.stream import converse, copy, stop_copy

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.walker import Walker


async def connect(walker: Walker, node: Node) -> None:
    """The socket has the call until it is closed; then the action, or the next verb."""
    from cxassure.channels._telephony.carrier.walker import GoTo

    walker.call.connect()
    told: Mapping[str, str] = {}
    noun = node.nodes[0] if node.nodes else None
    if noun is None:
        walker.warn(Fault(12200, f"line {node.line}: <Connect> with nothing in it"))
    elif noun.name in BEYOND:
        raise walker.beyond(noun)
    elif noun.name == "Stream":
        await converse(walker, noun)
    elif noun.name == "ConversationRelay":
        told = await relay(walker, node, noun)
    if node.get("action"):
        raise GoTo(node.get("action"), method(walker, node, "method", 12200), told)


async def start(walker: Walker, node: Node) -> None:
    """Begins a copy of the call's sound; the call goes on meanwhile."""
    walker.call.connect()
    for noun in node.nodes:
        if noun.name == "Stream":
            await copy(walker, noun)
        else:
            _left_out(walker, node, noun)


async def stop(walker: Walker, node: Node) -> None:
    """Ends what `<Start>` has begun under that name, or all of it."""
    for noun in node.nodes:
        if noun.name == "Stream":
            await stop_copy(walker, noun.get("name"))
        else:
            _left_out(walker, node, noun)


def _left_out(walker: Walker, node: Node, noun: Node) -> None:
    if noun.name in ELEMENTS:
        name = f"<{node.name}><{noun.name}>"
        why = ELEMENTS[noun.name].why or "it does not belong there"
        walker.exchange.finding(f"{name} is left out when rehearsed over twiml: {why}")
