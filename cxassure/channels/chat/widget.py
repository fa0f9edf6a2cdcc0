"""A chat in a page, as its customers have it: a button, a frame, bubbles that grow in a log."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from cxassure.channel import Seen
from cxassure.channels._browser import evidence
from cxassure.channels._browser.acting import act
from cxassure.channels._browser.going import arrive, go
from cxassure.channels._browser.locating import CLICK, FILL, Purpose, find
from cxassure.channels._browser.locator import Locator
from cxassure.channels._browser.tab import Tab
from cxassure.channels.chat.connector import (
    Bubble,
    ChatOptions,
    Connector,
    Ended,
    QuickReplies,
    Typing,
    Visit,
)
from cxassure.errors import Broken
from cxassure.text import seconds

if TYPE_CHECKING:
    from playwright.async_api import Frame

WATCH = """options => {
  const all = selector => selector ? [...document.querySelectorAll(selector)] : [];
  const seen = node => node.checkVisibility ? node.checkVisibility() : true;
  const live = 'script, iframe, object, embed, [onerror], [onload], [onclick]';
  const said = node => [node.innerText.trim()]
    .concat([...node.querySelectorAll(live)].map(bad => bad.outerHTML)).join(' ').trim();
  const look = () => ({
    bubbles: all(options.bubbles).map(node => ({
      text: said(node), own: node.matches(options.own || ':not(*)'),
      agent: node.matches(options.agent || ':not(*)'),
      number: options.number ? node.getAttribute(options.number) : null,
    })),
    status: all(options.status).filter(seen).map(node => node.innerText.trim()).join(' ').trim(),
    quick: all(options.quick).filter(seen).map(node => node.innerText.trim()),
  });
  let last = '', due = false;
  const tell = () => {
    due = false;
    const now = look(), text = JSON.stringify(now);
    if (text !== last) { last = text; window[options.tell](now); }
  };
  const soon = () => { if (!due) { due = true; setTimeout(tell, 20); } };
  new MutationObserver(soon).observe(document, {
    subtree: true, childList: true, characterData: true, attributes: true,
  });
  tell();
}"""
"""Tells what the log, the status and the suggestions say now, and again whenever that changes."""


class WidgetOptions(ChatOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where things are in the page: words and names as a customer has them, CSS for what has none.

    `opener` is the button that opens the chat, `frame` its iframe's title or name, `message` the
    field and `send` the button, each `""` where there is none (then the key Enter sends).
    `bubbles`, `own`, `agent`, `quick` and `status` are CSS: every bubble, the customer's, a
    person's, quick replies, and the line that says that somebody is `typing` or that the chat is
    `lost` (patterns).
    `number` is an attribute that numbers bubbles. `name` parts an agent's name from the text. A
    bubble is whole when it did not grow for `grows`; a chat is lost when it said so for `mends`.
    """

    opener: str = "Chat with us"
    frame: str = "Chat"
    message: str = "Message"
    send: str = "Send"
    bubbles: str = ".bubble"
    own: str = ".customer"
    agent: str = ".agent"
    quick: str = "[role=group] button"
    status: str = "[role=status]"
    number: str = ""
    typing: str = r"(?i)typing|writing"
    lost: str = r"(?i)(connection|chat) (was|is|has been) (lost|closed)|disconnected"
    name: str = r"^(?P<agent>[^:\n]{1,40}): (?P<text>.*)$"
    grows: str = "300ms"
    mends: str = "5s"


