"""The telephone exchange of one run: its calls, desks, queues and conferences on one clock."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from cxassure.channel import Opening
from cxassure.channels._telephony.carrier.call import Call, sid
from cxassure.channels._telephony.carrier.clock import VirtualClock
from cxassure.channels._telephony.carrier.ear import Ear
from cxassure.channels._telephony.carrier.lengths import UNKNOWN_RECORDING, wav_seconds
from cxassure.channels._telephony.carrier.ring import Desk, Ring
from cxassure.channels._telephony.carrier.room import Room
from cxassure.channels._telephony.carrier.webhook import Account, Webhooks
from cxassure.text import plain

FAREWELL = 5.0
"""Real seconds in which calls that are cut off may still tell the company (status callbacks)."""


@dataclass(eq=False, slots=True)
class Place:
    """A caller's place in a queue; `taken` is who took the call out of it."""

    call: Call
    since: float
    taken: Call | None = None


@dataclass(eq=False, slots=True)
class Queue:
    """Callers in the order they came; waits of those who left, for `AvgQueueTime`."""

    name: str
    sid: str
    places: list[Place] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def position(self, place: Place) -> int:
        return self.places.index(place) + 1 if place in self.places else 0

    @property
    def average(self) -> int:
        return round(sum(self.waits) / len(self.waits)) if self.waits else 0


class Exchange:
    """Plays the carrier. What it makes up (identifiers) follows from the run's own identity."""

    def __init__(self, webhooks: Webhooks, run_id: str, finding: Callable[[str], None]) -> None:
        self.clock = VirtualClock()
        self.webhooks = webhooks
        self.finding = finding
        self.calls: list[Call] = []
        self.rings: list[Ring] = []
        self.desks: list[Desk] = []
        self.queues: dict[str, Queue] = {}
        self.conferences: dict[str, Room] = {}
        self._lengths: dict[str, float] = {}
        self._run = run_id or uuid.uuid4().hex
        self._made = 0

    @classmethod
    async def of(cls, opening: Opening) -> Exchange:
        """The exchange that all parties of the run share."""

        async def make() -> Exchange:
            return cls(await Webhooks.open(opening), opening.run_id, opening.finding)

        exchange: Exchange = await opening.run.once("telephone exchange", make)
        return exchange

    def new_sid(self, kind: str) -> str:
        """A fresh Twilio identifier."""
        self._made += 1
        return sid(kind, self._run, self._made)

    def place(
        self, account: Account, caller: str, ear: Ear, data: Mapping[str, str] | None = None
    ) -> Call:
        """Calls the company: its webhooks decide what becomes of it."""
        from cxassure.channels._telephony.carrier.walker import Walker

        account = replace(account, account_sid=account.account_sid or sid("AC", account.target))
        call = Call(self.new_sid("CA"), account, self.clock, ear, caller, account.number)
        self.calls.append(call)
        self.clock.start(Walker(self, call).walk(data or {}))
        return call

    def ring(
        self,
        call: Call,
        address: str,
        context: Mapping[str, str],
        *,
        caller: str = "",
        whispers: bool = False,
    ) -> Ring:
        """Rings every desk at `address` on behalf of `call`; where there is none, it just rings."""
        leg = Call(
            self.new_sid("CA"),
            call.account,
            self.clock,
            Ear(self.clock, _unheard, minds_silence=False),
            caller or call.caller,
            address,
            direction="outbound-dial",
            role="agent",
            parent=call,
        )
        ring = Ring(address, leg, context, self.clock.now(), whispers)
        ring.desks = [desk for desk in self.desks if same_address(desk.address, address)]
        self.rings.append(ring)
        for desk in ring.desks:
            desk.rung(ring)
        self.clock.stir()
        return ring

    def has_desk(self, address: str) -> bool:
        return any(same_address(desk.address, address) for desk in self.desks)

    def queue(self, name: str) -> Queue:
        """The queue of that name, made on demand."""
        if name not in self.queues:
            self.queues[name] = Queue(name, sid("QU", self._run, name))
        return self.queues[name]

    def conference(self, name: str) -> Room:
        """The conference of that name, a new one where there is none or the last is over."""
        room = self.conferences.get(name)
        if room is None or room.over:
            room = self.conferences[name] = Room(self.clock, name)
        return room

    async def length(self, url: str) -> float:
        """Seconds that the recording at `url` plays; raises `Fault` when it is not to be had."""
        if url not in self._lengths:
            head = await self.webhooks.head_of(url)
            known = wav_seconds(head) if head else None
            self._lengths[url] = UNKNOWN_RECORDING if known is None else known
        return self._lengths[url]

    async def close(self) -> None:
        """Ends all calls; the company is told within a bounded time."""
        for call in self.calls:
            call.end("customer", "the journey was over")
        try:
            async with asyncio.timeout(FAREWELL):
                await self.clock.idle()
        except TimeoutError:
            pass
        finally:
            await self.clock.close()
            await self.webhooks.close()


def _unheard(seen: object) -> None:
    """Nobody is at that end yet."""


def same_address(one: str, other: str) -> bool:
    """Whether two addresses are the same desk: blanks, case and a SIP address's headers aside."""
    return _bare(one) == _bare(other)


def _bare(address: str) -> str:
    address = plain(address)
    scheme, _, rest = address.partition(":")
    if scheme in ("sip", "sips"):
        return f"sip:{rest.partition('?')[0].partition(';')[0]}"
    if scheme in ("client", "queue", "conference"):
        return f"{scheme}:{rest.strip()}"
    return "".join(c for c in address.removeprefix("tel:") if c.isdigit() or c == "+").lstrip("+")
