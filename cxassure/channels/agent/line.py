"""What a desk is to an agent: the way contacts reach it, whatever they come over."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

from cxassure.channel import Clock, Seconds


class DeskLine(Protocol):
    """A line is made with the session that it serves, and records what is heard in it.

    `patience` is how many seconds of `clock` to wait for a contact, or for the customer to be
    joined, before `errors.Broken`. `errors.CannotLook` is raised for what this line cannot do.
    """

    clock: Clock

    async def open(self, wanted: str) -> None: ...

    async def answer(self, wanted: str, patience: float) -> None: ...

    async def decline(self, patience: float) -> None: ...

    async def let_ring(self, patience: float) -> None: ...

    async def speak(self, text: str, patience: float) -> None: ...

    async def press(self, keys: str, patience: float) -> None: ...

    async def transfer(self, to: str, attended: bool, patience: float) -> None:
        """Sends the customer on to `to`; raises `CannotLook` where a line has no transfers."""

    async def hold(self, held: bool) -> None:
        """Puts the customer on hold or takes the customer back."""

    async def hang_up(self) -> None: ...

    async def attend(self, until: float) -> None: ...

    @property
    def settled(self) -> bool: ...

    @property
    def context(self) -> Mapping[str, str] | None:
        """What is attached to the contact that rings or rang last."""

    @property
    def rang(self) -> bool: ...

    @property
    def ringing(self) -> Seconds | None:
        """How long it has been ringing, or rang."""

    @property
    def call(self) -> Mapping[str, Any] | None:
        """The fields of the desk's end of the contact."""

    def audio(self) -> str | Awaitable[str | None] | None:
        """Whether sound goes `both ways`; raises `Unseen` where a line carries none."""

    def transcript(self) -> str | None:
        """What was said before; raises `Unseen` where the line carries none."""

    async def witness(self) -> None: ...

    async def close(self) -> None: ...
