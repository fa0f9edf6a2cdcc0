"""An agent's desk over a cassette: it rings when it rang in the recording, with that context."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cxassure.channel import Seconds, Unseen
from cxassure.channels._telephony.carrier.keys import keys, without_pauses
from cxassure.channels._telephony.cassette.playing import Playing, mapping
from cxassure.errors import Broken


class CassetteDesk(Playing):
    """One desk, with the part of an agent."""

    channel: ClassVar[str] = "agent"
    name: ClassVar[str] = "desk"

    def __init__(self, session: Any) -> None:
        super().__init__(session)
        self._picked_up: float | None = None
        self._stopped: float | None = None
        self._consults = False

    async def open(self, wanted: str) -> None:
        """`wanted`, whose call is to be answered, says nothing here: there is but this one."""
        await self._open()

    async def answer(self, wanted: str, patience: float) -> None:
        await self._rung(patience)
        await self._do("answered", None)
        self._picked_up = self._stopped = self.clock.now()

    async def decline(self, patience: float) -> None:
        await self._rung(patience)
        await self._do("declined", None)
        self._stopped = self.clock.now()

    async def let_ring(self, patience: float) -> None:
        await self._rung(patience)
        await self.player.act(self.part, "let ring")
        self.player.heard_now()
        self._stopped = self.clock.now()

    async def _rung(self, patience: float) -> None:
        """Waits for the ring that is to be taken. Raises `Broken` where none came."""
        until = self.clock.now() + patience
        while self.track.rang is None or (self._stopped is not None and not self._rings_anew()):
            if self.player.over or self.clock.now() >= until:
                raise Broken("the desk was not rung", expected="the desk rings", seen="no call")
            await self.attend(until)
        self._picked_up = self._stopped = None

    def _rings_anew(self) -> bool:
        """Whether it has rung since it was last taken or given up."""
        rang = self.track.rang
        return rang is not None and rang.at >= (self._stopped or 0.0)

    async def speak(self, text: str, patience: float) -> None:
        self._talking()
        await self._do("said", text)

    async def press(self, digits: str, patience: float) -> None:
        self._talking()
        await self._do("pressed", without_pauses(keys(digits)))

    def _talking(self) -> None:
        if self._picked_up is None:
            raise Broken("the agent is in no call", expected="a call", seen="none")
        self._up("the customer on the line")

    async def transfer(self, to: str, attended: bool, patience: float) -> None:
        self._talking()
        if attended and not self._consults:
            await self.consult(to, patience)
        self._consults = False
        await self._do("transferred", None, shown=to)

    async def consult(self, to: str, patience: float) -> None:
        await self.hold(True)
        self._consults = True
        await self._do("consulted", None, shown=to)

    async def hold(self, held: bool) -> None:
        self._talking()
        self._consults = False
        await self._do("held" if held else "resumed", None)

    async def hang_up(self) -> None:
        if self._picked_up is not None and not self.track.ended:
            await self._leave()

    @property
    def context(self) -> Mapping[str, str] | None:
        rang = self.track.rang
        return mapping(rang.data.get("context")) if rang else None

    @property
    def rang(self) -> bool:
        return self.track.rang is not None

    @property
    def ringing(self) -> Seconds | None:
        if self.track.rang is None:
            return None
        until = self.clock.now() if self._stopped is None else self._stopped
        return Seconds(max(until - self.track.rang.at, 0.0))

    @property
    def call(self) -> Mapping[str, Any] | None:
        if self.track.rang is None:
            return None
        told = self.fields(ended=True)
        if self._picked_up is not None and not self.track.ended:
            told["status"] = "in-progress"
        return {**told, **{k: v for k, v in (self.context or {}).items() if k == "caller"}}

    def transcript(self) -> str | None:
        raise Unseen("a telephone call brings no transcript to the desk")
