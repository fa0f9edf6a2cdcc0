"""What the legs of one run know of each other: who spoke when, who hung up, and whether sound goes
both ways."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Literal, Protocol

from cxassure.channel import Opening

Side = Literal["customer", "agent"]

CODES: dict[Side, str] = {"customer": "1379", "agent": "2468"}
"""The keys that each side sends. Digits alone: `*` may end a call, `#` an entry."""
NO_PROOF = (
    "two-way audio is proven between two ends of ours that are heard live: give the caller and the"
    " agent targets over twilio with `public`"
)
ACROSS = 6.0
"""Seconds that sound may take from one end to the other."""
STEP = 0.05
AROUND = 4.0
"""Seconds around words of the one side in which they may be heard at the other."""


class Leg(Protocol):
    """One of our ends of a call."""

    side: Side
    gathered: str
    heard_live: bool
    """Whether its sound reaches us as it comes."""

    @property
    def joined(self) -> bool:
        """Whether it is up, and its sound reaches us."""

    async def send(self, keys: str) -> None: ...


@dataclass(slots=True)
class Together:
    """Shared by the parties of a run."""

    legs: list[Leg] = field(default_factory=list)
    spoke: dict[Side, list[tuple[float, float]]] = field(default_factory=dict)
    hung_up: dict[Side, float] = field(default_factory=dict)
    proving: asyncio.Lock = field(default_factory=asyncio.Lock)
    proof: str = ""

    @classmethod
    async def of(cls, opening: Opening) -> Together:
        async def make() -> Together:
            return cls()

        found: Together = await opening.run.once("legs over twilio", make)
        return found

    def say(self, side: Side, began: float, seconds: float) -> None:
        self.spoke.setdefault(side, []).append((began, began + seconds))

    def said_by(self, side: Side, began: float, ended: float) -> bool:
        """Whether what was heard from `began` to `ended` is likely to come from `side`."""
        spoken = self.spoke.get(side, [])
        return any(first - 1 <= began and ended <= last + AROUND for first, last in spoken)

    def ended_by(self, other: Side) -> str:
        """Who has ended a call that was ended at the other end."""
        at = self.hung_up.get(other)
        return other if at is not None and time.monotonic() - at < 30 else "company"

    async def audio(self) -> str | None:
        """`both ways`, `to the agent only`, `to the customer only` or `none`: each side sends its
        keys and gathers the other's. None where there are not two legs to find it with."""
        if self.proof:
            return self.proof
        customer, agent = (self._joined(side) for side in CODES)
        if customer and agent and not self.proving.locked():
            async with self.proving:
                there, back = await _across(customer, agent), await _across(agent, customer)
            one = "to the agent only" if there else "to the customer only" if back else "none"
            self.proof = "both ways" if there and back else one
        return self.proof or None

    def _joined(self, side: Side) -> Leg | None:
        return next((leg for leg in self.legs if leg.side == side and leg.joined), None)

    @property
    def possible(self) -> bool:
        """Whether there are two legs by which it can be found."""
        return {leg.side for leg in self.legs if leg.heard_live} == set(CODES)


async def _across(sender: Leg, taker: Leg) -> bool:
    """Whether the keys of one leg arrive at the other."""
    code = CODES[sender.side]
    taker.gathered = ""
    await sender.send(code)
    for _ in range(round(ACROSS / STEP)):
        if code in taker.gathered:
            return True
        await asyncio.sleep(STEP)
    return False
