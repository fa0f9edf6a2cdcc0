"""Rules about a call itself: its sound, its silences, its transfer and how it ended."""

from __future__ import annotations

from cxassure.report.cause.case import Case, Said, called, deed
from cxassure.report.customer import HEARD, SOUND
from cxassure.report.legs import legs
from cxassure.report.proofs import broken
from cxassure.text import clip, span

_SOUND_PATH = "the way of the sound: firewall and NAT for RTP, the address in the SDP, a muted end"
_PROOFS = {
    "trigger": "how the exchange hands calls on, and whether it may",
    "destination": "queue and routing rules: where they lead from here",
    "shown": "the caller id that is set on the onward call",
    "context": "what is passed on with the call: headers, User-to-User, parameters",
    "bridge": _SOUND_PATH,
    "receipt": "the SIP ladder of both ends: who thinks that the call goes on",
    "outcome": "who ended the call, and the time limits of the bridge",
}

_NOTICED = {
    "dead air": (
        "the company is silent",
        "what the exchange waits for there: a look-up, a webhook, a recording, music on hold",
    ),
    "choppy": ("the sound from the company is broken up", "its recordings, and its media server"),
    "packet loss": ("the sound from the company is broken up", "loss on the way, media server"),
    "clipping": ("the sound from the company is too loud", "the level of its recordings, its gain"),
    "echo": ("the far end sends our own voice back", "its echo canceller, a bridge that is looped"),
    "fax": ("the number leads to a fax", "where the number is routed to"),
    "answering machine": ("a machine picks up in the company's place", "opening hours, routing"),
    "one-way audio": ("the call is connected, but sound goes one way", _SOUND_PATH),
    "long ringing": ("the company lets it ring", "the load of the exchange, who is signed in"),
}

NO_GOLDEN = "[no golden prompt:"
"""How a prompt is shown that is none of those that were accepted."""


def distorted(case: Case) -> Said | None:
    """How a call sounds; packets that were counted as lost explain it."""
    if case.facet not in SOUND or case.facet == "audio":
        return None
    lost = max((leg.lost for leg in legs(case.run, case.context)), default=0.0)
    told = "the sound from the company is broken up"
    look = "loss and jitter on the way (the figures of the call), and the load of the media server"
    if lost < 0.01:
        return Said(f"{told}: {case.step.why}", check=look)
    return Said(f"{told}: {lost:.0%} of its packets never came", check=look)


def noticed(case: Case) -> Said | None:
    """What a call suffers from that nobody asked about."""
    kind, colon, words = case.step.why.partition(": ")
    if case.facet or not colon or kind not in _NOTICED:
        return None
    told, look = _NOTICED[kind]
    return Said(f"{told}: {words}", check=look)


def unlike(case: Case) -> Said | None:
    """How a golden prompt was heard, where it was expected."""
    if case.facet not in HEARD or case.step.verdict != "failed":
        return None
    found = next((f for f in case.step.findings if f.startswith("the golden prompt «")), "")
    if found:
        return Said(clip(found, 300), check="the recording that the company plays, and the line")
    if NO_GOLDEN not in case.step.seen:
        return None
    told = "what is said instead is no golden prompt: other words, another voice or language"
    return Said(told, check="which recording is played here, and in which language")


def transferred(case: Case) -> Said | None:
    """The first proof of a transfer that does not hold."""
    proof = broken(case.step) if case.facet == "transfer" else None
    if proof is None:
        return None
    seen = clip(proof.seen, 100)
    said = {
        "bridge": f"the call is connected, but sound goes {seen}",
        "destination": f"the transfer reached {seen}, not {clip(proof.expected, 60)}",
        "receipt": f"the two ends do not agree: {seen}",
        "outcome": f"the transfer did not last: {seen}",
    }
    told = said.get(proof.name, f"{proof.name} of the transfer was «{seen}»")
    if not proof.seen:
        told = f"nothing was seen of the transfer's {proof.name}"
    return Said(told, check=_PROOFS.get(proof.name, ""))


def unheard(case: Case) -> Said | None:
    """Both ends are up, and one of them hears nothing."""
    if case.facet != "audio" or "hear" not in case.step.seen:
        return None
    told = f"the call is connected, but sound goes {clip(case.step.seen, 100)}"
    return Said(told, check=_SOUND_PATH)


def dead_air(case: Case) -> Said | None:
    """Nothing is to be heard for longer than a caller bears."""
    if case.facet != "silence" or case.step.seen in ("", "nothing"):
        return None
    told = f"after «{deed(case.step)}» {called(case.step.channel)} is silent for {case.step.seen}"
    return Said(told, check="what the exchange waits for there: a look-up, a webhook, a recording")


def hung_up(case: Case) -> Said | None:
    """The company ended the call before it did what it should."""
    every = list(case.run.transcript())
    ended = [o for o in every if o.what == "hung up" and o.who == "line"]
    if case.step.channel not in ("ivr", "agent") or not ended or case.step.verb == "hang_up":
        return None
    last = ended[-1]
    if last.data.get("by") != "company" or last.at > case.step.at + case.step.took:
        return None
    taken = [o.at for o in every if o.what == "answered" and o.who == "agent" and o.at < last.at]
    if taken:
        told = f"the company ended the call {span(last.at - taken[-1])} after the agent answered"
        return Said(told, check="the bridge between caller and desk: its timers and time limits")
    return Said(f"the company ended the call {span(last.at)} into the journey")
