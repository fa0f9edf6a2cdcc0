"""Where telephones hear each other: two on a bridge, or more in a conference."""

from __future__ import annotations

from cxassure.demo.telephone.g711 import SILENCE, mixed
from cxassure.demo.telephone.rtp import Line, Recording, Voice, quiet


class Room:
    """Mixes what its lines say, for each without its own voice; keys are passed on as keys.

    `music` is what one hears whose only partner put it on hold; `mutes` are pairs of a speaker
    and a hearer that gets nothing of it, not even packets.
    """

    def __init__(self, music: bytes) -> None:
        self.lines: list[Line] = []
        self.mutes: set[tuple[Line, Line]] = set()
        self._music = Recording(music, again=True)
        self._announcement: Voice | None = None
        self._round: dict[Line, bytes] = {}
        self._told: set[Line] = set()
        self._announced = SILENCE

    def join(self, line: Line) -> None:
        self.lines.append(line)
        line.voice = lambda: self.heard_by(line)
        line.on_key = lambda key: self._press(line, key)

    def leave(self, line: Line) -> None:
        if line in self.lines:
            self.lines.remove(line)
            line.voice, line.on_key = quiet, lambda key: None

    def empty(self) -> None:
        for line in tuple(self.lines):
            self.leave(line)

    async def announce(self, sound: bytes) -> None:
        """Say something that everybody in the room hears, over their own voices."""
        recording = self._announcement = Recording(sound)
        await recording.over
        self._announcement = None

    def heard_by(self, line: Line) -> bytes | None:
        """This tick's sound for one line; the first to ask twice begins the next tick."""
        if line in self._told or not self._round:
            self._told.clear()
            self._round = {each: each.heard() for each in self.lines}
            self._announced = (self._announcement and self._announcement()) or SILENCE
        self._told.add(line)
        others = [each for each in self._round if each is not line]
        open_to = [each for each in others if (each, line) not in self.mutes]
        if others and not open_to:
            return None
        if len(others) == 1 and others[0].held:
            return self._music()
        voices = [self._round[each] for each in open_to]
        return mixed([*voices, self._announced] if self._announcement else voices)

    def _press(self, presser: Line, key: str) -> None:
        for line in self.lines:
            if line is not presser:
                line.press(key)
