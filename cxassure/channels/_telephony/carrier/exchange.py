"""The telephone exchange of one run: its calls, desks, queues and conferences on one clock."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

from cxassure.channel import Opening
from cxassure.channels._http.origins import shown
from cxassure.channels._telephony.carrier.call import Call, sid
from cxassure.channels._telephony.carrier.clock import VirtualClock
from cxassure.channels._telephony.carrier.ear import Ear
from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.lengths import UNKNOWN_RECORDING, wav_seconds
from cxassure.channels._telephony.carrier.ring import Desk, Ring
from cxassure.channels._telephony.carrier.room import Room
from cxassure.channels._telephony.carrier.voice import Offline, Voice
from cxassure.channels._telephony.carrier.webhook import Account, Webhooks
from cxassure.errors import CannotLook
from cxassure.text import plain

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.api.numbers import Number
    from cxassure.channels._telephony.carrier.api.server import Api
    from cxassure.channels._telephony.carrier.message import Message
    from cxassure.channels._telephony.carrier.recording import Recording
    from cxassure.channels._telephony.carrier.walker import GoTo

TWILIO = "https://api.twilio.com"
"""Where recordings are said to be while there is no interface of ours."""
FAREWELL = 5.0
"""Real seconds in which calls that are cut off may still tell the company (status callbacks)."""


@dataclass(eq=False, slots=True)
class Place:
    """A caller's place in a queue; `taken` is who took the call out of it."""

    call: Call
    since: float
    taken: Call | None = None
    whisper: GoTo | None = None


@dataclass(eq=False, slots=True)
class Queue:
    """Callers in the order they came; waits of those who left, for `AvgQueueTime`."""

    name: str
    sid: str
    most: int = 1_000
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
        self.rooms: list[Room] = []
        self.recordings: dict[str, Recording] = {}
        self.messages: dict[str, Message] = {}
        self.numbers: dict[str, Number] = {}
        self.api_address = TWILIO
        self.api: Api | None = None
        self.voice: Voice = Offline()
        self._lengths: dict[str, float] = {}
        self._run = run_id or uuid.uuid4().hex
        self._made = 0
        self._began = datetime.now(UTC).replace(microsecond=0)

    @classmethod
    async def of(cls, opening: Opening) -> Exchange:
        """The exchange that all parties of the run share."""

        async def make() -> Exchange:
            return cls(await Webhooks.open(opening), opening.run_id, opening.finding)

        exchange: Exchange = await opening.run.once("telephone exchange", make)
        return exchange

    def date(self, at: float | None = None) -> str:
        """The date of a moment of the clock, by RFC 2822; without `at` of now."""
        moment = self._began + timedelta(seconds=self.clock.now() if at is None else at)
        return format_datetime(moment)

    def new_sid(self, kind: str) -> str:
        """A fresh Twilio identifier."""
        self._made += 1
        return sid(kind, self._run, self._made)

    def account(self, account: Account) -> Account:
        """The account with an identifier, if it has none: the same for the same target."""
        return replace(account, account_sid=account.account_sid or sid("AC", account.target))

    def place(
        self, account: Account, caller: str, ear: Ear, data: Mapping[str, str] | None = None
    ) -> Call:
        """Calls the company: its webhooks decide what becomes of it."""
        from cxassure.channels._telephony.carrier.walker import Walker

        account = self.account(account)
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
        leg = self._leg(call.account, caller or call.caller, address, "outbound-dial", call)
        return self._ring(leg, address, context, whispers)

    def ring_out(
        self, account: Account, address: str, context: Mapping[str, str], caller: str
    ) -> Ring:
        """Rings every desk at `address` for the company itself."""
        leg = self._leg(account, caller, address, "outbound-api")
        self.calls.append(leg)
        return self._ring(leg, address, context, False)

    def _leg(
        self, account: Account, caller: str, called: str, direction: str, parent: Call | None = None
    ) -> Call:
        ear = Ear(self.clock, _unheard, minds_silence=False)
        return Call(
            self.new_sid("CA"),
            account,
            self.clock,
            ear,
            caller,
            called,
            direction,
            role="agent",
            parent=parent,
        )

    def _ring(self, leg: Call, address: str, context: Mapping[str, str], whispers: bool) -> Ring:
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
            room = self.conferences[name] = Room(self.clock, name, self.new_sid("CF"))
            self.rooms.append(room)
        return room

    async def open_to_programs(
        self, opening: Opening, account: Account, port: int, settle: float
    ) -> None:
        """Lets the company's programs ask for calls, as they ask Twilio; `settle` is the real time
        in which they may still act before the clock goes on."""
        from cxassure.channels._telephony.carrier.api.server import Api

        self.api = await Api.of(opening, port)
        self.api.enrol(self, account)
        self.api_address, self.clock.grace = self.api.address, settle

    async def length(self, url: str) -> float:
        """Seconds that the recording at `url` plays; raises `Fault` when it is not to be had."""
        if url not in self._lengths:
            head = await self.webhooks.head_of(url)
            known = wav_seconds(head) if head else None
            self._lengths[url] = UNKNOWN_RECORDING if known is None else known
        return self._lengths[url]

    def find(self, sid: str) -> Call | None:
        """The call of that identifier, a dialled leg's as well."""
        return next((call for call in self.everyone() if call.sid == sid), None)

    def everyone(self) -> list[Call]:
        """All calls and dialled legs, in the order in which they were made."""
        legs = [ring.leg for ring in self.rings if ring.leg not in self.calls]
        return sorted([*self.calls, *legs], key=lambda call: call.placed)

    def knows(self, sid: str) -> bool:
        """Whether that identifier was given out here."""
        rooms = {room.sid for room in self.rooms} | set(self.conferences)
        queues = {queue.sid for queue in self.queues.values()}
        return sid in rooms | queues | set(self.recordings) | set(self.messages) | set(
            self.numbers
        ) or bool(self.find(sid))

    def send(self, call: Call, goto: GoTo) -> None:
        """Sends a call to another document (Twilio, Calls resource: update); a dialled leg leaves
        its talk for it."""
        from cxassure.channels._telephony.carrier.walker import Walker

        if call.walked:
            call.moved = goto
            self.clock.stir()
            return
        call.own = True
        if call.room:
            call.room.leave(call)
        self.clock.start(Walker(self, call).carry_out(goto))

    async def report(self, call: Call, url: str, method: str, told: Mapping[str, str]) -> None:
        """A request that only informs: it may fail without harm to the call."""
        await self.tell_account(call.account, url, method, told, call.cookies)

    async def tell_account(
        self,
        account: Account,
        url: str,
        method: str,
        told: Mapping[str, str],
        cookies: dict[str, str] | None = None,
    ) -> None:
        """As `report`, about what belongs to no call."""
        try:
            answer = await self.webhooks.ask(account, method, url, told, cookies or {})
        except (Fault, CannotLook) as wrong:
            self.finding(f"a status callback failed: {wrong}")
        else:
            if answer.status >= 400:
                self.finding(
                    f"the status callback {shown(answer.url)} answered {answer.status} (11200)"
                )
        self.clock.contact()

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
            if self.api:
                self.api.dismiss(self)
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
