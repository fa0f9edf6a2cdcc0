"""Chat through a widget in a page, against a real browser: bubbles that grow, offers, losses."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Callable

import pytest
import pytest_asyncio

from cxassure.channel import RealClock, Scope
from cxassure.channels.chat import ChatSession
from cxassure.channels.chat.connector import Bubble, Ended, Incoming, QuickReplies, Typing, Visit
from cxassure.channels.chat.widget import WidgetConnector, WidgetOptions
from cxassure.channels.chat.widget_log import WidgetLog
from cxassure.errors import Broken, CannotLook

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
        async with asyncio.timeout(30):
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
    with pytest.raises(Broken, match="the chat does not open: «Talk to us» is not on the"):
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


async def test_a_widget_in_an_open_shadow_root_is_talked_through(party):
    opened = Talk(party().opening, frame="")
    await opened.line.open(Visit(page="/chat-shadow"), 5)
    await opened.until(said("Hello from the shade"))
    assert QuickReplies(("Returns",)) in opened.came
    await opened.line.send("hello", 5)
    await opened.until(said("You said hello"))
    await opened.line.close()


async def test_a_bubble_that_pauses_longer_than_is_waited_is_told_to_its_end(talk):
    await talk.line.send("pause", 5)
    await talk.until(said("on its way."))
    assert [bubble.text for bubble in talk.bubbles()[1:]] == ["It is", "on its way."]


async def test_a_button_after_which_nothing_happens_is_a_chat_that_does_not_open(party):
    opened = Talk(party().opening)
    with pytest.raises(Broken, match="the chat does not open: «Message» in frame «Chat»"):
        await opened.line.open(Visit(page="/chat-empty"), 0.5)
    await opened.line.close()


async def test_an_option_that_is_no_css_or_no_pattern_is_told_as_ours(party):
    opened = Talk(party().opening, bubbles=".bubble[[")
    with pytest.raises(CannotLook, match="no CSS"):
        await opened.line.open(Visit(page="/chat"), 5)
    await opened.line.close()
    opened = Talk(party().opening, lost="(")
    with pytest.raises(CannotLook, match="the option `lost` is no pattern"):
        await opened.line.open(Visit(page="/chat"), 5)
    await opened.line.close()


async def test_what_lets_a_customer_in_goes_with_what_the_page_asks(party, shop):
    opened = Talk(party().opening, token="birch", headers={"X-Shop": "bay"})
    await opened.line.open(Visit(page="/chat"), 5)
    await opened.line.close()
    for path in ("/chat", "/chat-frame"):
        assert shop.header(path, "authorization") == "Bearer birch"
        assert shop.header(path, "x-shop") == "bay"


@pytest.mark.parametrize(("text", "kept"), [("hello", True), ("my birch", False)])
async def test_a_trace_is_kept_unless_a_secret_was_typed(party, text, kept):
    driven = party(trace=True, secrets=["birch"])
    opened = Talk(driven.opening)
    await opened.line.open(Visit(page="/chat"), 5)
    await opened.line.send(text, 5)
    await opened.line.close()
    assert ("trace.zip" in driven.kept) is kept
    assert any("no trace was kept" in told for told in driven.findings) is not kept


async def test_a_secret_in_the_chat_is_blotted_out_and_the_frame_is_kept(party):
    driven = party(secrets=["birch"])
    opened = Talk(driven.opening)
    await opened.line.open(Visit(page="/chat"), 5)
    await opened.until(said("Hello, how can I help?"))
    tab = opened.line._tab
    field = tab.page.frame_locator("iframe").locator("input")
    assert await opened.line._secrets(tab) == []
    await field.fill("my birch")
    (blotted,) = await opened.line._secrets(tab)
    assert await blotted.input_value() == "my birch"
    await opened.line.send("my birch", 5)
    await opened.until(said("You said my birch"))
    (blotted,) = await opened.line._secrets(tab)
    assert await blotted.evaluate("node => node.tagName") == "BODY"
    await opened.line.witness()
    await opened.line.close()
    assert "screenshot.jpg" in driven.kept
    assert b"You said" in driven.kept["chat.html"] and b"You said" in driven.kept["chat.aria.yml"]


async def test_offers_that_the_customers_own_line_clears_are_no_beginning_of_a_reply(party):
    driven = party()
    driven.opening.target.options.update({"quiet": "100ms"})
    session = ChatSession(driven.opening, WidgetConnector)
    await session.open(page="/chat")
    assert session.turns.offered
    await session.say("silence")
    until = session.clock.now() + 0.5
    while session.clock.now() < until:
        await session.attend(until)
        assert not session.settled
    assert session.turns.offered == ()
    await session.close()


async def test_our_own_browser_that_dies_while_a_reply_is_awaited_is_our_trouble(party):
    scope = Scope()
    session = ChatSession(party(campaign=scope).opening, WidgetConnector)
    await session.open(page="/chat")
    await session.say("silence")
    cdp = await session.line._tab.shared._browser.new_browser_cdp_session()
    found = await cdp.send("SystemInfo.getProcessInfo")
    os.kill(next(p["id"] for p in found["processInfo"] if p["type"] == "browser"), signal.SIGKILL)
    with pytest.raises(CannotLook, match=r"our browser .* died"):
        async with asyncio.timeout(30):
            while True:
                await session.attend(session.clock.now() + 1)
    await session.witness("dead")
    await session.close()
    await scope.close()


async def test_a_bubble_that_stood_for_another_gives_way_and_old_ones_are_not_told_twice():
    told: list[Incoming] = []
    log = WidgetLog(RealClock(), told.append, 0.02, re.compile(r"^(?P<agent>\w+): (?P<text>.*)$"))
    old, asked = _shown("Hello"), _shown("Hi", own=True)
    log.take([old], [], sign=False)
    await asyncio.sleep(0.05)
    log.take([old, asked, _shown("One moment")], [], sign=True)
    await asyncio.sleep(0.05)
    log.take([_shown("Hello again")], [], sign=True)  # the log is written anew
    log.take([_shown("Good day"), asked, _shown("It is on its way.")], [], sign=False)
    log.flush()
    texts = [one.text for one in told if isinstance(one, Bubble)]
    assert texts == ["Hello", "One moment", "It is on its way."]


def _shown(text: str, own: bool = False) -> dict[str, object]:
    return {"text": text, "own": own, "agent": False, "number": None}


async def test_a_frame_that_loads_anew_is_watched_anew(talk):
    await talk.until(said("Hello, how can I help?"))
    frame = talk.line._frame
    await frame.evaluate("location.reload()")
    await frame.wait_for_function("document.cxassurerun1")
    await talk.line.send("hello", 5)
    await talk.until(said("You said hello"))
