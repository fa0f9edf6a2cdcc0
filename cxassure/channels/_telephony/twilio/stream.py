"""Twilio's Media Streams protocol, our side of it: the sound of a call comes in and goes out.

Follows Twilio, Voice, "Media Streams: WebSocket messages": μ-law (ITU-T G.711), 8,000 samples a
second, base64.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.twilio.tape import RATE, Spoken, Tape

FRAME = 0.02
PIECE = 25
"""Frames that are looked at together: half a second."""
SPARE = 5.0
"""Seconds that Twilio may take longer to play something than it lasts."""

Send = Callable[[str], Awaitable[None]]


class CallStream:
    """One call's sound. `told` gets each utterance and `key` each key, as they come."""

    def __init__(
        self, account_sid: str, told: Callable[[Spoken], None], key: Callable[[str], None]
    ) -> None:
        self.account_sid, self._told, self._key = account_sid, told, key
        self.connected, self.over = asyncio.Event(), asyncio.Event()
        self.call_sid = self.sid = ""
        self.heard = bytearray()
        """All that came in, μ-law."""
        self.tape = Tape()
        self._began = 0.0
        self._done = 0
        self._send: Send | None = None
        self._marks: dict[str, asyncio.Event] = {}
        self._made = 0

    async def run(self, receive: Callable[[], Awaitable[str | None]], send: Send) -> None:
        """Obeys messages until there are no more (`receive` gives None)."""
        self._send = send
        try:
            while (text := await receive()) is not None:
                if not self._take(_message(text)):
                    break
        finally:
            self._hear(last=True)
            self.over.set()
            for mark in self._marks.values():
                mark.set()

    def _take(self, message: dict[str, Any]) -> bool:
        """One message; False when it is the last, or none of ours."""
        match message.get("event"):
            case "start":
                return self._start(_part(message, "start"))
            case "media":
                self._media(_part(message, "media"))
            case "dtmf":
                self._key(str(_part(message, "dtmf").get("digit", ""))[:1])
            case "mark":
                name = str(_part(message, "mark").get("name", ""))
                if name in self._marks:
                    self._marks[name].set()
            case "stop":
                return False
        return True

    def _start(self, start: dict[str, Any]) -> bool:
        if start.get("accountSid") != self.account_sid:
            return False
        self.sid, self.call_sid = str(start.get("streamSid", "")), str(start.get("callSid", ""))
        self._began = time.monotonic()
        self.tape.quiet_since = self._began
        self.connected.set()
        return True

    def _media(self, media: dict[str, Any]) -> None:
        if media.get("track", "inbound") != "inbound" or not self.connected.is_set():
            return
        try:
            self.heard += base64.b64decode(str(media.get("payload", "")), validate=True)
        except (binascii.Error, ValueError):
            return
        if len(self.heard) - self._done >= PIECE * FRAME * RATE:
            self._hear()

    def _hear(self, *, last: bool = False) -> None:
        """Sound is counted by what has come, not by when: a line that stalls makes no pause."""
        from cxassure.channels._telephony.rtp.g711 import MU, decode

        if not self._began:
            return
        began = self._began + self._done / RATE
        piece = Sound(decode(MU, bytes(self.heard[self._done :])), RATE)
        self._done = len(self.heard)
        for said in self.tape.add(piece, began, last=last):
            self._told(said)

    async def play(self, sound: Sound) -> None:
        """Plays a sound to the other end; returns when Twilio says that it was played."""
        from cxassure.channels._telephony.rtp.g711 import MU, encode

        payload = encode(MU, sound.at(RATE).samples)
        size = round(PIECE * FRAME * RATE)
        for at in range(0, len(payload), size):
            piece = base64.b64encode(payload[at : at + size]).decode()
            await self._say({"event": "media", "media": {"payload": piece}})
        await self._played(sound.seconds)

    async def _played(self, seconds: float) -> None:
        self._made += 1
        name = f"cxassure-{self._made}"
        mark = self._marks[name] = asyncio.Event()
        await self._say({"event": "mark", "mark": {"name": name}})
        try:
            async with asyncio.timeout(seconds + SPARE):
                await mark.wait()
        except TimeoutError:
            pass
        finally:
            del self._marks[name]

    async def _say(self, message: dict[str, Any]) -> None:
        if self._send and not self.over.is_set():
            await self._send(json.dumps({**message, "streamSid": self.sid}))


def _message(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _part(message: dict[str, Any], name: str) -> dict[str, Any]:
    found = message.get(name)
    return found if isinstance(found, dict) else {}


def keys_as_sound(keys: str) -> Sound:
    """Keys as pairs of tones (ITU-T Q.23), `w` half a second and `W` a second of silence."""
    import numpy as np

    from cxassure.channels._telephony.carrier.keys import PAUSES
    from cxassure.channels._telephony.rtp.tones import make

    parts = [np.zeros(round(0.1 * RATE), np.int16)]
    for key in keys:
        if key in PAUSES:
            parts.append(np.zeros(round(PAUSES[key] * RATE), np.int16))
        else:
            parts += [make(key, 0.14, RATE), np.zeros(round(0.11 * RATE), np.int16)]
    return Sound(np.concatenate(parts), RATE)
