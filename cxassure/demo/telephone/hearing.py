"""What the tree waits for on a caller's line: keys, and whether somebody spoke."""

from __future__ import annotations

import asyncio
from types import TracebackType

from cxassure.demo.telephone.g711 import FRAME, loudness
from cxassure.demo.telephone.rtp import Line

VOICE, ENOUGH, HANGOVER = 8, 8, 40
"""Loudness of a voice (128ths of full scale), its frames until we believe it, quiet ones behind."""

SPEAKS, SPOKE = "speaks", "spoke"
BEFORE = 15 * FRAME
"""What is kept of the sound before a voice is believed, in samples."""
MOST = 500 * FRAME
"""What is kept of somebody who speaks on and on."""


class Hearing:
    """While it is entered, keys and voice of a line come as events: a key, SPEAKS or SPOKE.

    There is no recognition in it: of speech it is only told that it began and ended, and `said` is
    its sound. A finishing key before any other is left out: it belongs to what was typed before.
    """

    def __init__(self, line: Line, voice: bool, finish: str = "") -> None:
        self.line, self.voice, self.finish = line, voice, finish
        self.stirred = asyncio.Event()
        self.events: asyncio.Queue[str] = asyncio.Queue()
        self.speaking = False
        self.said = bytearray()
        self._loud = self._quiet = 0
        self._typed = False

    def __enter__(self) -> Hearing:
        self._before = self.line.on_key
        self.line.on_key = self._key
        self.line.listeners += [self.line.hear_tones, self._hear]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.line.on_key = self._before
        for listener in (self.line.hear_tones, self._hear):
            self.line.listeners.remove(listener)

    async def next(self, patience: float | None) -> str:
        """The next event, "" where none comes in so many seconds."""
        try:
            return await asyncio.wait_for(self.events.get(), patience)
        except TimeoutError:
            return ""

    def forget(self) -> None:
        """What was heard until now does not count."""
        self._loud, self.speaking, self._typed = 0, False, False
        self.stirred.clear()
        while not self.events.empty():
            self.events.get_nowait()

    def _tell(self, event: str) -> None:
        self.events.put_nowait(event)
        self.stirred.set()

    def _key(self, key: str) -> None:
        if key != self.finish or self._typed:
            self._typed = True
            self._tell(key)

    def _hear(self, sound: bytes) -> None:
        for start in range(0, len(sound) if self.voice else 0, FRAME):
            frame = sound[start : start + FRAME]
            self.said += frame
            del self.said[: -(MOST if self.speaking or self._loud else BEFORE)]
            self._weigh(loudness(frame) >= VOICE)

    def _weigh(self, loud: bool) -> None:
        self._loud = self._loud + 1 if loud else max(0, self._loud - 1)
        self._quiet = 0 if loud else self._quiet + 1
        if not self.speaking and self._loud >= ENOUGH:
            self.speaking = True
            self._tell(SPEAKS)
        elif self.speaking and self._quiet >= HANGOVER:
            self.speaking, self._loud = False, 0
            self._tell(SPOKE)
