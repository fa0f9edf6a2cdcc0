"""Twilio's Media Streams protocol, the carrier's side of it: frames out, playback and marks back.

Follows Twilio, Voice, "Media Streams: WebSocket messages". Sound is μ-law (ITU-T G.711), 8,000
samples a second, base64, 160 bytes for each 20 ms. What it does is real time.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.sound import Sound
    from cxassure.channels._telephony.carrier.socket import Socket

FRAME, BYTES = 0.02, 160
SILENCE = b"\xff"
_LEAST_LEVEL = 0x20
"""A μ-law byte whose inverted magnitude is below this is silence to the ear."""
PAUSE = 0.6
"""Seconds of silence behind which what the company said counts as one utterance."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something the company said: `began` and `ended` by `time.perf_counter`."""

    began: float
    ended: float
    payload: bytes
    cleared: bool = False

    @property
    def sound(self) -> Sound:
        from cxassure.channels._telephony.audio.sound import Sound
        from cxassure.channels._telephony.rtp.g711 import MU, decode

        return Sound(decode(MU, self.payload), 8_000)


@dataclass(slots=True)
class Playback:
    """What has come to be played, the marks behind it, and what of it is being heard."""

    waiting: bytearray = field(default_factory=bytearray)
    marks: list[tuple[int, str]] = field(default_factory=list)
    played: int = 0

    def add(self, payload: bytes) -> None:
        self.waiting += payload

    def mark(self, name: str) -> None:
        """`name` is due once all that has come up to now is played."""
        self.marks.append((self.played + len(self.waiting), name))

    def clear(self) -> list[str]:
        """Drops what waits; the marks in it are due at once."""
        self.played += len(self.waiting)
        self.waiting.clear()
        return self.due()

    def frame(self) -> bytes:
        """The next 20 ms, or less, or nothing."""
        taken = bytes(self.waiting[:BYTES])
        del self.waiting[:BYTES]
        self.played += len(taken)
        return taken

    def due(self) -> list[str]:
        """The marks that have been reached, in order; each is given once."""
        names = [name for at, name in self.marks if at <= self.played]
        self.marks = [(at, name) for at, name in self.marks if at > self.played]
        return names


class MediaStream:
    """One stream. `told` gets each utterance of the company; `complain` what is no message; `kept`
    each frame of both directions: what was played, and what went out on the first track."""

    def __init__(
        self,
        socket: Socket,
        start: Mapping[str, Any],
        told: Callable[[Utterance], None],
        complain: Callable[[str], None],
        kept: Callable[[bytes, bytes], None] | None = None,
    ) -> None:
        self.socket, self._start, self._told, self._complain = socket, start, told, complain
        self._kept = kept
        self.sid = str(start["streamSid"])
        self.playback = Playback()
        self.speaking: dict[str, bytearray] = {track: bytearray() for track in start["tracks"]}
        self._sequence = self._chunk = 0
        self._heard = bytearray()
        self._heard_from = self._heard_to = 0.0
        self._quiet = 0

    async def _send(self, event: str, **told: Any) -> None:
        self._sequence += 1
        head = {"event": event, "sequenceNumber": str(self._sequence), "streamSid": self.sid}
        await self.socket.send({**head, **told})

    async def run(self) -> None:
        """Sends and plays frame by frame until the socket is closed or this is cancelled."""
        await self.socket.send({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        await self._send("start", start=dict(self._start))
        began, frames = time.perf_counter(), 0
        while not self.socket.closed:
            await self._obey()
            await self._frame(frames)
            frames += 1
            late = began + frames * FRAME - time.perf_counter()
            await asyncio.sleep(max(late, 0))

    async def _frame(self, number: int) -> None:
        said = b""
        for track, waiting in self.speaking.items():
            self._chunk += 1
            payload = bytes(waiting[:BYTES]).ljust(BYTES, SILENCE)
            del waiting[:BYTES]
            said = said or payload
            media = {
                "track": track,
                "chunk": str(self._chunk),
                "timestamp": str(round(number * FRAME * 1000)),
                "payload": base64.b64encode(payload).decode(),
            }
            await self._send("media", media=media)
        heard = self.playback.frame()
        if self._kept:
            self._kept(heard.ljust(BYTES, SILENCE), said)
        self._hear(heard)
        await self._reach(self.playback.due())

    async def _reach(self, names: list[str]) -> None:
        for name in names:
            await self._send("mark", mark={"name": name})

    async def key(self, digit: str) -> None:
        await self._send("dtmf", dtmf={"track": "inbound_track", "digit": digit})

    async def stop(self) -> None:
        about = {key: self._start[key] for key in ("accountSid", "callSid")}
        await self._send("stop", stop=about)

    def say(self, payload: bytes, track: str = "inbound") -> None:
        """Sound that goes out from the next frame on, behind what is going out already."""
        if track in self.speaking:
            self.speaking[track] += payload

    @property
    def silent(self) -> bool:
        """Whether the company says nothing at the moment and has nothing more to play."""
        return not self._heard and not self.playback.waiting

    async def _obey(self) -> None:
        """Carries out what the company has sent."""
        while self.socket.inbox:
            message = self.socket.inbox.pop(0)
            match message.get("event"):
                case "media":
                    self._take(message.get("media"))
                case "mark":
                    mark = message.get("mark")
                    self.playback.mark(str(mark.get("name")) if isinstance(mark, dict) else "")
                case "clear":
                    names = self.playback.clear()
                    self._end(cleared=True)
                    await self._reach(names)
                case other:
                    self._complain(f"there is no event «{other or ''}»")

    def _take(self, media: object) -> None:
        try:
            payload = base64.b64decode(media["payload"], validate=True)  # type: ignore[index]
        except (TypeError, KeyError, ValueError, binascii.Error):
            self._complain("a media event without a base64 payload")
            return
        self.playback.add(payload)

    def _hear(self, payload: bytes) -> None:
        """Puts frames together to utterances: sound, up to `PAUSE` of silence, counted in frames:
        a machine that stalls makes no pause."""
        now = time.perf_counter()
        if payload and audible(payload):
            if not self._heard:
                self._heard_from = now
            self._heard_to, self._quiet = now + FRAME, 0
            self._heard += payload
        elif self._heard:
            self._quiet += 1
            self._heard += payload
            if self._quiet * FRAME > PAUSE:
                self._end()

    def _end(self, *, cleared: bool = False) -> None:
        if self._heard:
            said = Utterance(self._heard_from, self._heard_to, bytes(self._heard), cleared)
            self._heard.clear()
            self._told(said)


def audible(payload: bytes) -> bool:
    """Whether a frame of μ-law holds more than the hiss of a quiet line."""
    return sum(~byte & 0x7F for byte in payload) > _LEAST_LEVEL * len(payload)


def encoded(sound: Sound) -> bytes:
    """A sound of 8,000 samples a second as μ-law."""
    from cxassure.channels._telephony.rtp.g711 import MU, encode

    return encode(MU, sound.samples)
