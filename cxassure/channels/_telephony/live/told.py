"""What people are told about a call over SIP: its fields, its signalling, its quality, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from cxassure.channel import Seconds
from cxassure.channels._telephony.sip import events
from cxassure.channels._telephony.sip.taking import Incoming
from cxassure.events import Who
from cxassure.text import span

if TYPE_CHECKING:
    from cxassure.channels._telephony.rtp.leg import Leg
    from cxassure.channels._telephony.sip.call import Call


class SignalFields(TypedDict, total=False):
    """What the signalling says: `code` is SIP's final code (200 when it was answered), `cause` the
    Q.850 cause, `words` why it ended; `user_to_user` (RFC 7433) is unpacked where it is text,
    `headers` are those beyond SIP's own, a line each; `answered_after` the seconds of ringing;
    `transferred` what the far end says of a transfer of ours (`200 OK`)."""

    code: int
    cause: int
    words: str
    reason: str
    user_to_user: str
    headers: str
    caller: str
    called: str
    diverted: str
    progress: str
    referred_to: str
    transferred: str
    answered_after: Seconds


class QualityFields(TypedDict, total=False):
    """A leg's figures (see docs/quality.md): `mos` and `r` by ITU-T G.107, `loss` a share of 1,
    `jitter`, `delay` and `lag` (our own) in seconds; `in_doubt`: this machine was too busy."""

    mos: float
    r: float
    loss: float
    discarded: float
    longest_burst: int
    jitter: Seconds
    delay: Seconds
    lag: Seconds
    codec: str
    in_doubt: bool


def by(ended: events.Ended, who: Who) -> str:
    """Who ended a call, in the words of the `call` facet."""
    return {"us": who, "them": "company", "network": "line"}[ended.by]


def ending(call: Call, who: Who) -> str:
    """`hung up by the company at 12.3 s (normal clearing)`."""
    ended = call.ended
    if ended is None:
        return "still up"
    return f"by the {by(ended, who)} after {span(ended.at - call.began)} ({ended.words})"


def _status(call: Call) -> str:
    if call.ended is None:
        return {"calling": "queued", "ringing": "ringing", "up": "in-progress"}[call.state]
    if answered(call):
        return "completed"
    return {486: "busy", 600: "busy", 480: "no-answer", 487: "canceled", 408: "no-answer"}.get(
        call.ended.code, "failed"
    )


def answered(call: Call) -> events.Answered | None:
    """When the call was answered; None where it was not."""
    return next((e for e in call.history if isinstance(e, events.Answered)), None)


def call_fields(call: Call, who: Who) -> dict[str, Any]:
    """The fields of `call` as they are now; those of its end once it has ended."""
    taken, ended, now = answered(call), call.ended, call.agent.now()
    over = ended.at if ended else now
    told: dict[str, Any] = {
        "status": _status(call),
        "sid": call.call_id,
        "duration": round(over - taken.at, 3) if taken else 0.0,
    }
    if call.about:
        told |= {"caller": call.about.caller, "called": call.about.called}
    if ended:
        told |= {"ended_by": by(ended, who), "ending": ended.words}
        if ended.code:
            told["code"] = str(ended.code)
    return told


def signal_fields(call: Call) -> dict[str, Any]:
    taken, ended = answered(call), call.ended
    progress = [e for e in call.history if isinstance(e, events.Progress)]
    referred = [e for e in call.history if isinstance(e, events.Referred)]
    told: dict[str, Any] = {"progress": " ".join(str(e.code) for e in progress)}
    if referred:
        told["referred_to"] = referred[-1].to
    passed_on = [e for e in call.history if isinstance(e, events.Transferring)]
    if passed_on:
        told["transferred"] = f"{passed_on[-1].code} {passed_on[-1].reason}".strip()
    if taken:
        told |= {"code": 200, "answered_after": round(taken.took, 3)}
    elif ended:
        told["code"] = ended.code
    if ended:
        told |= {"cause": ended.q850, "words": ended.words}
    if call.about:
        about = call.about
        told |= {
            "user_to_user": " ".join(about.user_to_user),
            "headers": "\n".join(f"{name}: {value}" for name, value in about.extra.items()),
            "caller": about.caller,
            "called": about.called,
            "diverted": " ".join(one.number for one in about.diverted),
        }
    return told


def quality_fields(leg: Leg) -> dict[str, Any] | None:
    """The leg's figures; None before a second of sound was heard."""
    if leg.agreed is None:
        return None
    figures = leg.quality()
    if figures.heard.expected < 50:
        return None
    return {
        "mos": round(figures.mos, 2),
        "r": round(figures.r, 1),
        "loss": round(figures.heard.loss, 4),
        "discarded": round(figures.heard.discarded, 4),
        "longest_burst": figures.heard.longest_burst,
        "jitter": round(figures.heard.jitter, 4),
        "delay": round(figures.delay, 4),
        "lag": round(figures.lag_95, 4),
        "codec": figures.heard.codec,
        "in_doubt": figures.in_doubt,
    }


def context_of(call: Incoming) -> Mapping[str, str]:
    """What a desk is told with a call: headers beside SIP's own, `X-Order-Number` as `order
    number`, and what User-to-User holds, unpacked where it is a list of `name=value`."""
    from urllib.parse import parse_qsl

    found: dict[str, str] = {}
    about = call.about
    if about is None:
        return found
    for name, value in about.extra.items():
        found[name.lower().removeprefix("x-").replace("-", " ")] = value
    for packed in about.user_to_user:
        pairs = parse_qsl(packed) if "=" in packed else []
        found |= dict(pairs) if pairs else {"user to user": packed}
    return {"caller": about.caller, "called": about.reached, **found}
