"""What a chat connector is: how it is told what to say, and what it tells of what comes back."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

import msgspec

from cxassure.channel import Clock, Opening
from cxassure.errors import CxassureError


@dataclass(frozen=True, slots=True)
class Bubble:
    """One whole piece of text from the company, or from `agent` where that is a person's name.

    A connector to which text comes in pieces says `Typing()` while the bubble grows and sends it
    when it no longer does. `began` and `ended` are then the times of its first and last change on
    the session's clock; left out, the bubble came whole and now. `sequence` is the number that the
    company gave it, None where it gives none.
    """

    text: str
    agent: str = ""
    sequence: float | None = None
    began: float | None = None
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Typing:
    """The other side is seen to be writing, or no longer is. A bubble ends it by itself."""

    on: bool = True


@dataclass(frozen=True, slots=True)
class QuickReplies:
    """What the customer is offered to pick now, in order; it replaces what was offered before."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The company says that it hands the customer over; `fields` is what it says about it."""

    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Joined:
    """A person has come into the chat."""

    agent: str


@dataclass(frozen=True, slots=True)
class EndOfTurn:
    """The company says that it has finished answering."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more will come. `orderly` when the company closed the chat, false when it broke.

    `code` is the close code (RFC 6455, section 7.4.1) or HTTP status, `reason` its words.
    `error` is what is to be raised where the company had no part in it (our browser has died).
    """

    orderly: bool = True
    code: str = ""
    reason: str = ""
    error: CxassureError | None = None


Incoming: TypeAlias = Bubble | Typing | QuickReplies | HandedOver | Joined | EndOfTurn | Ended


@dataclass(frozen=True, slots=True)
class Visit:
    """Who opens the chat and from where: what a party of a journey says about itself.

    `customer` is what the company may know from the start (`email`, `phone`, …). `device` and
    `page` concern a widget in a page.
    """

    customer: Mapping[str, str] = field(default_factory=dict)
    device: str = ""
    page: str = ""


_KEPT = 200
"""Frames or exchanges that are kept as evidence, the last ones."""


class ChatOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Target options that every chat connector takes; a connector adds its own by subclassing.

    `quiet`: a reply is over when nothing came for so long and nobody is seen typing.
    `greets`: whether the bot speaks first; opening then waits until it has.
    `tls`: `required` where the customer must be offered an encrypted chat.
    `token`, `basic`, `headers`: what lets a customer in (bearer token, `user:password`, others).
    `joined`: pattern of the sentence that tells that a person joined; group `agent` is the name.
    """

    quiet: str = "800ms"
    greets: bool = True
    tls: str = ""
    token: str = ""
    basic: str = ""
    headers: dict[str, str] = {}
    joined: str = (
        r"(?i)^(?P<agent>[^.!?:]{1,40}?)(?: from [\w &'-]{1,40})? (?:has |have )?joined"
        r" (?:the|this) (?:chat|conversation)"
    )


class Connector(ABC):
    """One way of reaching a bot. A subclass is registered as entry point `chat.<name>`.

    What comes is handed to `deliver`, as it comes, from the event loop's thread. `open`, `send`
    and `pick` raise `errors.Broken` when the company does not do its part within `patience`
    seconds and `errors.CannotLook` when this side cannot.
    """

    Options: ClassVar[type[ChatOptions]] = ChatOptions
    rehearses: ClassVar[bool] = False
    """True where `opening.marks` go along: they carry the instant that a run is rehearsed for."""
    heavy: ClassVar[bool] = False
    """True where a conversation costs a browser."""

    def __init__(
        self,
        opening: Opening,
        options: Any,
        clock: Clock,
        deliver: Callable[[Incoming], None],
    ) -> None:
        self.opening = opening
        self.options = options
        self.clock = clock
        self.deliver = deliver
        self.exchanged: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    @abstractmethod
    async def open(self, visit: Visit, patience: float) -> None:
        """Gets through to the bot, so that its greeting may come."""

    @abstractmethod
    async def send(self, text: str, patience: float) -> None:
        """Says `text` to the company."""

    async def pick(self, option: str, patience: float) -> None:
        """Picks a quick reply that is on offer; by default it is said."""
        await self.send(option, patience)

    async def witness(self) -> None:
        """Keeps what was exchanged, as far as the connector put it into `exchanged`."""
        if self.exchanged:
            told = json.dumps(list(self.exchanged), indent=1, ensure_ascii=False)
            await self.opening.keep("chat-exchange.json", told.encode(), "application/json")

    @abstractmethod
    async def close(self) -> None:
        """Leaves nothing behind. May be called twice, before `open`, or while a verb runs."""
