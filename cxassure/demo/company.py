"""The company itself: what all its channels share, and which of its faults are on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cxassure.demo.cases import Cases
from cxassure.demo.desk import Desk
from cxassure.demo.faults import named
from cxassure.demo.goods import Shelf
from cxassure.demo.memory import Memory
from cxassure.demo.orders import Order, OrderBook
from cxassure.demo.pages import Pages
from cxassure.demo.post import Post

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from cxassure.demo.accounts import Session
    from cxassure.demo.calls import Call
    from cxassure.demo.chat import Conversation

NAME = "Birch & Bay Gifts"
HOURS = "every day from 8 am to 10 pm"
log = logging.getLogger("cxassure.demo")


@dataclass
class Company:
    """One running company. `speed` stretches (above 1) or shortens every delay it makes."""

    faults: frozenset[str] = frozenset()
    speed: float = 1.0
    token: str = "demo-token"
    shelf: Shelf = field(default_factory=Shelf)
    book: OrderBook = field(default_factory=OrderBook)
    cases: Cases = field(default_factory=Cases)
    desk: Desk = field(default_factory=Desk)
    sessions: Memory[str, Session] = field(default_factory=Memory)
    conversations: Memory[str, Conversation] = field(default_factory=Memory)
    calls: Memory[str, Call] = field(default_factory=Memory)
    addresses: Memory[str, str] = field(default_factory=Memory)
    smtp: tuple[str, int] = ("127.0.0.1", 0)

    def __post_init__(self) -> None:
        self.pages = Pages(self.broken)
        self.post = Post(*self.smtp, self.pages)
        self._errands: set[asyncio.Task[None]] = set()

    def broken(self, name: str) -> bool:
        """Whether that fault is on; KeyError for a name that is no fault, lest a typo hide it."""
        return named(name).name in self.faults

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self.speed)

    def later(self, errand: Coroutine[Any, Any, None]) -> None:
        """Do something beside the answer to a customer; trouble is logged, never shown."""
        task = asyncio.get_running_loop().create_task(self._guarded(errand))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def close(self) -> None:
        """Drop what is still under way."""
        for task in self._errands:
            task.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)

    async def _guarded(self, errand: Coroutine[Any, Any, None]) -> None:
        try:
            await errand
        except Exception:
            log.exception("an errand failed")

    def address_on_screen(self, order: Order | None) -> str:
        """The address that an agent sees."""
        if order is None:
            return ""
        if self.broken("agent-sees-old-address"):
            return order.first_address
        return order.address

    def contact_ended(self, email: str, order: str) -> None:
        """Ask the customer how the talk with an agent was."""
        if email and not self.broken("survey-not-sent"):
            self.later(self.post.survey(email, order))


def company_of(connection: HTTPConnection) -> Company:
    """The company that a request or socket reached."""
    company: Company = connection.app.state.company
    return company
