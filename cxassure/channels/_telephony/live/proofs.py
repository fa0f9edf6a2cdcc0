"""The six proofs of a transfer, each told by itself: trigger, destination, context, bridge,
receipt, outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from cxassure.channels._telephony.live import told
from cxassure.channels._telephony.sip import events
from cxassure.channels._telephony.sip.taking import Incoming
from cxassure.text import span

if TYPE_CHECKING:
    from cxassure.channels._telephony.live.bridge import Bridge
    from cxassure.channels._telephony.live.talk import Talk


class TransferFields(TypedDict, total=False):
    """A proof that there is nothing of yet is absent, one that is broken says how.

    `trigger`: how it was asked for (`REFER` and whereto, by an agent or not, or `bridged` where
    the company called the desk itself). `destination`: which desk rang. `shown`: the number it was
    shown. `rang_after`: seconds from the caller's first step. `context`: what came along. `bridge`:
    `both ways`, or who does not hear whom. `receipt`: `agreed` where both ends say the same.
    `outcome`: `up`, or who ended it, when and why.
    """

    trigger: str
    destination: str
    shown: str
    rang_after: float
    context: str
    bridge: str
    receipt: str
    outcome: str


async def proofs(bridge: Bridge, agent: Talk) -> dict[str, str | float] | None:
    """What is proven by now, seen from the desk; None before anybody called."""
    caller = next((one for one in bridge.talks if one.who == "customer" and one.calls), None)
    if caller is None:
        return None
    found: dict[str, str | float] = {}
    ring = _ring(agent)
    if ring is None:
        if elsewhere := _elsewhere(bridge, agent):
            found["destination"] = told.context_of(elsewhere).get("called", "")
        return found | _trigger(caller, elsewhere)
    found |= _trigger(caller, ring) | _asked_for(bridge, ring)
    found |= _destination(caller, ring)
    found |= _receipt(caller, agent)
    found["outcome"] = _outcome(caller, agent)
    if heard := await bridge.audio(agent):
        found["bridge"] = heard
    return found


def _ring(desk: Talk) -> Incoming | None:
    return next((one for one in reversed(desk.calls) if isinstance(one, Incoming)), None)


def _elsewhere(bridge: Bridge, agent: Talk) -> Incoming | None:
    """The last ring at another desk of this run."""
    others = [one for one in bridge.talks if one.who == "agent" and one is not agent]
    rings = [ring for other in others if (ring := _ring(other))]
    return max(rings, key=lambda ring: ring.began, default=None)


def instead(bridge: Bridge, agent: Talk) -> str:
    """What became of the caller while this desk did not ring."""
    caller = next(
        (one for one in reversed(bridge.talks) if one.who == "customer" and one.call), None
    )
    if caller is None or caller.call is None:
        return "no call was placed in this run"
    if elsewhere := _elsewhere(bridge, agent):
        return f"{told.context_of(elsewhere).get('called', '')} was rung instead"
    if refused := _refused(bridge):
        return refused
    if trigger := _trigger(caller, None).get("trigger"):
        return f"the caller was sent on by {trigger}"
    if caller.ended:
        return f"the caller's call had ended {told.ending(caller.call, 'customer')}"
    return f"the caller last heard «{caller.last_heard()}»"


def _refused(bridge: Bridge) -> str:
    """How a transfer went wrong that an agent of this run asked for."""
    asked = [call.transfer for talk in bridge.talks for call in talk.calls if call.transfer]
    bad = next((one for one in reversed(asked) if one.outcome >= 300), None)
    why = bad.told[-1].reason if bad and bad.told else bad.reason if bad else ""
    return f"the agent's transfer came to SIP {bad.outcome} {why}".strip() if bad else ""


def _asked_for(bridge: Bridge, ring: Incoming) -> dict[str, str | float]:
    """The REFER of an agent of this run that led here."""
    called = told.context_of(ring).get("called", "")
    to = [talk.passed_to for talk in bridge.talks if called and called in talk.passed_to]
    return {"trigger": f"REFER to {to[-1]} by the agent"} if to else {}


def _trigger(caller: Talk, ring: Incoming | None) -> dict[str, str | float]:
    referred = [e for call in caller.calls for e in call.history if isinstance(e, events.Referred)]
    if referred:
        last = referred[-1]
        why = f" ({last.code}: {last.why})" if last.code >= 300 else ""
        return {"trigger": f"REFER to {last.to}{why}"}
    return {"trigger": "bridged"} if ring else {}


def _destination(caller: Talk, ring: Incoming) -> dict[str, str | float]:
    about = told.context_of(ring)
    known = {k: v for k, v in about.items() if k not in ("caller", "called")}
    found: dict[str, str | float] = {
        "destination": about.get("called", ""),
        "shown": about.get("caller", ""),
        "rang_after": round(ring.began - caller.calls[0].began, 2),
    }
    if known:
        found["context"] = ", ".join(f"{name}: {value}" for name, value in known.items())
    return found


def _receipt(caller: Talk, agent: Talk) -> dict[str, str | float]:
    """Whether both ends say the same of the transfer."""
    if not agent.call or not told.answered(agent.call):
        return {}
    return {"receipt": _agreed(caller, agent)}


def _agreed(caller: Talk, agent: Talk) -> str:
    if any(call.ended and not told.answered(call) for call in caller.calls[1:]):
        return "the caller's telephone was sent on and never got through"
    if caller.ended and agent.up:
        return "the desk still talks, the caller's call is over"
    if agent.ended and caller.up:
        return "the caller's call is still up, the desk's is over"
    first = caller.calls[0]
    if len(caller.calls) > 1 and first.ended is None:
        return "the caller was sent on, and the first call was not released"
    return "agreed"


def _outcome(caller: Talk, agent: Talk) -> str:
    taken = told.answered(agent.call) if agent.call else None
    for talk, name in ((caller, "caller"), (agent, "agent")):
        if talk.ended and talk.call and talk.call.ended:
            ended = talk.call.ended
            lasted = f" {span(ended.at - taken.at)} after the agent answered" if taken else ""
            by = told.by(ended, talk.who)
            return f"the {name}'s call was ended by the {by}{lasted}: {ended.words}"
    return "up" if caller.up and agent.up else "ringing"
