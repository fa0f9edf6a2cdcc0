"""The one way out of the engine: events in order, with customer time, masked, measured."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from cxassure.channel import Clock, Seen, Session
from cxassure.engine.masking import Mask
from cxassure.events import AnyEvent, Kept, Observed, Part, StepStarted
from cxassure.measures import Measures

Emit = Callable[[AnyEvent], None]
PutAway = Callable[[str, bytes, str], Awaitable[tuple[str, int]]]


class Stream:
    """Customer time is the sum over steps of what each took on the acting party's clock.

    While a step is under way every session's clock is mapped on to it from the step's beginning.
    """

    def __init__(self, emit: Emit, put_away: PutAway, mask: Mask) -> None:
        self._emit = emit
        self._put_away = put_away
        self.mask = mask
        self.measures = Measures()
        self.facts: dict[str, str] = {}
        self.step = 0
        self.open: Part | None = None
        self.optional = False
        self.findings: list[str] = []
        self.acting: Clock | None = None
        self.began = 0.0
        self._base = 0.0
        self._origins: dict[int, float] = {}
        self._early: list[Observed] = []

    def emit(self, event: AnyEvent) -> None:
        """Masks, measures and hands on one event."""
        self.measures.add(event, self.facts)
        self._emit(self.mask.event(event))
        if isinstance(event, StepStarted):
            early, self._early = self._early, []
            for seen in early:
                self.emit(msgspec.structs.replace(seen, step=event.index))

    def begin(
        self, index: int, part: Part, acting: Session | None, sessions: list[Session]
    ) -> None:
        """A step begins: from here `acting`'s clock is the customer's time."""
        self.step, self.open, self.findings = index, part, []
        self.acting = acting.clock if acting else None
        self.began = self.acting.now() if self.acting else 0.0
        self._origins = {id(s.clock): s.clock.now() for s in sessions}

    def end(self) -> None:
        """The step has ended: time stands still until the next one begins."""
        self._base, self.acting, self.open = self.now(), None, None

    def now(self) -> float:
        """Seconds of customer time since the run began."""
        return self._base + self.took()

    def took(self) -> float:
        """Seconds of customer time since the step began."""
        return max(0.0, self.acting.now() - self.began) if self.acting else 0.0

    def observed(self, party: str, session: Session, seen: Seen) -> float:
        """A session saw something; gives its second of the journey."""
        origin = self._origins.get(id(session.clock), seen.at)
        observed = Observed(
            step=self.step,
            at=round(self._base + max(0.0, seen.at - origin), 4),
            party=party,
            channel=session.opening.channel,
            who=seen.who,
            what=seen.what,
            text=seen.text,
            seconds=round(max(0.0, seen.ends - seen.at), 4),
            data=dict(seen.data),
        )
        if self.open is None:
            self._early.append(observed)
        else:
            self.emit(observed)
        return observed.at

    async def keep(self, party: str, name: str, data: bytes, media: str) -> None:
        """Puts evidence away, masked, and tells where it is; where it cannot be masked, why not."""
        # in a thread: a trace takes a moment, and meanwhile the clocks of other journeys go on
        if why := await asyncio.to_thread(self.mask.seals, data):
            self.finding(f"{name} of {party} was not kept: {why}")
            return
        step, at = self.step, round(self.now(), 4)
        path, size = await self._put_away(name, self.mask.data(data), media)
        self.emit(Kept(step=step, at=at, name=name, path=path, media=media, size=size, party=party))

    def finding(self, text: str) -> None:
        """Something worth telling that changes no verdict; the same one once a step."""
        masked = self.mask.text(text)
        if masked not in self.findings:
            self.findings.append(masked)
