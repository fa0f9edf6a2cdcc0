"""The gate through which every live call goes: decided, written down, ended, ended again."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from cxassure.channel import Calling, Opening
from cxassure.channels._http.origins import on_loopback
from cxassure.channels._telephony.guard.deciding import (
    Permit,
    Refusal,
    Standing,
    Wish,
    decide,
    never,
)
from cxassure.channels._telephony.guard.ledger import Entry, Ledger
from cxassure.channels._telephony.guard.numbers import masked, plain, surely_dangerous
from cxassure.channels._telephony.guard.prices import cost
from cxassure.errors import CannotLook
from cxassure.text import span

QUEUE = 120.0
"""Seconds that a call waits until fewer are up."""
LOOK = 0.25
_MADDR = re.compile(r";maddr=([^;?>]+)", re.IGNORECASE)
"""Where a SIP URI leads whatever its host says (RFC 3261 section 19.1.1)."""

End = Callable[[Entry], Awaitable[str]]
"""Ends a call that is still up, by its carrier's interface; says what became of it."""


@dataclass(slots=True)
class Live:
    """A call that is written down. Say `placed` with the carrier's name for it, `ended` at last."""

    guard: Guard
    entry: int
    permit: Permit
    over: bool = False

    @property
    def seconds(self) -> float:
        """How long it may last."""
        return self.permit.seconds

    def placed(self, sid: str) -> None:
        self.guard.ledger.placed(self.entry, sid)

    def ended(self, seconds: float, why: str) -> None:
        """It was up for `seconds` and is over now, for certain."""
        if not self.over:
            self.over = True
            self.guard.ledger.ended(self.entry, cost(self.permit.per_minute, seconds), why)


class Guard:
    """The guard rails of one party's line. Without rules no real telephone is rung."""

    def __init__(self, opening: Opening, line: str, account: str = "") -> None:
        if opening.calling is None:
            raise CannotLook(
                "there are no guard rails for live calls here",
                "live calls are placed by `cxassure run` with calls: in cxassure.yaml",
            )
        self._calling: Calling = opening.calling
        self._finding = opening.finding
        self._run, self._line, self._account = opening.run_id, line, account
        self.ledger = Ledger(self._calling.ledger)
        self.longest = self._calling.rules.longest

    def check(self, address: str) -> None:
        """Raises `CannotLook` for a number that may not be dialled at any time: nothing is written
        down. For a first look, when a line opens."""
        rules = self._calling.rules
        decided = decide(Wish(address, self._line, 0), rules, Standing())
        if isinstance(decided, Refusal):
            raise told(decided)

    async def leave(self, address: str, *, called: bool = False, seconds: float = 0) -> Live:
        """The leave to place a call (`called`: to take one), written down.

        Waits while too many are up. Raises `CannotLook` that says which rule is against it and
        how that is changed.
        """
        wish = Wish(address, self._line, seconds or self.longest, called)
        until = time.monotonic() + QUEUE
        while True:
            found = self.ledger.reserve(
                self._run,
                self._line,
                self._account,
                self._calling.quiet(),
                lambda now: decide(wish, self._calling.rules, now),
            )
            if not isinstance(found, Refusal):
                return Live(self, *found)
            if found.rule != "at_once" or time.monotonic() >= until:
                raise told(found)
            await asyncio.sleep(LOOK)

    async def sweep(self, end: End) -> None:
        """Ends what an earlier run of this account has left up, and tells it."""
        now = time.time()
        left = [e for e in self.ledger.up() if e.account == self._account and e.orphaned(now)]
        for note in await ended(self.ledger, [e for e in left if e.line == self._line], end):
            self._finding(note)

    def shown(self, address: str) -> str:
        """A number as it may stand in a report."""
        return masked(address) if self._calling.rules.masked else address


async def leave_for_sip(opening: Opening, uri: str, proxy: str = "") -> Live | None:
    """The leave to call a SIP URI by way of `proxy`; None where both are on this machine.

    What a killed run left up is settled first: its process has taken the call's sound with it.
    Raises as `Guard.leave`. Say `ended` when the call is over.
    """
    if stays_here(uri, proxy):
        may_ring(opening, uri, proxy)
        return None
    guard = Guard(opening, "sip")
    await guard.sweep(with_its_process)
    return await guard.leave(uri)


def may_ring(opening: Opening, uri: str, proxy: str = "") -> None:
    """Raises `CannotLook` for a SIP URI that may not be rung at any time. An exchange on this
    machine may lead on to the telephone network: what is dear or for emergencies is refused there
    too, as far as it is certain (its extensions are its own: `101` is help in some countries)."""
    if not stays_here(uri, proxy):
        Guard(opening, "sip").check(uri)
    elif surely_dangerous(plain(uri)) and (refusal := never(plain(uri), plain(uri))):
        raise told(refusal)


def stays_here(uri: str, proxy: str = "") -> bool:
    """Whether a call to a SIP URI by way of `proxy` stays on this machine."""
    ways = [way for way in (uri, proxy) if way]
    hosts = [plain(way).rpartition("@")[2].removeprefix("sip:") for way in ways]
    hosts += [host for way in ways for host in _MADDR.findall(way)]
    return all(on_loopback(f"sip://{host}") for host in hosts)


async def with_its_process(entry: Entry) -> str:
    """A call over SIP ends with the process that had it."""
    return "it ended with its process"


async def ended(ledger: Ledger, entries: Sequence[Entry], end: End) -> list[str]:
    """Ends calls that nobody minds any more; a line for each. Their cost stays as reserved:
    nobody knows for how long they were up."""
    notes = []
    for entry in entries:
        became = await end(entry)
        ledger.ended(entry.id, entry.cost, became)
        before = span(max(time.time() - entry.at, 0))
        notes.append(
            f"a live call to {masked(entry.address)} of run {entry.run or '(none)'}, placed"
            f" {before} before, was still written down as up: {became}"
        )
    return notes


def told(refusal: Refusal) -> CannotLook:
    return CannotLook(f"no call is placed ({refusal.rule}): {refusal.what}", refusal.hint)