class WidgetConnector(Connector):
    """Chats through the page, in a browser: what is measured is what a customer sees."""

    Options: ClassVar[type[ChatOptions]] = WidgetOptions
    options: WidgetOptions
    heavy: ClassVar[bool] = True
    _tab: Tab | None = None
    _losing: asyncio.TimerHandle | None = None

    async def open(self, visit: Visit, patience: float) -> None:
        self._log = _Log(self)
        tab = self._tab = Tab(self.opening, self.clock, self._tell)
        deadline = self.clock.now() + patience
        await tab.start(visit.device or "Desktop Chrome")
        await go(tab, tab.origins.locate(visit.page), deadline)
        if self.options.opener:
            await tab.loaded(patience)
            await self._click(Locator(words=self.options.opener), deadline)
        await find(tab, self._field(), FILL, deadline)
        await self._watch(tab)

    async def _watch(self, tab: Tab) -> None:
        frame = await self._frame(tab)
        told = f"cxassure{self.opening.run_id.replace('-', '')}"
        await tab.context.expose_binding(told, lambda _, now: self._log.take(now))
        keys = ("bubbles", "own", "agent", "quick", "status", "number")
        options = {key: getattr(self.options, key) for key in keys}
        await frame.evaluate(WATCH, {**options, "tell": told})
        tab.page.on("framedetached", lambda gone: self._went(gone == frame))

    async def _frame(self, tab: Tab) -> Frame:
        """The frame in which the message field is."""
        element = await find(tab, self._field(), FILL, self.clock.now() + 1)
        handle = await element.element_handle(timeout=1000)
        frame = await handle.owner_frame()
        assert frame is not None
        return frame

    def _field(self) -> Locator:
        return Locator(words=self.options.message, frame=self.options.frame)

    async def send(self, text: str, patience: float) -> None:
        deadline = self.clock.now() + patience
        await self._do(self._field(), FILL, lambda e, ms: e.fill(text, timeout=ms), deadline)
        if self.options.send:
            button = Locator(role="button", name=self.options.send, frame=self.options.frame)
            await self._click(button, deadline)
        else:
            press = self._field()
            await self._do(press, FILL, lambda e, ms: e.press("Enter", timeout=ms), deadline)

    async def pick(self, option: str, patience: float) -> None:
        button = Locator(words=option, frame=self.options.frame)
        await self._click(button, self.clock.now() + patience)

    async def _click(self, thing: Locator, deadline: float) -> None:
        await self._do(thing, CLICK, lambda e, ms: e.click(timeout=ms), deadline)

    async def _do(self, thing: Locator, purpose: Purpose, do: Any, deadline: float) -> None:
        if self._tab is None:
            raise Broken("the chat has been closed", expected="an open chat", seen="a closed one")
        await arrive(self._tab)
        element = await find(self._tab, thing, purpose, deadline)
        await act(self._tab, element, thing, do, deadline)

    def said(self, status: str) -> None:
        """Takes the status line: somebody is typing, the connection is lost, or neither."""
        self.deliver(Typing(bool(status and re.search(self.options.typing, status))))
        lost = bool(status and re.search(self.options.lost, status))
        if not lost and self._losing:
            self._losing.cancel()
            self._losing = None
        elif lost and not self._losing:
            loop, mends = asyncio.get_running_loop(), seconds(self.options.mends)
            self._losing = loop.call_later(mends, self._lose, status)

    def _went(self, ours: bool) -> None:
        if ours:
            self._lose("the chat went from the page")

    def _lose(self, why: str) -> None:
        if self._tab is not None:
            self.deliver(Ended(orderly=False, reason=why))

    def _tell(self, who: str, what: str, text: str = "", **data: Any) -> Seen:
        """What the page lets slip is evidence here, not talk."""
        self.exchanged.append({"who": who, "what": what, "text": text, **data})
        now = self.clock.now()
        return Seen("company", what, text, now, now, data)

    async def witness(self) -> None:
        await super().witness()
        if self._tab is not None and hasattr(self._tab, "page"):
            await evidence.witness(self._tab, ())

    async def close(self) -> None:
        tab, self._tab = self._tab, None
        if self._losing:
            self._losing.cancel()
        if tab is not None:
            self._log.close()
            with contextlib.suppress(Exception):
                await tab.close()


class _Log:
    """The bubbles as they stand: each is handed on when it is whole."""

    def __init__(self, connector: WidgetConnector) -> None:
        self.connector = connector
        self.whole = 0
        self.status = ""
        self.quick: tuple[str, ...] = ()
        self.bubbles: list[Mapping[str, Any]] = []
        self.times: dict[int, tuple[float, float]] = {}
        self.due: asyncio.TimerHandle | None = None

    def take(self, now: Mapping[str, Any]) -> None:
        """Takes what the page tells; the last bubble may still grow, those before it are whole."""
        self._grow(now["bubbles"])
        status, quick = str(now["status"]), tuple(map(str, now["quick"]))
        if status != self.status:
            self.status = status
            self.connector.said(status)
        if quick != self.quick:
            self.quick = quick
            self.connector.deliver(QuickReplies(quick))

    def _grow(self, bubbles: list[Mapping[str, Any]]) -> None:
        at, before = self.connector.clock.now(), self.bubbles
        if len(bubbles) < len(before):
            return  # the log is being written anew
        changed = [i for i, b in enumerate(bubbles) if i >= len(before) or before[i] != b]
        self.bubbles = bubbles
        for index in changed:
            began, _ = self.times.get(index, (at, at))
            self.times[index] = (began, at)
        if not any(index >= self.whole for index in changed):
            return
        self._hand_on(len(bubbles) - 1)
        self._wait()

    def _wait(self) -> None:
        """The last bubble is whole when it stays as it is for a while."""
        self.close()
        if self.bubbles[-1]["own"]:
            self._hand_on(len(self.bubbles))
            return
        self.connector.deliver(Typing())
        grows = seconds(self.connector.options.grows)
        loop = asyncio.get_running_loop()
        self.due = loop.call_later(grows, self._hand_on, len(self.bubbles))

    def _hand_on(self, upto: int) -> None:
        for index in range(self.whole, upto):
            self.whole = index + 1
            bubble = self.bubbles[index]
            if not bubble["own"] and bubble["text"]:
                self.connector.deliver(self._bubble(bubble, *self.times[index]))

    def _bubble(self, bubble: Mapping[str, Any], began: float, ended: float) -> Bubble:
        text, agent = str(bubble["text"]), ""
        if bubble["agent"]:
            parted = re.search(self.connector.options.name, text, re.DOTALL)
            agent, text = (parted["agent"], parted["text"]) if parted else ("somebody", text)
        self.connector.exchanged.append({"bubble": text, "agent": agent})
        return Bubble(text, agent, _number(bubble["number"]), began, ended)

    def close(self) -> None:
        """Stops waiting."""
        if self.due:
            self.due.cancel()


def _number(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None
