"""A desk that is being rung: what it is told, and what becomes of the ringing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from cxassure.channels._telephony.carrier.call import Call
from cxassure.channels._telephony.carrier.ear import Ear

RingState = Literal["ringing", "answered", "declined", "stopped"]


@dataclass(eq=False, slots=True)
class Ring:
    """`leg` is the desk's end of the call; `context` what is attached to it.

    `whispers` says that the leg is to hear something before it is joined to the caller.
    """

    address: str
    leg: Call
    context: Mapping[str, str]
    began: float
    whispers: bool = False
    state: RingState = "ringing"
    ended: float | None = None
    desks: list[Desk] = field(default_factory=list)

    def answer(self, ear: Ear) -> None:
        """The desk picks up; what is said on the leg goes to `ear` from now on."""
        self._become("answered")
        self.leg.ear = ear
        self.leg.status, self.leg.answered = "in-progress", self.leg.clock.now()
        self.leg.ready = not self.whispers
        self.leg.clock.stir()

    def decline(self) -> None:
        """The desk refuses the call."""
        self._become("declined")
        self.leg.end("agent", "declined by the agent", "busy")

    def stop(self, how: str, status: str) -> None:
        """The caller's side gives up ringing; an answered leg is left as it is."""
        if self.state == "ringing":
            self._become("stopped")
            self.leg.end("line", how, status)

    def _become(self, state: RingState) -> None:
        self.state, self.ended = state, self.leg.clock.now()

    @property
    def lasted(self) -> float:
        """Seconds that it rang, or has been ringing."""
        until = self.leg.clock.now() if self.ended is None else self.ended
        return until - self.began


class Desk(Protocol):
    """Where an agent sits: an address such as `client:billing-desk`, which can be rung."""

    address: str

    def rung(self, ring: Ring) -> None: ...
