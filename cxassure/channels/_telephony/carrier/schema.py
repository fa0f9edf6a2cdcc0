"""What TwiML may hold (Twilio, TwiML for Programmable Voice): verbs, nouns and their attributes."""

from __future__ import annotations

from collections.abc import Iterator

from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.markup import Node
from cxassure.text import guess

_LEG = (
    "url method statusCallback statusCallbackMethod statusCallbackEvent sendDigits machineDetection"
    " machineDetectionTimeout machineDetectionSpeechThreshold machineDetectionSpeechEndThreshold"
    " machineDetectionSilenceTimeout amdStatusCallback amdStatusCallbackMethod byoc"
    " callReason"
)
_RECORDED = (
    "recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent"
    " recordingTrack trim"
)

ATTRIBUTES: dict[str, frozenset[str]] = {
    name: frozenset(allowed.split())
    for name, allowed in {
        "Say": "voice language loop",
        "Play": "loop digits",
        "Pause": "length",
        "Gather": "input action method timeout speechTimeout maxSpeechTime finishOnKey numDigits"
        " actionOnEmptyResult hints language partialResultCallback partialResultCallbackMethod"
        " profanityFilter bargeIn debug speechModel enhanced",
        "Redirect": "method",
        "Hangup": "",
        "Reject": "reason",
        "Leave": "",
        "Record": "action method timeout finishOnKey maxLength playBeep transcribe"
        " transcribeCallback " + _RECORDED,
        "Dial": "action method timeout hangupOnStar timeLimit callerId answerOnBridge record"
        " ringTone sequential referUrl referMethod callReason events " + _RECORDED,
        "Number": _LEG,
        "Client": _LEG,
        "Sip": _LEG + " username password codecs",
        "Identity": "",
        "Parameter": "name value",
        "Queue": "url method reservationSid postWorkActivitySid",
        "Conference": "muted beep startConferenceOnEnter endConferenceOnExit participantLabel"
        " jitterBufferSize waitUrl waitMethod maxParticipants record region coach"
        " statusCallback statusCallbackMethod statusCallbackEvent eventCallbackUrl " + _RECORDED,
        "Enqueue": "action method waitUrl waitUrlMethod maxQueueSize workflowSid",
        "Task": "priority timeout",
        "Sms": "to from action method statusCallback",
        "Message": "to from action method statusCallback",
        "Body": "",
    }.items()
}
"""Every element that is carried out, with the attributes that it may have."""

BESIDE = frozenset(("Start", "Stop"))
"""Verbs that do something beside the call (streams, transcripts): left out, and told."""
BEYOND = frozenset(("Connect", "Pay", "Prompt", "Refer"))
"""Verbs that hand the call to something that a rehearsal has not got."""
WHILE_WAITING = frozenset(("Say", "Play", "Pause", "Gather", "Redirect", "Hangup", "Leave"))
"""What a wait document may hold (Twilio, Enqueue, waitUrl; Conference, waitUrl)."""

_VERBS = frozenset(
    "Say Play Pause Gather Redirect Hangup Reject Leave Record Dial Enqueue Sms Message".split()
)
_INSIDE = {
    "Gather": frozenset(("Say", "Play", "Pause")),
    "Dial": frozenset(("Number", "Client", "Sip", "Queue", "Conference")),
    "Client": frozenset(("Identity", "Parameter")),
    "Enqueue": frozenset(("Task",)),
    "Message": frozenset(("Body",)),
}
_NESTED_CODE = {"Gather": 13320, "Dial": 13215}


def complaints(verbs: list[Node]) -> Iterator[Fault]:
    """Twilio's warnings on a document that parses; the call goes on all the same."""
    for verb in verbs:
        if verb.name in BESIDE | BEYOND:
            continue
        if verb.name in _VERBS:
            yield from _checked(verb)
        else:
            hint = guess(verb.name, _VERBS) if verb.name else ""
            yield Fault(12200, f"line {verb.line}: there is no verb <{verb.name}>; {hint}")


def _checked(node: Node) -> Iterator[Fault]:
    for name in sorted(node.attributes.keys() - ATTRIBUTES[node.name] - {"xmlns"}):
        if ":" not in name:
            yield Fault(12200, f"line {node.line}: <{node.name}> has no attribute «{name}»")
    if node.name == "Say":  # speech markup (SSML) is what a voice may make of it
        return
    allowed = _INSIDE.get(node.name, frozenset())
    for inner in node.nodes:
        if inner.name in allowed:
            yield from _checked(inner)
        else:
            code = _NESTED_CODE.get(node.name, 12200)
            yield Fault(code, f"line {inner.line}: <{inner.name}> inside <{node.name}>")
