"""Chat through a widget in a page, against a real browser: bubbles that grow, offers, losses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import pytest_asyncio

from cxassure.channel import RealClock
from cxassure.channels.chat.connector import Bubble, Ended, Incoming, QuickReplies, Typing, Visit
from cxassure.channels.chat.widget import WidgetConnector, WidgetOptions
from cxassure.errors import Broken

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Talk:
    """A widget connector, and what it has delivered."""

    def __init__(self, opening, **options: str) -> None:
        self.came: list[Incoming] = []
        self.news = asyncio.Event()
        self.line = WidgetConnector(opening, WidgetOptions(**options), RealClock(), self.deliver)

    def deliver(self, incoming: Incoming) -> None:
        self.came.append(incoming)
        self.news.set()

    async def until(self, suits: Callable[[Incoming], bool]) -> Incoming:
        async with asyncio.timeout(5):
            while not (found := [one for one in self.came if suits(one)]):
                self.news.clear()
                await self.news.wait()
        return found[-1]

    def bubbles(self) -> list[Bubble]:
        return [one for one in self.came if isinstance(one, Bubble)]


@pytest_asyncio.fixture(loop_scope="session")
async def talk(party):
    opened = Talk(party().opening, mends="100ms", grows="500ms")
    await opened.line.open(Visit(page="/chat"), 5)
    yield opened
    await opened.line.close()
    await opened.line.close()


def said(text: str) -> Callable[[Incoming], bool]:
    return lambda one: isinstance(one, Bubble) and one.text == text


async def test_the_greeting_and_the_offers_come_with_the_opening(talk):
    await talk.until(said("Hello, how can I help?"))
    assert QuickReplies(("Opening hours", "Returns")) in talk.came


async def test_a_bubble_that_grows_comes_whole_with_its_first_and_last_change(talk):
    await talk.line.send("hello", 5)
    await talk.until(said("Hello: there"))
    grown, echo, agent = talk.bubbles()[1:]
    assert grown.text == "It is on its way." and echo.text == "You said hello"
    assert grown.ended - grown.began > 0.15
    assert grown.began < grown.ended <= echo.began
    assert (agent.agent, agent.text) == ("Kim", "Hello: there")
    assert Typing() in talk.came and talk.came[-1] != Typing()
    assert QuickReplies(()) in talk.came


async def test_a_quick_reply_is_picked_in_the_page(talk):
    await talk.line.pick("Returns", 5)
    await talk.until(said("You said Returns"))


async def test_a_chat_that_says_it_is_lost_and_stays_so_has_ended(talk):
    await talk.line.send("lose", 5)
    ended = await talk.until(lambda one: isinstance(one, Ended))
    assert ended == Ended(orderly=False, reason="The connection was lost.")


async def test_a_chat_that_goes_from_the_page_has_ended(talk):
    await talk.line.send("vanish", 5)
    ended = await talk.until(lambda one: isinstance(one, Ended))
    assert not ended.orderly
    with pytest.raises(Broken, match="«Message» in frame «Chat» is not on the page"):
        await talk.line.send("hello?", 0.2)


async def test_markup_that_runs_in_a_bubble_is_told_as_text(talk):
    await talk.line.send("markup", 5)
    bubble = await talk.until(lambda one: isinstance(one, Bubble) and "Look" in one.text)
    assert "onerror" in bubble.text


async def test_a_widget_that_does_not_open_is_broken(party):
    opened = Talk(party().opening, opener="Talk to us")
    with pytest.raises(Broken, match="«Talk to us» is not on the page"):
        await opened.line.open(Visit(page="/chat"), 0.3)
    await opened.line.witness()
    await opened.line.close()
    with pytest.raises(Broken, match="has been closed"):
        await opened.line.send("hello?", 1)


async def test_a_widget_keeps_what_was_seen_as_evidence(party):
    driven = party()
    opened = Talk(driven.opening)
    await opened.line.close()
    await opened.line.open(Visit(page="/chat", device="iPhone 15"), 5)
    await opened.until(said("Hello, how can I help?"))
    await opened.line.witness()
    await opened.line.close()
    assert {"chat-exchange.json", "screenshot.jpg", "page.html"} <= driven.kept.keys()
    assert b"how can I help" in driven.kept["chat-exchange.json"]
