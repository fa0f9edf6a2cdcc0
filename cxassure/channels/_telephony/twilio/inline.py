"""A caller without a public address: documents are sent along, what is heard comes by recordings.

Twilio, Calls resource (Twiml), Recordings resource of a live call (RecordingTrack inbound).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.wav import read_wav
from cxassure.channels._telephony.carrier.keys import lasts
from cxassure.channels._telephony.carrier.lengths import spoken
from cxassure.channels._telephony.twilio.clock import HeardClock
from cxassure.channels._telephony.twilio.documents import keeping, pressing, saying
from cxassure.channels._telephony.twilio.options import TwilioOptions
from cxassure.channels._telephony.twilio.placed import Placed
from cxassure.channels._telephony.twilio.tape import RATE, Spoken, Tape
from cxassure.errors import CannotLook

MAKING = 30.0
"""Seconds in which Twilio has to have a recording ready."""
LEAVING = 10.0
"""Seconds for the last one, which was going on when the call ended."""
STEP = 0.25


class Inline:
    """The way of one caller's calls. `told` gets each utterance, in order."""

    def __init__(
        self, options: TwilioOptions, clock: HeardClock, told: Callable[[Spoken], Awaitable[None]]
    ) -> None:
        self.options, self.clock, self._told = options, clock, told
        self.pieces: list[tuple[float, Sound]] = []
        """What was heard, by the seconds since the call was answered."""
        self._tape = Tape()
        self._answered = 0.0
        self._recording = ""
        self._began = 0.0

    def document(self) -> str:
        """The document that a call begins with."""
        return keeping()

    async def begin(self, placed: Placed) -> None:
        """The call was answered."""
        self.placed, self._tape, self.pieces = placed, Tape(), []
        self._recording, self._answered = "", time.monotonic()
        await self._record()

    async def press(self, keys: str) -> float:
        """Presses keys; gives the seconds that it takes."""
        return await self._act(pressing(keys), sum(map(lasts, keys)))

    async def say(self, text: str) -> float:
        """Says something; gives the seconds that it takes."""
        document = saying(text, self.options.language, self.options.voice)
        return await self._act(document, spoken(text))

    async def _act(self, document: str, seconds: float) -> float:
        self.clock.release()
        await self.placed.update(document)
        await asyncio.sleep(seconds)
        return seconds

    async def attend(self, until: float) -> None:
        """Hears one piece: the clock is at its end then, and not before."""
        self.clock.hold()
        now = self.clock.now()
        end = min(max(until, now), now + self.options.piece)
        while not self.placed.ended and time.monotonic() < end:
            await asyncio.sleep(min(STEP, max(end - time.monotonic(), 0.01)))
            await self.placed.look(self.options.poll)
        if self._recording:
            await self._hear()
        if self.placed.ended and time.monotonic() < end:
            await asyncio.sleep(min(0.05, end - time.monotonic()))
            self.clock.hold(time.monotonic())

    async def _hear(self) -> None:
        """Ends the recording, begins the next, and hears the one that ended."""
        recording, began = self._recording, self._began
        self._recording = ""
        if not self.placed.ended:
            await self._stop(recording)
        stopped = time.monotonic()
        if not self.placed.ended:
            await self._record()
        piece = await self._taken(recording, began)
        over = self.placed.ended is not None
        for said in self._tape.add(piece, began, last=over) if piece else ():
            await self._told(said)
        self.clock.hold(max(stopped, self.clock.now()))

    async def _taken(self, recording: str, began: float, patience: float = MAKING) -> Sound | None:
        """The sound of a recording, which is then ours alone: nobody's voice is left at Twilio."""
        piece = _sound(await self._fetched(recording, patience))
        if piece:
            self.pieces.append((began - self._answered, piece))
        await self.placed.account.ask(lambda client: client.recordings(recording).delete())
        return piece

    async def _record(self) -> None:
        """Begins a recording of what the company says."""

        def begin(client: Any) -> str:
            found = client.calls(self.placed.sid).recordings.create(
                recording_track="inbound", recording_channels="mono", trim="do-not-trim"
            )
            return str(found.sid)

        asked = time.monotonic()
        self._recording = await self._unless_over(begin)
        self._began = (asked + time.monotonic()) / 2

    async def _stop(self, recording: str) -> None:
        def stop(client: Any) -> str:
            client.calls(self.placed.sid).recordings(recording).update(status="stopped")
            return recording

        await self._unless_over(stop)

    async def _unless_over(self, what: Callable[[Any], str]) -> str:
        """Does it; a call that has ended meanwhile is no trouble."""
        try:
            return await self.placed.account.ask(what)
        except CannotLook:
            await self.placed.look(0)
            if self.placed.ended:
                return ""
            raise

    async def _fetched(self, recording: str, patience: float) -> bytes:
        account, until = self.placed.account, time.monotonic() + patience
        while time.monotonic() < until:
            found = await account.ask(lambda client: client.recordings(recording).fetch())
            if found.status in ("completed", "absent"):
                data = await account.media(recording)
                if data is not None:
                    return data
            await asyncio.sleep(STEP)
        raise CannotLook(
            f"Twilio had no recording {recording} ready within {patience:g} s", "try again later"
        )

    @property
    def settled(self) -> bool:
        """Nobody was speaking where the last piece ended, and all pieces are heard."""
        over = self.placed.ended is not None and not self._recording
        quiet = self.clock.now() - self._tape.quiet_since > 1.0
        return over or (not self._tape.voiced and quiet and bool(self.pieces))

    @property
    def silent(self) -> bool:
        """Whether nobody was speaking where the last piece ended."""
        return not self._tape.voiced

    def recorded(self) -> bytes:
        """All that was heard, as WAV, at its time; nothing where nothing was."""
        import numpy as np

        if not self.pieces:
            return b""
        sounds = [(round(at * RATE), one.at(RATE).samples) for at, one in self.pieces]
        whole = np.zeros(max(at + len(samples) for at, samples in sounds), np.int16)
        for at, samples in sounds:
            whole[at : at + len(samples)] = samples
        return Sound(whole, RATE).wav()

    async def close(self) -> None:
        """The last recording is fetched and deleted: nothing of ours outlives the call. Raises
        `CannotLook` where it stays."""
        recording, self._recording = self._recording, ""
        if recording:
            await self._taken(recording, self._began, LEAVING)


def _sound(data: bytes) -> Sound | None:
    """The sound in a recording; None where there is none in it."""
    try:
        found = read_wav(data)
    except CannotLook:
        return None
    return found if len(found.samples) else None
