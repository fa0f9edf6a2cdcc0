"""`<ConversationRelay>`: the caller talks with the company's program in text, over a socket.

Follows Twilio, TwiML Voice: ConversationRelay, and "WebSocket messages". Words go out as they were
written and come back as text that is spoken in virtual time; the real time up to the first token
of an answer is the customer's wait.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cxassure.channels._telephony.carrier.address import joined
from cxassure.channels._telephony.carrier.attributes import method
from cxassure.channels._telephony.carrier.call import Gone, Moved, never
from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.lengths import END_OF_SPEECH, KEY, heard_of, spoken
from cxassure.channels._telephony.carrier.markup import Node
from cxassure.channels._telephony.carrier.socket import Socket, plug

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.walker import Walker

ANSWER, GREETING, REACTION = 15.0, 1.0, 0.3
"""Real seconds for an answer to words, for a first word of its own, for one to a key."""
TRAILING = 0.05
"""Real seconds for what a program sends right behind an answer (an end, for instance)."""
_INTERRUPTS = {"true": "any", "false": "none", "": "any"}


async def relay(walker: Walker, connect: Node, noun: Node) -> Mapping[str, str]:
    """Returns what the action is told: SessionId, SessionStatus, SessionDuration, HandoffData."""
    began = walker.call.clock.now()
    told = {"SessionId": walker.exchange.new_sid("VX")}
    try:
        socket = await plug(walker, noun.get("url"), 64102)
    except Fault as fault:
        if not connect.get("action"):
            raise
        walker.warn(fault)
        return {**told, **_ended(walker, began, "failed"), **_error(fault)}
    talk = Talk(walker, noun, socket, told["SessionId"])
    try:
        await talk.run()
    except (Gone, Moved):
        if connect.get("action"):
            told |= _ended(walker, began, "completed")
            verb = method(walker, connect, "method", 12200)
            await walker.report(connect.get("action"), verb, told)
        raise
    finally:
        walker.call.taker, walker.call.waits = None, False
        walker.call.ear.end()
        await socket.close()
    if not talk.over:
        lost = Fault(64105, f"the program closed {noun.get('url')}")
        walker.warn(lost)
        return {**told, **_ended(walker, began, "failed"), **_error(lost)}
    return {**told, **_ended(walker, began, "ended"), **talk.handed}


def _ended(walker: Walker, began: float, status: str) -> dict[str, str]:
    lasted = round(walker.call.clock.now() - began)
    return {"SessionStatus": status, "SessionDuration": str(lasted)}


def _error(fault: Fault) -> dict[str, str]:
    return {"ErrorCode": str(fault.code), "ErrorMessage": fault.words}


class Talk:
    """One session. `words` and `keys` are what the caller has entered and the program not yet
    had; while a text is played, `cut_by` says what may cut it short."""

    def __init__(self, walker: Walker, noun: Node, socket: Socket, session: str) -> None:
        self.walker, self.call, self.noun, self.socket = walker, walker.call, noun, socket
        self.session = session
        self.words = self.keys = ""
        self.spoken = 0.0
        self.cut_by = "any"
        self.playing = self.over = False
        self.handed: dict[str, str] = {}
        self.language = noun.get("transcriptionLanguage") or noun.get("language", "en-US")

    @property
    def takes(self) -> frozenset[str]:
        """Words that are said into a text which may not be interrupted are lost."""
        deaf = self.playing and self.cut_by in ("none", "dtmf")
        deaf = deaf and self.noun.get("reportInputDuringAgentSpeech") not in ("any", "speech")
        keys = {"keys"} if self.noun.flag("dtmfDetection") else set()
        return frozenset(keys if deaf else keys | {"speech"})

    def key(self, key: str) -> None:
        self.keys += key

    def speak(self, text: str, ends: float) -> None:
        self.words = f"{self.words} {text}".strip()
        self.spoken = ends
        if self.noun.flag("partialPrompts"):
            self.call.clock.start(self._prompt(last=False))

    async def run(self) -> None:
        """From the setup to the end of the session; returns when either side has ended it."""
        self.call.taker = self
        await self.socket.send(self._setup())
        greeting = self.noun.get("welcomeGreeting")
        if greeting:
            await self._play(greeting, self._wish(self.noun.get("welcomeGreetingInterruptible")))
        else:
            await self._answer(GREETING)
        while not self.over and not (self.socket.closed and not self.socket.inbox):
            await self._turn()

    def _setup(self) -> dict[str, Any]:
        call = self.call
        named = [node for node in self.noun.nodes if node.name == "Parameter"]
        return {
            "type": "setup",
            "sessionId": self.session,
            "accountSid": call.account.account_sid,
            "parentCallSid": call.parent.sid if call.parent else "",
            "callSid": call.sid,
            "from": call.caller,
            "to": call.called,
            "forwardedFrom": "",
            "callType": "PSTN",
            "callerName": "",
            "direction": call.direction,
            "callStatus": call.status.upper(),
            "customParameters": {node.get("name"): node.get("value") for node in named},
        }

    async def _turn(self) -> None:
        """The caller's turn, up to the program's answer to it."""
        call = self.call
        call.waits = not self.words and not self.keys
        call.ear.begin()
        await call.until(lambda: bool(self.words or self.keys) or self.socket.stirred)
        call.waits = False
        if self.keys:
            digit, self.keys = self.keys[0], self.keys[1:]
            await self.socket.send({"type": "dtmf", "digit": digit})
            await self._answer(REACTION)
        elif self.words:
            while (rest := self.spoken + END_OF_SPEECH - call.clock.now()) > 0:
                await call.until(lambda: bool(self.keys), rest)
            await self._prompt(last=True)
            await self._answer(ANSWER)
        else:
            await self._answer(TRAILING)

    async def _prompt(self, *, last: bool) -> None:
        words = self.words
        if last:
            self.words = ""
        told = {"voicePrompt": words, "lang": self.language, "last": last}
        await self.socket.send({"type": "prompt", **told})

    async def _answer(self, patience: float) -> None:
        """What the program says up to its `last` token; then what it sends right behind."""
        call, asked, first = self.call, time.perf_counter(), None
        said, wish = "", self._wish(self.noun.get("interruptible"))
        call.ear.end()
        while not self.over and (message := await self.socket.next(patience)) is not None:
            first = first or time.perf_counter() - asked
            if message.get("type") != "text":
                await self._obey(message)
                continue
            said += str(message.get("token", ""))
            wish = self._wish(message.get("interruptible", wish))
            patience = ANSWER
            if message.get("last", True):
                break
        await call.until(never, first or time.perf_counter() - asked)
        if said.strip():
            await self._play(said, wish)
        call.clock.listen(TRAILING)

    async def _play(self, text: str, cut_by: str) -> None:
        """Says `text`; a caller who cuts it short is told of to the program."""
        text = " ".join(text.split())
        self.cut_by, self.playing = cut_by, True
        began, length = self.call.clock.now(), spoken(text)
        try:
            await self.call.sound("prompt", text, length, self._interrupted)
        finally:
            self.playing = False
        lasted = self.call.clock.now() - began
        if self._interrupted() and lasted < length:
            told = {
                "utteranceUntilInterrupt": heard_of(text, lasted),
                "durationUntilInterruptMs": round(lasted * 1000),
            }
            await self.socket.send({"type": "interrupt", **told})

    def _interrupted(self) -> bool:
        speech = bool(self.words) and self.cut_by in ("any", "speech")
        return speech or (bool(self.keys) and self.cut_by in ("any", "dtmf"))

    def _wish(self, value: object) -> str:
        word = str(value).lower()
        return _INTERRUPTS.get(word, word)

    async def _obey(self, message: Mapping[str, Any]) -> None:
        """What the program wants besides saying something."""
        match message.get("type"):
            case "end":
                self.over = True
                if message.get("handoffData"):
                    self.handed = {"HandoffData": str(message["handoffData"])}
            case "play":
                await self._sound(message)
            case "sendDigits":
                digits = str(message.get("digits", ""))
                await self.call.sound("tones", digits, KEY * len(digits))
            case "language":
                self.language = str(message.get("transcriptionLanguage") or self.language)
            case _:
                await self._complain(message)

    async def _sound(self, message: Mapping[str, Any]) -> None:
        from cxassure.channels._telephony.carrier.verbs import play

        loop = str(message.get("loop", 1))
        url = joined(self.walker.url, str(message.get("source", "")))
        await play(self.walker, Node("Play", {"loop": loop}, [url]), self._interrupted)

    async def _complain(self, message: Mapping[str, Any]) -> None:
        what = f"there is no message of type «{message.get('type', '')}»"
        self.walker.warn(Fault(64107, what))
        await self.socket.send({"type": "error", "description": f"Invalid message: {what}"})
