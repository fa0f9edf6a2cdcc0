"""What is recorded of calls, and whom that is told (Twilio, Recordings resource)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxassure.channels._telephony.carrier.address import joined
from cxassure.channels._telephony.carrier.attributes import method
from cxassure.channels._telephony.carrier.call import Call
from cxassure.channels._telephony.carrier.markup import Node

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.walker import Walker


@dataclass(frozen=True, slots=True)
class Recording:
    """`began` and `seconds` of the run's clock; `words` what was said, for its sound."""

    sid: str
    call: Call
    source: str
    began: float
    seconds: int
    url: str
    words: str = ""
    channels: int = 1
    status: str = "completed"
    lasted: float = 0.0
    """Its exact length, where it was begun and ended by a program."""

    def told(self) -> dict[str, str]:
        """The parameters of an action's request."""
        return {
            "RecordingSid": self.sid,
            "RecordingUrl": self.url,
            "RecordingDuration": str(self.seconds),
        }


def recorded(walker: Walker, node: Node, source: str, began: float, words: str = "") -> Recording:
    """Puts away what was recorded from `began` until now, and tells those who want to know."""
    exchange, call = walker.exchange, walker.call
    account, sid = call.account.account_sid, exchange.new_sid("RE")
    url = f"{exchange.api_address}/2010-04-01/Accounts/{account}/Recordings/{sid}"
    seconds = round(call.clock.now() - began)
    channels = 2 if node.get("record").endswith("-dual") else 1
    tape = Recording(sid, call, source, began, seconds, url, words, channels)
    exchange.recordings[sid] = tape
    _tell(walker, node, tape)
    return tape


def sound(tape: Recording) -> bytes:
    """The recording as a WAV file of its length: 8,000 samples a second, a tone for the words."""
    from cxassure.channels._telephony.carrier.voice import tone

    if tape.call.carries:
        return tape.call.carries(tape.began, tape.began + (tape.lasted or tape.seconds)).wav()
    whole = tone(tape.seconds)
    quiet = 0 if tape.words else len(whole.samples)
    whole.samples[:quiet] = 0
    return whole.wav()


def _tell(walker: Walker, node: Node, tape: Recording) -> None:
    """`recordingStatusCallback` and `transcribeCallback` are asked beside the call."""
    about = {"CallSid": tape.call.sid, "AccountSid": tape.call.account.account_sid}
    wants = re.split(r"[\s,]+", node.get("recordingStatusCallbackEvent", "completed"))
    if node.get("recordingStatusCallback"):
        for status in ("in-progress", "completed"):
            if status in wants:
                told = {**about, **tape.told(), **_status(walker, tape, status)}
                _post(walker, node, "recordingStatusCallback", told)
    if node.flag("transcribe") or node.get("transcribeCallback"):
        told = {**about, **tape.told(), **_transcript(walker, tape)}
        _post(walker, node, "transcribeCallback", told)


def _status(walker: Walker, tape: Recording, status: str) -> Mapping[str, str]:
    return {
        "RecordingStatus": status,
        "RecordingChannels": str(tape.channels),
        "RecordingSource": tape.source,
        "RecordingStartTime": walker.exchange.date(tape.began),
    }


def _transcript(walker: Walker, tape: Recording) -> Mapping[str, str]:
    return {
        "TranscriptionSid": walker.exchange.new_sid("TR"),
        "TranscriptionStatus": "completed",
        "TranscriptionText": tape.words,
        "TranscriptionType": "fast",
    }


def _post(walker: Walker, node: Node, name: str, told: Mapping[str, str]) -> None:
    url = node.get(name)
    if url:
        verb = method(walker, node, f"{name}Method", 13610)
        address = joined(walker.url, url)
        exchange = walker.exchange
        exchange.clock.start(exchange.report(walker.call, address, verb, told))
