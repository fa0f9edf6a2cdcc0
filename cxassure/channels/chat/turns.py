"""Whose turn it is in a chat: who is writing, what is on offer, and when a reply is over."""

from __future__ import annotations

from dataclasses import dataclass, field

from cxassure.channel import Clock
from cxassure.channels.chat.connector import (
    Bubble,
    Ended,
    EndOfTurn,
    HandedOver,
    Incoming,
    Joined,
    QuickReplies,
    Typing,
)

_NO_NEWS = (Typing(False), QuickReplies(()))
"""What may be due to the customer's own line, and so is no beginning of a reply."""


@dataclass(slots=True)
class Turns:
    """A fold over what comes in. A reply is over when the company says so, or else when nothing
    came for `quiet` seconds and nobody is seen typing. Silence after the customer is no reply.
    """

    clock: Clock
    quiet: float = 0.8
    typing: bool = False
    offered: tuple[str, ...] = ()
    agent: str = ""
    handed_over: bool = False
    handover: dict[str, str] = field(default_factory=dict)
    ended: Ended | None = None
    tells_ends: bool = False
    _over: bool = False
    _last: float | None = None

    def spoke(self) -> None:
        """The customer has said something: the company is to answer, old offers are gone."""
        self.offered, self._over, self._last, self.typing = (), False, None, False

    def waits(self) -> None:
        """The customer waits for a greeting: quiet from now on counts as there being none."""
        self._last = self.clock.now() if self._last is None else self._last

    def take(self, event: Incoming) -> None:
        if self._last is not None or event not in _NO_NEWS:
            self._last = self.clock.now()
        match event:
            case Bubble(agent=agent):
                self.typing, self._over = False, False
                self.agent = agent or self.agent
            case Typing(on=on):
                self.typing = on
            case QuickReplies(options=options):
                self.offered = options
            case EndOfTurn():
                self.tells_ends, self._over, self.typing = True, True, False
            case HandedOver(fields=fields):
                self.handed_over, self.handover = True, dict(fields)
            case Joined(agent=agent):
                self.handed_over, self.agent = True, agent
            case Ended():
                self.ended, self._over, self.typing = event, True, False

    @property
    def settled(self) -> bool:
        """Whether something came and nothing more will before the customer acts."""
        if self.ended or self._over:
            return True
        at = self.settles_at
        return at is not None and self.clock.now() >= at

    @property
    def settles_at(self) -> float | None:
        """When the reply counts as over if nothing more comes; None while that is open."""
        if self._last is None or self.typing:
            return None
        return self._last if self._over else self._last + self.quiet

    @property
    def under_way(self) -> bool:
        """Whether the company is plainly not done: a customer reads to the end before writing."""
        if self.settled or self._last is None:
            return False
        return self.typing or self.tells_ends
