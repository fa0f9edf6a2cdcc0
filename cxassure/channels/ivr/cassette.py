"""A caller's line over a cassette: a recorded call is played again, offline, in virtual time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from cxassure.channel import Seen
from cxassure.channels._telephony.carrier.keys import keys, without_pauses
from cxassure.channels._telephony.cassette.playing import Playing
from cxassure.channels._telephony.live.keyed import AWAITED, taken_down
from cxassure.channels.ivr.turns import taken
from cxassure.errors import Broken, CannotLook
from cxassure.text import span


class CassetteLine(Playing):
    """One telephone, with the part of a caller."""

    channel: ClassVar[str] = "ivr"
    name: ClassVar[str] = "call"

    def __init__(self, session: Any) -> None:
        super().__init__(session)
        self._dialled = False

    async def open(self, caller: str, headers: Mapping[str, str]) -> None:
        await self._open()
        self.caller = caller

    async def dial(
        self, number: str, caller: str, data: Mapping[str, str], patience: float
    ) -> None:
        if self._dialled and not self.track.ended:
            raise CannotLook("a call is up already", "hang_up first")
        track, until = self.track, self.clock.now() + patience
        track.connected = track.ended = track.trouble = None
        self._dialled, self.caller = True, caller or self.caller
        await self._do("dialled", number or None)
        while not (track.connected or track.ended or self._rings_a_desk()):
            if self.clock.now() >= until:
                raise Broken(f"nobody picked up within {span(patience)}", seen="ringing")
            await self.attend(until)
        if track.ended and not track.connected:
            self._refused(track.ended.text, str(track.ended.data.get("code", "")))

    def _rings_a_desk(self) -> bool:
        """A desk is rung, though the company has not picked up itself."""
        return any(track.rang for track in self.player.tracks.values())

    @staticmethod
    def _refused(how: str, code: str) -> None:
        busy = "busy" in how
        raise Broken(
            "the line was busy" if busy else f"the call was {how}",
            expected="the company picks up",
            seen=how,
            code=code or ("486" if busy else ""),
        )

    async def press(self, digits: str, at_once: bool, patience: float) -> None:
        self._in_call()
        await self._do("pressed", without_pauses(keys(digits)), now=at_once)

    async def say(self, text: str, at_once: bool, patience: float) -> None:
        self._in_call()
        await self._do("said", text, now=at_once)

    def _in_call(self) -> None:
        if not self._dialled:
            raise CannotLook("there is no call", "the first step of a caller is «dial»")
        self._up("the call to be up")

    async def hang_up(self) -> None:
        if self._dialled and not self.track.ended:
            await self._leave()

    @property
    def call(self) -> Mapping[str, Any] | None:
        if not self._dialled:
            return None
        caller = {"caller": self.caller} if self.caller else {}
        return {**caller, **self.fields(ended=True), **self._turns()}

    def _turns(self) -> Mapping[str, float | int]:
        """How a voice agent took its turns, where it is one that was recorded."""
        lines = (line for way in self.player.ways for line in way.call.lines)
        if not any(line.what == "turns" for line in lines):
            return {}
        now = self.track.ended.at if self.track.ended else self.clock.now()
        return taken(self.session.seen, now).fields(now)

    def recorded(self, seen: Sequence[Seen]) -> bool | None:
        return taken_down(seen, AWAITED)

    @property
    def quiet_for(self) -> float:
        return 0.0 if self.track.ended else self.player.quiet(self.part)
