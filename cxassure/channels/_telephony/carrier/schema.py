"""What TwiML may hold (Twilio, TwiML for Programmable Voice), and what a rehearsal makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.markup import Node
from cxassure.text import guess

How = Literal["carried out", "left out", "refused"]


@dataclass(frozen=True, slots=True)
class Element:
    """A verb or noun. `obeyed` attributes do what they say; `beside` ones are taken and change
    nothing that a rehearsal could tell. What is left out is told as a finding; what is refused
    ends the run as an error of ours, because the call would go on in a place that we have not got.
    """

    how: How
    obeyed: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()
    why: str = ""

    @property
    def attributes(self) -> frozenset[str]:
        return self.obeyed | self.beside


def _carried(obeyed: str = "", beside: str = "", inside: str = "", why: str = "") -> Element:
    words = [frozenset(text.split()) for text in (obeyed, beside, inside)]
    return Element("carried out", words[0], words[1], words[2], why)


def _refused(why: str) -> Element:
    return Element("refused", why=why)


def _left_out(why: str) -> Element:
    return Element("left out", why=why)


_STATUS = " statusCallback statusCallbackMethod statusCallbackEvent"
_AMD = (
    " machineDetection machineDetectionTimeout machineDetectionSpeechThreshold"
    " machineDetectionSpeechEndThreshold machineDetectionSilenceTimeout amdStatusCallback"
    " amdStatusCallbackMethod callReason"
)
_TAPED = " recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent"
_TRIM = " recordingTrack trim recordingConfigurationId"

ELEMENTS: dict[str, Element] = {
    "Say": _carried("loop", "voice language", why="SSML inside is text; breaks take their time"),
    "Play": _carried("loop digits"),
    "Pause": _carried("length"),
    "Gather": _carried(
        "input action method timeout speechTimeout finishOnKey numDigits actionOnEmptyResult"
        " language partialResultCallback partialResultCallbackMethod bargeIn",
        "hints maxSpeechTime profanityFilter debug speechModel enhanced",
        "Say Play Pause",
        "words arrive as they were written: no recogniser is asked",
    ),
    "Redirect": _carried("method"),
    "Hangup": _carried("", "", "Parameter"),
    "Reject": _carried("reason", "", "Parameter"),
    "Leave": _carried(),
    "Record": _carried(
        "action method timeout finishOnKey maxLength playBeep transcribe transcribeCallback"
        + _TAPED,
        _TRIM,
    ),
    "Dial": _carried(
        "action method timeout hangupOnStar timeLimit callerId answerOnBridge record sequential"
        + _TAPED,
        "ringTone referUrl referMethod callReason events passports" + _TRIM,
        "Number Client Sip Queue Conference Sim Application WhatsApp",
    ),
    "Number": _carried("url method sendDigits" + _STATUS, "byoc" + _AMD),
    "Client": _carried("url method" + _STATUS, _AMD, "Identity Parameter"),
    "Sip": _carried("url method" + _STATUS, "username password codecs" + _AMD, "Uri Headers"),
    "Uri": _carried("", "priority weight username password"),
    "Headers": _carried("", "", "Header"),
    "Header": _carried("name value"),
    "Identity": _carried(),
    "Parameter": _carried("name value"),
    "Queue": _carried("url method", "reservationSid postWorkActivitySid"),
    "Conference": _carried(
        "muted startConferenceOnEnter endConferenceOnExit participantLabel waitUrl waitMethod"
        " maxParticipants record coach" + _STATUS + _TAPED,
        "beep jitterBufferSize region eventCallbackUrl" + _TRIM,
    ),
    "Enqueue": _carried("action method waitUrl waitUrlMethod maxQueueSize workflowSid", "", "Task"),
    "Task": _carried("", "priority timeout"),
    "Sms": _carried("to from action method statusCallback"),
    "Message": _carried("to from action method statusCallback", "", "Body"),
    "Body": _carried(),
    "Refer": _carried("action method", "", "Sip", "the desk at that address is rung"),
    "Connect": _carried(
        "action method",
        "",
        "Stream ConversationRelay Room Autopilot VirtualAgent Conversation AiSession"
        " ConversationRelaySession",
    ),
    "Start": _carried("", "action method", "Stream Siprec Transcription Recording"),
    "Stop": _carried("", "", "Stream Siprec Transcription"),
    "Stream": _carried(
        "name url track statusCallback statusCallbackMethod",
        "connectorName audioFormat sampleRate",
        "Parameter",
        "μ-law at 8,000 samples a second, in real time",
    ),
    "ConversationRelay": _carried(
        "url language ttsLanguage transcriptionLanguage dtmfDetection welcomeGreeting"
        " welcomeGreetingInterruptible interruptible preemptible partialPrompts"
        " reportInputDuringAgentSpeech",
        "ttsProvider voice transcriptionProvider speechModel profanityFilter hints"
        " intelligenceService elevenlabsTextNormalization interruptSensitivity debug"
        " backgroundNoiseReduction speechTimeout deepgramSmartFormat ignoreBackchannel events"
        " partialPromptOnHangup eagerEotThreshold asrSmartFormat ttsTextNormalization"
        " ttsLanguageTextNormalization elevenlabsLanguageTextNormalization includeInPrompt"
        " customerName applicationReconnect echoPromptFiltering turnDetection",
        "Language Parameter",
        "as text, in virtual time",
    ),
    "Language": _carried(
        "code",
        "ttsProvider voice transcriptionProvider speechModel hints asrSmartFormat"
        " ttsTextNormalization ttsLanguageTextNormalization",
    ),
    "Pay": _refused("card numbers go to a payment connector"),
    "Prompt": _refused("belongs to <Pay>"),
    "Echo": _refused("needs sound"),
    "Sim": _refused("a SIM is no desk of a journey"),
    "Application": _refused("another application's documents are not known here"),
    "ApplicationSid": _refused("belongs to <Application>"),
    "WhatsApp": _refused("a WhatsApp call is no desk of a journey"),
    "Room": _refused("a video room is no telephone"),
    "Autopilot": _refused("Twilio has closed it"),
    "VirtualAgent": _refused("the agent is at another company"),
    "Config": _refused("belongs to <VirtualAgent> and <Transcription>"),
    "Conversation": _refused("Flex routes it inside Twilio"),
    "AiSession": _refused("the agent is at Twilio"),
    "ConversationRelaySession": _refused("the agent is at Twilio"),
    "Siprec": _left_out("a copy of the sound for another company"),
    "Transcription": _left_out("a transcript beside the call"),
    "Recording": _left_out("a recording beside the call"),
}
"""Every element of voice TwiML by name."""

ATTRIBUTES = {
    name: element.attributes for name, element in ELEMENTS.items() if element.how == "carried out"
}
"""Every element that is carried out, with the attributes that it may have."""
BEYOND = frozenset(name for name, element in ELEMENTS.items() if element.how == "refused")
"""Elements that hand the call to something that a rehearsal has not got."""
WHILE_WAITING = frozenset(("Say", "Play", "Pause", "Gather", "Redirect", "Hangup", "Leave"))
"""What a wait document may hold (Twilio, Enqueue, waitUrl; Conference, waitUrl)."""
WHISPERED = WHILE_WAITING
"""What the document of a dialled party or of a caller taken out of a queue may hold."""

VERBS = frozenset(
    "Say Play Pause Gather Redirect Hangup Reject Leave Record Dial Enqueue Sms Message Refer"
    " Connect Start Stop".split()
)
_TOP = VERBS | {"Pay", "Prompt", "Echo"}
_NESTED_CODE = {"Gather": 13320, "Dial": 13215}


def complaints(verbs: list[Node]) -> Iterator[Fault]:
    """Twilio's warnings on a document that parses; the call goes on all the same."""
    for verb in verbs:
        if verb.name in _TOP:
            yield from _checked(verb)
        else:
            hint = guess(verb.name, VERBS) if verb.name else ""
            yield Fault(12200, f"line {verb.line}: there is no verb <{verb.name}>; {hint}")


def _checked(node: Node) -> Iterator[Fault]:
    element = ELEMENTS[node.name]
    if element.how != "carried out":
        return
    for name in sorted(node.attributes.keys() - element.attributes - {"xmlns"}):
        if ":" not in name:
            yield Fault(12200, f"line {node.line}: <{node.name}> has no attribute «{name}»")
    if node.name == "Say":  # speech markup (SSML) is what a voice may make of it
        return
    for inner in node.nodes:
        if inner.name in element.inside:
            yield from _checked(inner)
        else:
            code = _NESTED_CODE.get(node.name, 12200)
            yield Fault(code, f"line {inner.line}: <{inner.name}> inside <{node.name}>")
